use super::{Architecture, PretrainedConfig};

/// One of our parameters, made of one or several of the file's tensors.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The path of our parameter, below the policy's part of the model.
    pub(super) slot: String,
    /// The file's tensors whose columns, side by side, are the parameter.
    pub(super) parts: Vec<Part>,
}

/// A tensor in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    /// Whether the file has `[outputs, inputs]` where the parameter has `[inputs, outputs]`.
    pub(super) transposed: bool,
}

impl Part {
    /// Rows and columns of its place in the parameter; a vector is one row.
    pub(super) fn place(&self) -> [usize; 2] {
        match self.shape.as_slice() {
            [rows, columns] if self.transposed => [*columns, *rows],
            [rows, columns] => [*rows, *columns],
            other => [1, other.iter().product()],
        }
    }
}

/// The file's tensor that the logits are made with; with tied embeddings it is left out.
pub(super) const OUTPUT: &str = "lm_head.weight";

/// Every parameter of the policy and where its numbers are. `prefix` comes before GPT-2's names.
pub(super) fn layout(config: &PretrainedConfig, prefix: &str) -> Vec<Entry> {
    let network = &config.network;
    let mut entries = match config.architecture {
        Architecture::Llama | Architecture::Qwen2 => llama(config),
        Architecture::Gpt2 => gpt2(config, prefix),
    };
    if !network.tied_embeddings {
        entries.push(entry("head.weight", [linear(OUTPUT, network.width, config.vocabulary)]));
    }
    entries
}

fn llama(config: &PretrainedConfig) -> Vec<Entry> {
    let network = &config.network;
    let (width, hidden, heads) = (network.width, network.hidden_width(), network.head_layout());
    let (query, key) = (heads.query_width(), heads.key_width());
    let mut entries = vec![
        entry("trunk.embedding", [matrix("model.embed_tokens.weight", config.vocabulary, width)]),
        entry("trunk.norm.gain", [vector("model.norm.weight", width)]),
    ];
    for layer in 0..network.layers {
        let ours = |name: &str| format!("trunk.blocks.{layer}.{name}");
        let theirs = |name: &str| format!("model.layers.{layer}.{name}");
        let projections = |tensor: &str| {
            [("q", query), ("k", key), ("v", key)]
                .map(|(which, outputs)| (theirs(&format!("self_attn.{which}_proj.{tensor}")), outputs))
        };
        let gates = |tensor: &str| {
            ["gate", "up"].map(|which| (theirs(&format!("mlp.{which}_proj.{tensor}")), hidden))
        };
        let weights = |parts: &[(String, usize)], inputs: usize| -> Vec<Part> {
            parts.iter().map(|(name, outputs)| linear(name, inputs, *outputs)).collect()
        };
        let biases = |parts: &[(String, usize)]| -> Vec<Part> {
            parts.iter().map(|(name, outputs)| vector(name, *outputs)).collect()
        };
        entries.extend([
            entry(&ours("attention_norm.gain"), [vector(&theirs("input_layernorm.weight"), width)]),
            entry(&ours("qkv.weight"), weights(&projections("weight"), width)),
            entry(&ours("output.weight"), [linear(&theirs("self_attn.o_proj.weight"), query, width)]),
            entry(
                &ours("feed_forward_norm.gain"),
                [vector(&theirs("post_attention_layernorm.weight"), width)],
            ),
            entry(&ours("up.weight"), weights(&gates("weight"), width)),
            entry(&ours("down.weight"), [linear(&theirs("mlp.down_proj.weight"), hidden, width)]),
        ]);
        if network.biases.of_qkv() {
            entries.push(entry(&ours("qkv.bias"), biases(&projections("bias"))));
        }
        if network.biases.of_output() {
            entries.push(entry(&ours("output.bias"), [vector(&theirs("self_attn.o_proj.bias"), width)]));
        }
        if network.biases.of_feed_forward() {
            entries.push(entry(&ours("up.bias"), biases(&gates("bias"))));
            entries.push(entry(&ours("down.bias"), [vector(&theirs("mlp.down_proj.bias"), width)]));
        }
    }
    entries
}

fn gpt2(config: &PretrainedConfig, prefix: &str) -> Vec<Entry> {
    let network = &config.network;
    let (width, hidden) = (network.width, network.hidden_width());
    let name = |tail: &str| format!("{prefix}{tail}");
    let mut entries = vec![
        entry("trunk.embedding", [matrix(&name("wte.weight"), config.vocabulary, width)]),
        entry("trunk.positions", [matrix(&name("wpe.weight"), network.context, width)]),
        entry("trunk.norm.gain", [vector(&name("ln_f.weight"), width)]),
        entry("trunk.norm.bias", [vector(&name("ln_f.bias"), width)]),
    ];
    for layer in 0..network.layers {
        // GPT-2's projections are stored as `[inputs, outputs]`, like ours.
        for (ours, theirs, inputs, outputs) in [
            ("qkv", "attn.c_attn", width, 3 * width),
            ("output", "attn.c_proj", width, width),
            ("up", "mlp.c_fc", width, hidden),
            ("down", "mlp.c_proj", hidden, width),
        ] {
            let theirs = name(&format!("h.{layer}.{theirs}"));
            let ours = format!("trunk.blocks.{layer}.{ours}");
            entries.push(entry(
                &format!("{ours}.weight"),
                [matrix(&format!("{theirs}.weight"), inputs, outputs)],
            ));
            entries.push(entry(&format!("{ours}.bias"), [vector(&format!("{theirs}.bias"), outputs)]));
        }
        for (ours, theirs) in [("attention_norm", "ln_1"), ("feed_forward_norm", "ln_2")] {
            for (gain, weight) in [("gain", "weight"), ("bias", "bias")] {
                let theirs = name(&format!("h.{layer}.{theirs}.{weight}"));
                entries.push(entry(&format!("trunk.blocks.{layer}.{ours}.{gain}"), [vector(&theirs, width)]));
            }
        }
    }
    entries
}

/// Whether the file may hold `name` although no parameter is made of it: constants that older versions of the
/// `transformers` package saved with the weights.
pub(super) fn is_constant(architecture: Architecture, prefix: &str, name: &str) -> bool {
    let between = |start: &str, end: &str| {
        let layer = name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
        layer.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    match architecture {
        Architecture::Llama | Architecture::Qwen2 => {
            between("model.layers.", ".self_attn.rotary_emb.inv_freq") || name == "model.rotary_emb.inv_freq"
        }
        // The causal mask and the number that it masks with.
        Architecture::Gpt2 => {
            let blocks = format!("{prefix}h.");
            between(&blocks, ".attn.bias") || between(&blocks, ".attn.masked_bias")
        }
    }
}

fn entry(slot: &str, parts: impl IntoIterator<Item = Part>) -> Entry {
    Entry { slot: slot.to_owned(), parts: parts.into_iter().collect() }
}

/// `[outputs, inputs]` in the file.
fn linear(name: &str, inputs: usize, outputs: usize) -> Part {
    Part { name: name.to_owned(), shape: vec![outputs, inputs], transposed: true }
}

fn matrix(name: &str, rows: usize, columns: usize) -> Part {
    Part { name: name.to_owned(), shape: vec![rows, columns], transposed: false }
}

fn vector(name: &str, length: usize) -> Part {
    Part { name: name.to_owned(), shape: vec![length], transposed: false }
}
