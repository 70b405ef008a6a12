use serde_json::{Value, json};

use super::{
    PretrainedError,
    fields::{Fields, positive_number, unsupported},
};
use crate::{Biases, FeedForward, NormKind, Positions, TransformerConfig, ValueKind};

/// The most blocks, and the most positions; published models stay well below.
const MOST_LAYERS: usize = 4096;
const MOST_POSITIONS: usize = 1 << 21;

/// Families of checkpoints that can be read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Architecture {
    /// `LlamaForCausalLM`.
    Llama,
    /// `Qwen2ForCausalLM`.
    Qwen2,
    /// `GPT2LMHeadModel`.
    Gpt2,
}

impl Architecture {
    const ALL: [Self; 3] = [Self::Llama, Self::Qwen2, Self::Gpt2];

    /// Its `model_type`.
    #[must_use]
    pub const fn model_type(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Gpt2 => "gpt2",
        }
    }

    /// The name of its language model in `architectures`.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Llama => "LlamaForCausalLM",
            Self::Qwen2 => "Qwen2ForCausalLM",
            Self::Gpt2 => "GPT2LMHeadModel",
        }
    }
}

/// What a `config.json` says about a language model.
#[derive(Debug, Clone, PartialEq)]
pub struct PretrainedConfig {
    /// The family.
    pub architecture: Architecture,
    /// Number of logits.
    pub vocabulary: usize,
    /// The network, with no value function.
    pub network: TransformerConfig,
    /// Keys with a value that were not understood, in alphabetical order. Keys that are known to leave the
    /// model's function alone (dropout, token ids, versions) are not among them. Look at these before
    /// trusting a model whose results were not compared.
    pub not_understood: Vec<String>,
}

impl PretrainedConfig {
    /// Reads the bytes of a `config.json`. What is absent has the value that the `transformers` package
    /// gives it; sizes must be there.
    ///
    /// # Errors
    /// If the architecture is another, if a value is of the wrong kind, or if one asks for something that
    /// is not implemented: scaled rotary positions, sliding windows, other activations, quantised weights,
    /// code of its own.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PretrainedError> {
        let mut fields = Fields::parse(bytes)?;
        let architecture = architecture(&mut fields)?;
        fields.only("quantization_config", &Value::Null, "weights are F32, F16 or BF16")?;
        fields.only("auto_map", &Value::Null, "a model's own code is not run")?;
        fields.only("is_encoder_decoder", &json!(false), "decoders only")?;
        fields.only("add_cross_attention", &json!(false), "decoders only")?;
        let vocabulary = fields.size("vocab_size")?;
        let network = match architecture {
            Architecture::Llama => llama(&mut fields)?,
            Architecture::Qwen2 => qwen2(&mut fields)?,
            Architecture::Gpt2 => gpt2(&mut fields)?,
        };
        network.check(vocabulary)?;
        for key in NEUTRAL {
            fields.value(key);
        }
        Ok(Self { architecture, vocabulary, network, not_understood: fields.unread() })
    }
}

fn architecture(fields: &mut Fields) -> Result<Architecture, PretrainedError> {
    let unknown = |found: String| PretrainedError::Architecture { found };
    let classes: Vec<String> = match fields.value("architectures") {
        None => Vec::new(),
        Some(Value::Array(names)) => {
            names.iter().map(|n| n.as_str().unwrap_or_default().to_owned()).collect()
        }
        Some(other) => return Err(unknown(other.to_string())),
    };
    let family = match fields.text("model_type")? {
        Some(name) => Architecture::ALL.into_iter().find(|a| a.model_type() == name).ok_or(name),
        None => Architecture::ALL
            .into_iter()
            .find(|a| classes.iter().any(|class| class == a.class()))
            .ok_or_else(|| classes.join(", ")),
    }
    .map_err(unknown)?;
    if classes.iter().all(|class| class == family.class()) {
        return Ok(family);
    }
    Err(unknown(classes.join(", ")))
}

/// Llama and Qwen2 without what sets them apart.
fn llama_like(fields: &mut Fields) -> Result<TransformerConfig, PretrainedError> {
    let heads = fields.size("num_attention_heads")?;
    let activation = fields.text("hidden_act")?;
    if let Some(name) = activation.filter(|name| !["silu", "swish"].contains(&name.as_str())) {
        return Err(unsupported("hidden_act", &json!(name), "silu is"));
    }
    check_layer_types(fields)?;
    fields.only("partial_rotary_factor", &json!(1.0), "all features of a head are rotated")?;
    fields.only("rope_interleaved", &json!(false), "halves of a head are rotated against each other")?;
    fields.only("use_mrope", &json!(false), "positions are those of a text")?;
    Ok(TransformerConfig {
        context: at_most(fields, "max_position_embeddings", MOST_POSITIONS)?,
        width: fields.size("hidden_size")?,
        layers: at_most(fields, "num_hidden_layers", MOST_LAYERS)?,
        heads,
        kv_heads: Some(fields.optional_size("num_key_value_heads")?.unwrap_or(heads)),
        head_dim: fields.optional_size("head_dim")?,
        hidden: Some(fields.size("intermediate_size")?),
        norm: NormKind::RmsNorm { epsilon: fields.positive("rms_norm_eps", 1e-6)? },
        positions: Positions::Rotary { theta: rope_theta(fields)? },
        feed_forward: FeedForward::SwiGlu,
        biases: Biases::None,
        tied_embeddings: fields.flag("tie_word_embeddings", false)?,
        value: ValueKind::None,
    })
}

fn llama(fields: &mut Fields) -> Result<TransformerConfig, PretrainedError> {
    fields.only("sliding_window", &Value::Null, "attention reads the whole context")?;
    let biases = match (fields.flag("attention_bias", false)?, fields.flag("mlp_bias", false)?) {
        (false, false) => Biases::None,
        (true, false) => Biases::Attention,
        (true, true) => Biases::All,
        (false, true) => {
            let supported = "biases of the feed-forward layer come with attention's";
            return Err(unsupported("mlp_bias", &json!(true), supported));
        }
    };
    Ok(TransformerConfig { biases, ..llama_like(fields)? })
}

fn qwen2(fields: &mut Fields) -> Result<TransformerConfig, PretrainedError> {
    fields.only("use_sliding_window", &json!(false), "attention reads the whole context")?;
    // The width of a window that is not used.
    fields.value("sliding_window");
    Ok(TransformerConfig { biases: Biases::Qkv, ..llama_like(fields)? })
}

fn gpt2(fields: &mut Fields) -> Result<TransformerConfig, PretrainedError> {
    let activation = fields.text("activation_function")?;
    if let Some(name) = activation.filter(|name| !["gelu_new", "gelu_pytorch_tanh"].contains(&name.as_str()))
    {
        return Err(unsupported("activation_function", &json!(name), "gelu_new is"));
    }
    fields.only("scale_attn_weights", &json!(true), "scores are divided by √head_dim")?;
    fields.only("scale_attn_by_inverse_layer_idx", &json!(false), "scores are divided by √head_dim")?;
    let width = fields.size("n_embd")?;
    Ok(TransformerConfig {
        context: at_most(fields, "n_positions", MOST_POSITIONS)?,
        width,
        layers: at_most(fields, "n_layer", MOST_LAYERS)?,
        heads: fields.size("n_head")?,
        kv_heads: None,
        head_dim: None,
        hidden: Some(fields.optional_size("n_inner")?.unwrap_or(4 * width)),
        norm: NormKind::LayerNorm { epsilon: fields.positive("layer_norm_epsilon", 1e-5)? },
        positions: Positions::Learned,
        feed_forward: FeedForward::Gelu,
        biases: Biases::All,
        tied_embeddings: fields.flag("tie_word_embeddings", true)?,
        value: ValueKind::None,
    })
}

fn at_most(fields: &mut Fields, key: &str, most: usize) -> Result<usize, PretrainedError> {
    let size = fields.size(key)?;
    if size <= most {
        return Ok(size);
    }
    let expected = format!("at most {most}");
    Err(PretrainedError::Value { key: key.to_owned(), value: size.to_string(), expected })
}

fn check_layer_types(fields: &mut Fields) -> Result<(), PretrainedError> {
    match fields.value("layer_types") {
        None => Ok(()),
        Some(Value::Array(types)) if types.iter().all(|kind| kind == "full_attention") => Ok(()),
        Some(other) => Err(unsupported("layer_types", other, "every layer has full attention")),
    }
}

/// The base of the wavelengths: `rope_parameters.rope_theta` in newer files, `rope_theta` beside an optional
/// `rope_scaling` in older ones. Any scaling is refused.
fn rope_theta(fields: &mut Fields) -> Result<f64, PretrainedError> {
    let top = match fields.value("rope_theta") {
        None => None,
        Some(value) => Some(theta("rope_theta", value)?),
    };
    let mut nested = None;
    for table in ["rope_parameters", "rope_scaling"] {
        let Some(value) = fields.value(table).cloned() else { continue };
        let entries = value.as_object().ok_or_else(|| PretrainedError::Value {
            key: table.to_owned(),
            value: value.to_string(),
            expected: "a table".to_owned(),
        })?;
        for (key, entry) in entries {
            let path = format!("{table}.{key}");
            match key.as_str() {
                "rope_theta" => nested = Some(theta(&path, entry)?),
                "rope_type" | "type" if entry == "default" => {}
                "partial_rotary_factor" if entry.as_f64() == Some(1.0) => {}
                _ => {
                    return Err(unsupported(
                        &path,
                        entry,
                        "rotary positions are not scaled (rope_type default)",
                    ));
                }
            }
        }
    }
    match (top, nested) {
        (Some(a), Some(b)) if a != b => Err(PretrainedError::Value {
            key: "rope_theta".to_owned(),
            value: a.to_string(),
            expected: format!("rope_parameters.rope_theta, which is {b}"),
        }),
        (a, b) => Ok(b.or(a).unwrap_or(10_000.0)),
    }
}

fn theta(key: &str, value: &Value) -> Result<f64, PretrainedError> {
    positive_number(value).ok_or_else(|| PretrainedError::Value {
        key: key.to_owned(),
        value: value.to_string(),
        expected: "a number above 0".to_owned(),
    })
}

/// Keys that do not change what the model computes from tokens at evaluation: token ids, dropout, how it was
/// initialised, written or run, and settings of classifiers built on it.
const NEUTRAL: [&str; 44] = [
    "_attn_implementation",
    "_name_or_path",
    "attention_dropout",
    "attn_pdrop",
    "bos_token_id",
    "chunk_size_feed_forward",
    "dtype",
    "embd_pdrop",
    "eos_token_id",
    "gradient_checkpointing",
    "id2label",
    "initializer_range",
    "is_llama_config",
    "label2id",
    "max_window_layers",
    "mlp_dropout",
    "n_ctx",
    "name_or_path",
    "num_labels",
    "output_attentions",
    "output_hidden_states",
    "output_past",
    "pad_token_id",
    "predict_special_tokens",
    "prefix",
    "pretraining_tp",
    "problem_type",
    "reorder_and_upcast_attn",
    "resid_pdrop",
    "return_dict",
    "return_dict_in_generate",
    "sep_token_id",
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
    "task_specific_params",
    "tokenizer_class",
    "torch_dtype",
    "transformers_version",
    "unk_token_id",
    "use_cache",
    "vocab_size",
];
