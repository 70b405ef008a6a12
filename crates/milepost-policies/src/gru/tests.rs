use burn::{
    module::{Module, Param},
    nn::gru::GruConfig as BurnGruConfig,
    tensor::{Device, Tensor, TensorData},
};
use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::*;
use crate::{
    Adam, AdamConfig, Demonstration, behaviour_clone, greedy_action, model_from_bytes, model_to_bytes,
    sequence::padded,
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
        let model = model(layers, seed);
        let device = Device::flex();
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("order")));
        let mut sequences: Vec<Vec<u32>> =
            lengths.iter().enumerate().map(|(i, l)| random_tokens(*l, VOCABULARY, seed ^ i as u64)).collect();
        let contexts: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        let (mut cache, mut logits) = model.prefill(&contexts, steps, &device).expect("fits");
        for step in 0..=steps {
            for (sequence, got) in sequences.iter().zip(host(logits.clone()).chunks_exact(VOCABULARY)) {
                let hidden = model.hidden(padded(&[sequence], sequence.len(), &device)).squeeze_dim(0);
                let full = host(model.logits(hidden));
                for (got, want) in got.iter().zip(&full[full.len() - VOCABULARY..]) {
                    prop_assert!((got - want).abs() < 1e-5 * (1.0 + want.abs()), "step {step}: {got}, {want}");
                }
            }
            if step == steps {
                break;
            }
            // Rows are dropped, branched and moved on the way.
            let rows: Vec<usize> =
                (0..=stream.below(5)).map(|_| stream.below(sequences.len() as u64) as usize).collect();
            let next = random_tokens(rows.len(), VOCABULARY, seed ^ (77 + step as u64));
            sequences = rows.iter().zip(&next).map(|(row, token)| [&sequences[*row][..], &[*token]].concat()).collect();
            logits = model.decode(&mut cache, &rows, &next).expect("room");
            prop_assert!(cache.lengths().eq(sequences.iter().map(Vec::len)));
        }
    }

    #[test]
    fn neither_the_batch_nor_padding_nor_later_tokens_matter(
        seed: u64, layers in 1usize..4, lengths in prop::collection::vec(1usize..12, 1..6), extra in 0usize..6,
    ) {
        let (model, device) = (model(layers, seed), Device::flex());
        let sequences: Vec<Vec<u32>> =
            lengths.iter().enumerate().map(|(i, l)| random_tokens(*l, VOCABULARY, seed ^ i as u64)).collect();
        let rows: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        let (length, width) = (12 + extra, model.width());
        let together = host(model.hidden(padded(&rows, length, &device)));
        for (row, sequence) in rows.iter().enumerate() {
            let alone = host(model.hidden(padded(&[sequence], sequence.len(), &device)));
            let start = row * length * width;
            for (a, b) in together[start..].iter().zip(&alone) {
                prop_assert!((a - b).abs() < 1e-5, "row {row}: {a} and {b}");
            }
        }
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
        assert_eq!(a[..split], b[..split]);
        for (position, (a, b)) in a[split..].chunks(7).zip(b[split..].chunks(7)).enumerate() {
            assert_ne!(a, b, "position {} after a change at {at}", at + position);
        }
    }
}

#[test]
fn the_seed_alone_fixes_the_weights_and_checkpoints_keep_them() {
    let bytes = |seed| model_to_bytes(&config(2).init(VOCABULARY, seed, &Device::flex()).expect("valid"));
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
    let saved = bytes(1).expect("readable");
    let other = config(2).init(VOCABULARY, 2, &Device::flex().autodiff()).expect("valid");
    let loaded = model_from_bytes(other, &saved).expect("fits");
    assert_eq!(model_to_bytes(&loaded).expect("readable"), saved);
    let wider = config(2).init(VOCABULARY + 1, 2, &Device::flex()).expect("valid");
    assert!(model_from_bytes(wider, &saved).is_err());
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
    let texts: [(&[u32], &[u32]); 3] =
        [(&[1, 3, 4], &[5, 6, 2]), (&[1, 4], &[7, 2]), (&[1, 3, 3, 8], &[8, 8, 4, 2])];
    let demonstrations: Vec<Demonstration<'_>> =
        texts.iter().map(|(context, tokens)| Demonstration { context, tokens }).collect();
    let train = || {
        let model = config(1).init(VOCABULARY, 1, &Device::flex().autodiff()).expect("valid");
        let mut adam = Adam::new(AdamConfig { learning_rate: 2e-2, ..AdamConfig::default() });
        let mut stream = Stream::new(StreamKey::new(1, Purpose::SHUFFLE));
        behaviour_clone(model, &mut adam, &demonstrations, 80, 2, &mut stream).expect("fits")
    };
    let (model, losses) = train();
    let last = losses[losses.len() - 1];
    assert!(losses[0] > 1.5 && last < 0.05, "{} to {last}", losses[0]);
    for (context, wanted) in texts {
        let mut text = context.to_vec();
        for token in wanted {
            let (_, logits) = model.valid().prefill(&[&text], 0, &Device::flex()).expect("fits");
            assert_eq!(greedy_action(&host(logits)), *token);
            text.push(*token);
        }
    }
    let (again, repeated) = train();
    assert_eq!(losses, repeated);
    assert_eq!(model_to_bytes(&model), model_to_bytes(&again));
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
    let (model, device) = (model(1, 1), Device::flex());
    let long = random_tokens(CONTEXT + 1, VOCABULARY, 1);
    let overflow = PolicyError::ContextOverflow { length: CONTEXT + 1, context: CONTEXT };
    assert_eq!(model.prefill(&[&long], 0, &device).map(|_| ()), Err(overflow.clone()));
    let (mut cache, _) = model.prefill(&[&long[..CONTEXT]], 9, &device).expect("fits");
    assert_eq!(model.decode(&mut cache, &[0], &[1]).map(|_| ()), Err(overflow));
    let (mut cache, _) = model.prefill(&[&[1]], 9, &device).expect("fits");
    assert!(matches!(model.decode(&mut cache, &[1], &[1]), Err(PolicyError::UnknownRow { row: 1, live: 1 })));
    assert!(matches!(
        model.decode(&mut cache, &[0], &[99]),
        Err(PolicyError::UnknownToken { token: 99, .. })
    ));
    assert!(matches!(model.prefill(&[&[]], 1, &device), Err(PolicyError::EmptyContext { row: 0 })));
}
