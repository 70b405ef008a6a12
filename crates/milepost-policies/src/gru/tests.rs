use burn::{
    module::Param,
    nn::gru::GruConfig as BurnGruConfig,
    tensor::{Device, Tensor, TensorData},
};
use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::*;
use crate::{
    sequence::{laws, padded},
    testing::{host, random_tokens},
};

const VOCABULARY: usize = 9;
const CONTEXT: usize = 20;

fn config(layers: usize) -> GruConfig {
    GruConfig { context: CONTEXT, embedding: 5, width: 7, layers }
}

/// A network with a head large enough that tokens differ.
fn model(layers: usize, seed: u64) -> GruPolicy {
    let mut model = config(layers).init(VOCABULARY, seed, &Device::flex()).expect("valid");
    model.head.weight = crate::parameters::with_value(model.head.weight, |weight| weight * 100.0);
    model
}

fn matrix(values: &[f64], rows: usize) -> Tensor<2> {
    let values: Vec<f32> = values.iter().map(|x| *x as f32).collect();
    let columns = values.len() / rows;
    Tensor::from_data(TensorData::new(values, [rows, columns]), &Device::flex())
}

#[test]
fn one_unit_follows_the_equations_worked_by_hand() {
    let mut layer = config(1).init(VOCABULARY, 1, &Device::flex()).expect("valid").trunk.layers.remove(0);
    let dense = |weight: [f64; 3], bias: [f64; 3]| Dense {
        weight: Param::from_tensor(matrix(&weight, 1)),
        bias: Param::from_tensor(matrix(&bias, 1).squeeze_dim(0)),
    };
    // Chosen so that the gates are plain numbers: σ(0) = 1/2 and σ(ln 3) = 3/4.
    let ln3 = 3f64.ln();
    layer.input = dense([1.0, ln3, 1.0], [-2.0, 0.0, 0.0]);
    layer.recurrent = dense([0.0, -ln3, 0.5], [0.0, 0.0, 0.25]);
    // x = 2, h = 1: r = σ(2 − 2) = 1/2; z = σ(2 ln 3 − ln 3) = 3/4;
    // n = tanh(2 + ½ (½ + ¼)) = tanh(2.375); h′ = ¼ tanh(2.375) + ¾.
    let got = host(layer.step(matrix(&[2.0], 1), matrix(&[1.0], 1)))[0];
    // tanh(2.375) = (e^4.75 − 1)/(e^4.75 + 1) = 0.982845…
    assert!((f64::from(got) - (0.25 * 0.982_845_029 + 0.75)).abs() < 1e-6, "{got}");
}

/// The same weights in Burn's own layer.
fn in_burn(layer: &GruLayer, inputs: usize) -> burn::nn::gru::Gru {
    let device = Device::flex();
    let width = layer.width();
    let mut gru = BurnGruConfig::new(inputs, width, true).with_reset_after(true).init(&device);
    let columns = |dense: &Dense, gate: usize| {
        let weight = dense.weight.val().narrow(1, gate * width, width);
        let bias = dense.bias.val().narrow(0, gate * width, width);
        (Param::from_tensor(weight), Some(Param::from_tensor(bias)))
    };
    let gates = [&mut gru.reset_gate, &mut gru.update_gate, &mut gru.new_gate];
    for (gate, target) in gates.into_iter().enumerate() {
        let (input, hidden) = (&mut target.input_transform, &mut target.hidden_transform);
        (input.weight, input.bias) = columns(&layer.input, gate);
        (hidden.weight, hidden.bias) = columns(&layer.recurrent, gate);
    }
    gru
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_layer_computes_what_burns_own_does(
        seed: u64, rows in 1usize..4, length in 1usize..7, inputs in 1usize..5, width in 1usize..6,
    ) {
        let device = Device::flex();
        let config = GruConfig { context: 8, embedding: inputs, width, layers: 1 };
        let mut layer = config.init(3, seed, &device).expect("valid").trunk.layers.remove(0);
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("test")));
        let mut draw = |count: usize| -> Vec<f64> { (0..count).map(|_| stream.normal()).collect() };
        // Biases away from zero, or a forgotten one would not show.
        layer.input.bias = Param::from_tensor(matrix(&draw(3 * width), 1).squeeze_dim(0));
        layer.recurrent.bias = Param::from_tensor(matrix(&draw(3 * width), 1).squeeze_dim(0));
        let x: Tensor<3> = matrix(&draw(rows * length * inputs), rows).reshape([rows, length, inputs]);
        let h = matrix(&draw(rows * width), rows);
        let ours = host(layer.forward(x.clone(), h.clone()));
        let theirs = host(in_burn(&layer, inputs).forward(x, Some(h)));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            prop_assert!((ours - theirs).abs() < 5e-6, "{ours} and {theirs}");
        }
    }

    #[test]
    fn cached_decoding_is_the_full_forward_pass(
        seed: u64, layers in 1usize..4, lengths in prop::collection::vec(1usize..9, 1..5), steps in 1usize..8,
    ) {
        let of = |cache: &GruCache| cache.lengths().collect();
        laws::decoding_is_the_full_forward_pass(&model(layers, seed), of, seed, &lengths, steps)?;
    }

    #[test]
    fn neither_the_batch_nor_padding_matters(
        seed: u64, layers in 1usize..4, lengths in prop::collection::vec(1usize..12, 1..6), extra in 0usize..6,
    ) {
        laws::neither_the_batch_nor_padding_matters(&model(layers, seed), seed, &lengths, 12 + extra)?;
    }

    #[test]
    fn a_later_token_never_reaches_an_earlier_feature(seed: u64, layers in 1usize..4, at in 0usize..12) {
        laws::a_later_token_never_reaches_an_earlier_feature(&model(layers, seed), seed, at, 12)?;
    }
}

#[test]
fn a_token_reaches_every_later_feature() {
    let (model, device) = (model(2, 5), Device::flex());
    let one = random_tokens(8, VOCABULARY, 1);
    for at in 0..8 {
        let mut other = one.clone();
        other[at] = (other[at] + 1) % VOCABULARY as u32;
        let features = |tokens: &[u32]| host(model.hidden(padded(&[tokens], 8, &device)));
        let (a, b) = (features(&one), features(&other));
        let split = at * model.width();
        for (position, (a, b)) in a[split..].chunks(7).zip(b[split..].chunks(7)).enumerate() {
            assert_ne!(a, b, "position {} after a change at {at}", at + position);
        }
    }
}

#[test]
fn the_seed_alone_fixes_the_weights_and_checkpoints_keep_them() {
    laws::the_seed_alone_fixes_the_weights_and_checkpoints_keep_them(VOCABULARY, |words, seed, device| {
        config(2).init(words, seed, device).expect("valid")
    });
}

#[test]
fn initial_gates_are_orthogonal_each() {
    let layer = config(1).init(VOCABULARY, 3, &Device::flex()).expect("valid").trunk.layers.remove(0);
    for gate in 0..3 {
        let matrix = layer.recurrent.weight.val().narrow(1, gate * 7, 7);
        let product = host(matrix.clone().transpose().matmul(matrix));
        for (index, entry) in product.iter().enumerate() {
            let want = if index % 8 == 0 { 1.0 } else { 0.0 };
            assert!((entry - want).abs() < 1e-5, "gate {gate}: {product:?}");
        }
    }
}

#[test]
fn a_tiny_set_is_learned_by_heart_with_the_same_bits_each_time() {
    laws::a_tiny_set_is_learned_by_heart_with_the_same_bits_each_time(2e-2, 80, |device| {
        config(1).init(VOCABULARY, 1, device).expect("valid")
    });
}

#[test]
fn gradients_reach_every_parameter_but_end_at_the_cache() {
    use burn::optim::GradientsParams;
    let device = Device::flex().autodiff();
    let model = config(2).init(VOCABULARY, 4, &device).expect("valid");
    let hidden: Tensor<2> = model.hidden(padded(&[&[1, 5, 3]], 3, &device)).squeeze_dim(0);
    let loss = model.values(hidden.clone()).square().mean() + model.logits(hidden).square().mean();
    let grads = GradientsParams::from_grads(loss.backward(), &model);
    assert_eq!(grads.len(), model_parameters(&model));
    let (mut cache, _) = model.prefill(&[&[1, 5]], 4, &device).expect("fits");
    model.decode(&mut cache, &[0, 0], &[3, 4]).expect("room");
    assert!(!cache.state(0).is_autodiff());
}

fn model_parameters(model: &GruPolicy) -> usize {
    crate::parameters::slots(model).len()
}

#[test]
fn sizes_and_sequences_that_do_not_fit_are_named() {
    let refused = |config: GruConfig| config.init(VOCABULARY, 1, &Device::flex()).expect_err("no network");
    for (field, config) in [
        ("context", GruConfig { context: 0, ..config(1) }),
        ("embedding", GruConfig { embedding: 0, ..config(1) }),
        ("width", GruConfig { width: 0, ..config(1) }),
        ("layers", config(0)),
    ] {
        assert!(matches!(refused(config), PolicyError::Config { field: found, .. } if found == field));
    }
    assert!(config(1).init(0, 1, &Device::flex()).is_err());
    assert!(toml::from_str::<GruConfig>("widht = 3").is_err());
    laws::what_does_not_fit_is_a_typed_error(&model(1, 1));
}
