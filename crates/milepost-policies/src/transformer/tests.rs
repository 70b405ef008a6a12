use burn::tensor::{Device, Tensor};
use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::*;
use crate::{
    model_from_bytes, model_to_bytes,
    sequence::{laws, padded},
    testing::{host, random_tokens},
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
    random_tokens(count, VOCABULARY, seed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn cached_decoding_is_the_full_forward_pass(
        seed: u64, family in 0usize..3, lengths in prop::collection::vec(1usize..9, 1..5), steps in 1usize..8,
    ) {
        let of = |cache: &KeyValueCache| cache.lengths().collect();
        laws::decoding_is_the_full_forward_pass(&model(&families()[family], seed), of, seed, &lengths, steps)?;
    }

    #[test]
    fn neither_the_batch_nor_padding_matters(
        seed: u64, family in 0usize..3, lengths in prop::collection::vec(1usize..12, 1..6), extra in 0usize..6,
    ) {
        let model = model(&families()[family], seed);
        laws::neither_the_batch_nor_padding_matters(&model, seed, &lengths, 12 + extra)?;
    }

    #[test]
    fn a_later_token_never_reaches_an_earlier_feature(seed: u64, family in 0usize..3, at in 0usize..12) {
        let model = model(&families()[family], seed);
        laws::a_later_token_never_reaches_an_earlier_feature(&model, seed, at, 12)?;
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
        laws::the_seed_alone_fixes_the_weights_and_checkpoints_keep_them(
            VOCABULARY,
            |words, seed, device| config.init(words, seed, device).expect("valid"),
        );
    }
}

#[test]
fn a_tiny_set_is_learned_by_heart_with_the_same_bits_each_time() {
    for config in families() {
        laws::a_tiny_set_is_learned_by_heart_with_the_same_bits_each_time(1e-2, 60, |device| {
            config.init(VOCABULARY, 1, device).expect("valid")
        });
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
    for config in families() {
        laws::what_does_not_fit_is_a_typed_error(&model(&config, 1));
    }
}
