use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Architecture, PretrainedConfig, PretrainedError,
    layout::layout,
    load::{GPT2_PREFIX, transposed},
};
use crate::{
    Biases, CausalTransformer, FeedForward, NormKind, Positions, SequenceModel, TransformerConfig, archive,
    checkpoint, parameters::Slot,
};

/// A model as the files that other tools read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PretrainedFiles {
    /// `config.json`.
    pub config: Vec<u8>,
    /// `model.safetensors`.
    pub weights: Vec<u8>,
}

/// Writes the policy of `model` as a Llama, Qwen2 or GPT-2 checkpoint, whichever can express it: rotary
/// positions, RMSNorm and SwiGLU with Llama's biases or Qwen2's, or GPT-2's parts. Equal
/// models give equal bytes, and [`load_pretrained`](super::load_pretrained) restores every bit of the policy.
///
/// The value function is left out: no such file has a place for it. Keep it with
/// [`model_to_bytes`](crate::model_to_bytes).
///
/// # Errors
/// If no family has these parts together.
pub fn export_pretrained(model: &CausalTransformer) -> Result<PretrainedFiles, PretrainedError> {
    let network = model.config();
    let architecture = family(network)?;
    let config = PretrainedConfig {
        architecture,
        vocabulary: model.vocabulary(),
        network: network.clone(),
        not_understood: Vec::new(),
    };
    let prefix = if architecture == Architecture::Gpt2 { GPT2_PREFIX } else { "" };
    let parameters: BTreeMap<String, Vec<f32>> =
        checkpoint::parameters_of(model)?.into_iter().map(|(slot, values)| (slot.path, values)).collect();
    let mut tensors = Vec::new();
    for entry in layout(&config, prefix) {
        let values = &parameters[&entry.slot];
        let width: usize = entry.parts.iter().map(|part| part.place()[1]).sum();
        let mut start = 0;
        for part in entry.parts {
            let [_, columns] = part.place();
            let rows = values.chunks_exact(width);
            let own: Vec<f32> = rows.flat_map(|row| &row[start..start + columns]).copied().collect();
            start += columns;
            let own = if part.transposed { transposed(&own, own.len() / columns) } else { own };
            tensors.push((Slot { path: part.name, shape: part.shape }, own));
        }
    }
    Ok(PretrainedFiles {
        config: config_json(&config).to_string().into_bytes(),
        // Other tools ask for this note.
        weights: archive::write(&tensors, Some(("format", "pt".to_owned())))?,
    })
}

/// The family that has these parts.
fn family(network: &TransformerConfig) -> Result<Architecture, PretrainedError> {
    let heads = network.head_layout();
    match (network.norm, network.positions, network.feed_forward, network.biases) {
        (NormKind::RmsNorm { .. }, Positions::Rotary { .. }, FeedForward::SwiGlu, Biases::Qkv) => {
            Ok(Architecture::Qwen2)
        }
        (NormKind::RmsNorm { .. }, Positions::Rotary { .. }, FeedForward::SwiGlu, _) => {
            Ok(Architecture::Llama)
        }
        (NormKind::LayerNorm { .. }, Positions::Learned, FeedForward::Gelu, Biases::All)
            if heads.kv_heads == heads.heads && heads.query_width() == network.width =>
        {
            Ok(Architecture::Gpt2)
        }
        _ => Err(PretrainedError::NoFamily),
    }
}

fn config_json(config: &PretrainedConfig) -> Value {
    let network = &config.network;
    let heads = network.head_layout();
    let (NormKind::RmsNorm { epsilon } | NormKind::LayerNorm { epsilon }) = network.norm;
    let mut json = json!({
        "architectures": [config.architecture.class()],
        "model_type": config.architecture.model_type(),
        "dtype": "float32",
        "vocab_size": config.vocabulary,
        "tie_word_embeddings": network.tied_embeddings,
    });
    let own = match network.positions {
        Positions::Learned => json!({
            "activation_function": "gelu_new",
            "layer_norm_epsilon": epsilon,
            "n_embd": network.width,
            "n_head": heads.heads,
            "n_inner": network.hidden_width(),
            "n_layer": network.layers,
            "n_positions": network.context,
        }),
        Positions::Rotary { theta } => json!({
            "head_dim": heads.head_dim,
            "hidden_act": "silu",
            "hidden_size": network.width,
            "intermediate_size": network.hidden_width(),
            "max_position_embeddings": network.context,
            "num_attention_heads": heads.heads,
            "num_hidden_layers": network.layers,
            "num_key_value_heads": heads.kv_heads,
            "rms_norm_eps": epsilon,
            // The first for newer versions of the `transformers` package, the second for older ones.
            "rope_parameters": {"rope_theta": theta, "rope_type": "default"},
            "rope_theta": theta,
        }),
    };
    let mut merge = |more: Value| {
        if let (Value::Object(all), Value::Object(more)) = (&mut json, more) {
            all.extend(more);
        }
    };
    merge(own);
    if config.architecture == Architecture::Llama {
        let biases = network.biases;
        merge(json!({"attention_bias": biases.of_output(), "mlp_bias": biases.of_feed_forward()}));
    }
    json
}
