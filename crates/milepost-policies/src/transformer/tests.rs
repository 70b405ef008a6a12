use burn::tensor::{Device, Tensor};
use milepost_core::{Purpose, Stream, StreamKey, Version};
use proptest::prelude::*;

use super::*;
use crate::{
    Adam, AdamConfig, Demonstration, ModelPolicy, behaviour_clone, model_from_bytes, model_to_bytes,
    sequence::padded,
};

const VOCABULARY: usize = 11;
const CONTEXT: usize = 24;

/// Llama, grouped heads with Qwen2's biases, and GPT-2, each small.
pub(super) fn families() -> [TransformerConfig; 3] {
    let llama = TransformerConfig { context: CONTEXT, width: 16, layers: 2, ..TransformerConfig::default() };
    [
        llama.clone(),
        TransformerConfig {
            kv_heads: Some(2),
            head_dim: Some(6),
            biases: Biases::Qkv,
            tied_embeddings: true,
            value: ValueKind::Head,
            ..llama.clone()
        },
        TransformerConfig {
            norm: NormKind::LayerNorm { epsilon: 1e-5 },
            positions: Positions::Learned,
            feed_forward: FeedForward::Gelu,
            biases: Biases::All,
            tied_embeddings: true,
            value: ValueKind::Trunk,
            ..llama
        },
    ]
}

/// A model whose parameters are all away from their initial values, so that nothing is hidden by a zero.
pub(super) fn model(config: &TransformerConfig, seed: u64) -> CausalTransformer {
    use burn::module::{Module, ModuleMapper, Param};
    struct Shake(Stream);
    impl ModuleMapper for Shake {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            param.map(|value| {
                let noise: Vec<f32> =
                    (0..value.shape().num_elements()).map(|_| 0.2 * self.0.normal() as f32).collect();
                let noise =
                    Tensor::<1>::from_floats(noise.as_slice(), &value.device()).reshape(value.shape());
                value + noise
            })
        }
    }
    let model = config.init(VOCABULARY, seed, &Device::flex()).expect("valid");
    model.map(&mut Shake(Stream::new(StreamKey::new(seed, Purpose::named("shake")))))
}

fn tokens(count: usize, seed: u64) -> Vec<u32> {
    let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("tokens")));
    (0..count).map(|_| stream.below(VOCABULARY as u64) as u32).collect()
}

fn host<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.try_into_vec_as::<f32>().expect("floats")
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f32::max)
}

/// Logits of every position, `[l · vocabulary]`.
fn full_logits(model: &CausalTransformer, sequence: &[u32]) -> Vec<f32> {
    let hidden = model.hidden(padded(&[sequence], sequence.len(), &Device::flex()));
    host(model.logits(hidden.squeeze_dim(0)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn cached_decoding_is_the_full_forward_pass(
        seed: u64, family in 0usize..3, lengths in prop::collection::vec(1usize..9, 1..5), steps in 1usize..8,
    ) {
        let model = model(&families()[family], seed);
        let mut sequences: Vec<Vec<u32>> =
            lengths.iter().enumerate().map(|(i, l)| tokens(*l, seed ^ i as u64)).collect();
        let contexts: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        let (mut cache, mut logits) = model.prefill(&contexts, steps, &Device::flex()).expect("fits");
        let mut order: Vec<usize> = (0..sequences.len()).collect();
        for step in 0..=steps {
            for (row, logits) in host(logits.clone()).chunks_exact(VOCABULARY).enumerate() {
                let full = full_logits(&model, &sequences[row]);
                let gap = largest_difference(logits, &full[full.len() - VOCABULARY..]);
                prop_assert!(gap < 1e-5, "step {step}, row {row}: {gap}");
            }
            if step == steps { break; }
            // Rows are dropped, branched and reordered on the way.
            let mut stream = Stream::new(StreamKey::new(seed ^ step as u64, Purpose::named("order")));
            match stream.below(4) {
                0 if order.len() > 1 => { order.remove(stream.below(order.len() as u64) as usize); }
                1 => order.push(stream.below(sequences.len() as u64) as usize),
                2 => order.reverse(),
                _ => {}
            }
            sequences = order.iter().map(|row| sequences[*row].clone()).collect();
            let next = tokens(order.len(), seed ^ 0x77 ^ step as u64);
            sequences.iter_mut().zip(&next).for_each(|(sequence, token)| sequence.push(*token));
            logits = model.decode(&mut cache, &order, &next).expect("room");
            prop_assert_eq!(
                cache.lengths().collect::<Vec<_>>(),
                sequences.iter().map(Vec::len).collect::<Vec<_>>()
            );
            order = (0..order.len()).collect();
        }
    }

    #[test]
    fn neither_the_batch_nor_padding_matters(
        seed: u64, family in 0usize..3, lengths in prop::collection::vec(1usize..12, 1..6), extra in 0usize..6,
    ) {
        let model = model(&families()[family], seed);
        let sequences: Vec<Vec<u32>> =
            lengths.iter().enumerate().map(|(i, l)| tokens(*l, seed ^ i as u64)).collect();
        let rows: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        let length = 12 + extra;
        let width = model.width();
        let together = host(model.hidden(padded(&rows, length, &Device::flex())));
        for (row, sequence) in rows.iter().enumerate() {
            let alone = host(model.hidden(padded(&[sequence], sequence.len(), &Device::flex())));
            let start = row * length * width;
            let gap = largest_difference(&together[start..start + alone.len()], &alone);
            prop_assert!(gap < 1e-5, "row {row}: {gap}");
        }
    }

    #[test]
    fn a_later_token_never_reaches_an_earlier_feature(seed: u64, family in 0usize..3, at in 1usize..12) {
        let model = model(&families()[family], seed);
        let one = tokens(12, seed);
        let mut other = one.clone();
        other[at] = (other[at] + 1) % VOCABULARY as u32;
        let features = |sequence: &[u32]| host(model.hidden(padded(&[sequence], 12, &Device::flex())));
        let (one, other) = (features(&one), features(&other));
        let before = at * model.width();
        prop_assert_eq!(&one[..before], &other[..before]);
        prop_assert!(one[before..] != other[before..], "the changed token must reach its own position");
    }

    #[test]
    fn residual_taps_end_in_the_features(seed: u64, family in 0usize..3) {
        let model = model(&families()[family], seed);
        let input = padded(&[&tokens(7, seed)], 7, &Device::flex());
        let states = model.hidden_states(input.clone());
        prop_assert_eq!(states.len(), 2);
        let last = states[1].clone().squeeze_dim::<2>(0);
        prop_assert_eq!(host(model.trunk.norm.forward(last)), host(model.policy_hidden(input)));
    }
}

#[test]
fn grouped_heads_with_as_many_keys_as_queries_are_plain_heads() {
    let plain = families()[0].clone();
    let grouped = TransformerConfig { kv_heads: Some(plain.heads), head_dim: Some(4), ..plain.clone() };
    let input = padded(&[&tokens(9, 1)], 9, &Device::flex());
    assert_eq!(host(model(&plain, 3).hidden(input.clone())), host(model(&grouped, 3).hidden(input)));
}

#[test]
fn the_seed_alone_fixes_the_weights_and_checkpoints_keep_them() {
    for config in families() {
        let bytes = |seed| {
            let model = config.init(VOCABULARY, seed, &Device::flex()).expect("valid");
            model_to_bytes(&model).expect("readable")
        };
        assert_eq!(bytes(1), bytes(1));
        assert_ne!(bytes(1), bytes(2));
        let trained = model(&config, 5);
        let saved = model_to_bytes(&trained).expect("readable");
        let empty = config.init(VOCABULARY, 9, &Device::flex()).expect("valid");
        let loaded = model_from_bytes(empty, &saved).expect("fits");
        let input = padded(&[&tokens(9, 1)], 9, &Device::flex());
        assert_eq!(host(loaded.hidden(input.clone())), host(trained.hidden(input)));
    }
}

#[test]
fn a_tiny_set_is_learned_by_heart_with_the_same_bits_each_time() {
    let texts: [(&[u32], &[u32]); 3] =
        [(&[1, 3, 4], &[5, 6, 2]), (&[1, 4], &[7, 2]), (&[1, 3, 3, 9], &[8, 8, 10, 2])];
    let demonstrations: Vec<Demonstration<'_>> =
        texts.iter().map(|(context, tokens)| Demonstration { context, tokens }).collect();
    for config in families() {
        let train = || {
            let device = Device::flex().autodiff();
            let model = config.init(VOCABULARY, 1, &device).expect("valid");
            let mut adam = Adam::new(AdamConfig { learning_rate: 1e-2, ..AdamConfig::default() });
            let mut stream = Stream::new(StreamKey::new(1, Purpose::SHUFFLE));
            behaviour_clone(model, &mut adam, &demonstrations, 60, 2, &mut stream).expect("fits")
        };
        let (model, losses) = train();
        assert_eq!(losses.len(), 120);
        assert!(losses[0] > 1.5 && losses[119] < 0.05, "{config:?}: {} to {}", losses[0], losses[119]);
        let policy = ModelPolicy::freeze(&model, Version(3));
        for (context, wanted) in texts {
            let mut text = context.to_vec();
            for token in wanted {
                let logp = policy.distributions(&text).expect("fits");
                let last = &host(logp)[(text.len() - 1) * VOCABULARY..];
                assert_eq!(crate::greedy_action(last), *token);
                text.push(*token);
            }
        }
        let (again, repeated) = train();
        assert_eq!(losses, repeated);
        assert_eq!(model_to_bytes(&model), model_to_bytes(&again));
    }
}

#[test]
fn the_value_head_learns_where_its_gradient_may_go() {
    use burn::optim::GradientsParams;
    for (value, reaches_policy) in
        [(ValueKind::Head, true), (ValueKind::DetachedHead, false), (ValueKind::Trunk, false)]
    {
        let config = TransformerConfig { value, ..families()[0].clone() };
        let device = Device::flex().autodiff();
        let trained = config.init(VOCABULARY, 2, &device).expect("valid");
        let bytes = model_to_bytes(&model(&config, 2)).expect("readable");
        let model = model_from_bytes(trained, &bytes).expect("fits");
        let hidden = model.hidden(padded(&[&tokens(6, 1)], 6, &device));
        let values = model.values(hidden.squeeze_dim(0));
        assert_eq!(values.dims(), [6]);
        let grads = GradientsParams::from_grads(values.square().mean().backward(), &model);
        let policy = grads.get::<2>(model.trunk.embedding.id);
        assert_eq!(policy.is_some_and(|g| host(g).iter().any(|x| *x != 0.0)), reaches_policy, "{value:?}");
        let head = model.value_head.as_ref().expect("configured").weight.id;
        assert!(grads.get::<2>(head).is_some());
    }
    let none = model(&families()[0], 2);
    let hidden = none.hidden(padded(&[&tokens(6, 1)], 6, &Device::flex()));
    assert_eq!(host(none.values(hidden.squeeze_dim(0))), [0.0; 6]);
}

#[test]
fn settings_that_make_no_network_are_named() {
    let base = TransformerConfig::default();
    let refused = |config: TransformerConfig| config.check(8).expect_err("no network").to_string();
    assert_eq!(
        refused(TransformerConfig { kv_heads: Some(3), ..base.clone() }),
        "network.kv-heads is 3, which does not divide the 4 heads; choose a divisor"
    );
    assert!(refused(TransformerConfig { width: 130, ..base.clone() }).contains("does not divide width 130"));
    assert!(refused(TransformerConfig { head_dim: Some(5), ..base.clone() }).contains("even"));
    assert!(refused(TransformerConfig { layers: 0, ..base.clone() }).contains("layers is 0"));
    assert!(refused(TransformerConfig { heads: 0, ..base.clone() }).contains("heads is 0"));
    assert!(
        refused(TransformerConfig { norm: NormKind::RmsNorm { epsilon: -1.0 }, ..base.clone() })
            .contains("epsilon")
    );
    assert!(
        refused(TransformerConfig { positions: Positions::Rotary { theta: 0.0 }, ..base.clone() })
            .contains("theta")
    );
    assert!(base.check(0).is_err());
    for config in families() {
        let text = toml::to_string(&config).expect("writes");
        assert_eq!(toml::from_str::<TransformerConfig>(&text).expect("reads"), config);
    }
    assert!(toml::from_str::<TransformerConfig>("widht = 3").is_err());
}

#[test]
fn a_sequence_that_does_not_fit_is_a_typed_error() {
    let model = model(&families()[0], 1);
    let device = Device::flex();
    let long = tokens(CONTEXT + 1, 1);
    let prefill = |contexts: &[&[u32]]| model.prefill(contexts, 4, &device).map(|_| ());
    assert_eq!(
        prefill(&[&long]),
        Err(PolicyError::ContextOverflow { length: CONTEXT + 1, context: CONTEXT })
    );
    assert_eq!(prefill(&[&[1], &[]]), Err(PolicyError::EmptyContext { row: 1 }));
    assert_eq!(prefill(&[]), Err(PolicyError::EmptyBatch));
    assert_eq!(prefill(&[&[99]]), Err(PolicyError::UnknownToken { token: 99, vocabulary: VOCABULARY }));
    let (mut cache, _) = model.prefill(&[&long[..CONTEXT - 1]], 9, &device).expect("fits");
    assert!(model.decode(&mut cache, &[0], &[1]).is_ok());
    assert_eq!(
        model.decode(&mut cache, &[0], &[1]).map(|_| ()),
        Err(PolicyError::ContextOverflow { length: CONTEXT + 1, context: CONTEXT })
    );
    assert_eq!(
        model.decode(&mut cache, &[1], &[1]).map(|_| ()),
        Err(PolicyError::UnknownRow { row: 1, live: 1 })
    );
    assert_eq!(
        model.decode(&mut cache, &[0], &[1, 2]).map(|_| ()),
        Err(PolicyError::RowCount { rows: 1, tokens: 2 })
    );
}
