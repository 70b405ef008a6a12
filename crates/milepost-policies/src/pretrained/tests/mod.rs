//! Recorded models, files of every family, and what must be refused.

mod damage;
mod files;
mod fixture_tests;
mod settings;

use burn::{
    module::Module,
    tensor::{Device, Int, Tensor, TensorData},
};
use half::{bf16, f16};
use milepost_testkit::{
    fixtures,
    golden::{Case, Golden, Section, Tolerance, array},
};
use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::{Value, json};

use super::*;
use crate::{
    Biases, CausalTransformer, FeedForward, NormKind, PolicyError, Positions, SequenceModel,
    TransformerConfig, ValueKind, greedy_action, model_to_bytes,
};

fn load(config: &[u8], weights: &[u8]) -> Result<CausalTransformer, PretrainedError> {
    let config = PretrainedConfig::from_bytes(config)?;
    load_pretrained(&config, &PretrainedWeights::single(weights)?, ValueKind::None, &Device::flex())
}

fn host<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.try_into_vec_as::<f32>().expect("floats").into_iter().map(f64::from).collect()
}

fn tensor(rows: &[Vec<u32>]) -> Tensor<2, Int> {
    let values: Vec<i32> = rows.iter().flatten().map(|id| *id as i32).collect();
    Tensor::from_data(TensorData::new(values, [rows.len(), rows[0].len()]), &Device::flex())
}

/// One of each family, with and without what may be there.
fn families() -> Vec<TransformerConfig> {
    let llama =
        TransformerConfig { context: 12, width: 8, layers: 2, heads: 4, ..TransformerConfig::default() };
    let gpt2 = TransformerConfig {
        norm: NormKind::LayerNorm { epsilon: 1e-5 },
        positions: Positions::Learned,
        feed_forward: FeedForward::Gelu,
        biases: Biases::All,
        tied_embeddings: true,
        ..llama.clone()
    };
    vec![
        llama.clone(),
        TransformerConfig { kv_heads: Some(2), head_dim: Some(6), tied_embeddings: true, ..llama.clone() },
        TransformerConfig { biases: Biases::All, ..llama.clone() },
        TransformerConfig { biases: Biases::Attention, ..llama.clone() },
        TransformerConfig { biases: Biases::Qkv, kv_heads: Some(1), hidden: Some(5), ..llama },
        gpt2.clone(),
        TransformerConfig { tied_embeddings: false, hidden: Some(7), ..gpt2 },
    ]
}

fn small(family: usize, value: ValueKind, seed: u64) -> CausalTransformer {
    let config = TransformerConfig { value, ..families()[family].clone() };
    config.init(10, seed, &Device::flex()).expect("valid")
}
