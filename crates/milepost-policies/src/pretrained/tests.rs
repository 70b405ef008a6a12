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

/// Smaller than the recorded tolerance: what this crate promises.
const CLOSE: Tolerance = Tolerance { abs: 1e-4, rel: 1e-4 };

fn models() -> Section {
    Golden::read("tiny_transformers.json.gz").expect("golden file").section("models").clone()
}

/// `config.json` and `model.safetensors` of a case.
fn files(case: &Case) -> (Vec<u8>, Vec<u8>) {
    let folder = case.inputs["directory"].as_str().expect("a folder");
    let read = |file: &str| {
        std::fs::read(fixtures::root().join("golden").join(folder).join(file)).expect("a fixture file")
    };
    (read("config.json"), read("model.safetensors"))
}

fn load(config: &[u8], weights: &[u8]) -> Result<CausalTransformer, PretrainedError> {
    let config = PretrainedConfig::from_bytes(config)?;
    load_pretrained(&config, &PretrainedWeights::single(weights)?, ValueKind::None, &Device::flex())
}

fn model_of(case: &Case) -> CausalTransformer {
    let (config, weights) = files(case);
    load(&config, &weights).expect("a model that can be read")
}

fn host<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.try_into_vec_as::<f32>().expect("floats").into_iter().map(f64::from).collect()
}

/// Token ids of an input, a row each.
fn rows(case: &Case, input: &str) -> Vec<Vec<u32>> {
    let ids = array(&case.inputs[input]).expect("token ids");
    ids.rows().map(|row| row.iter().map(|id| *id as u32).collect()).collect()
}

fn tensor(rows: &[Vec<u32>]) -> Tensor<2, Int> {
    let values: Vec<i32> = rows.iter().flatten().map(|id| *id as i32).collect();
    Tensor::from_data(TensorData::new(values, [rows.len(), rows[0].len()]), &Device::flex())
}

/// `[n, l, vocabulary]`, flat.
fn logits(model: &CausalTransformer, rows: &[Vec<u32>]) -> Vec<f64> {
    let hidden = model.hidden(tensor(rows));
    let [n, length, width] = hidden.dims();
    host(model.logits(hidden.reshape([n * length, width])))
}

#[test]
fn logits_of_the_fixtures_by_the_full_pass_are_those_recorded() {
    for case in models().cases {
        let want = array(&case.outputs["logits"]).expect("logits").data;
        CLOSE.check(&case.name, &logits(&model_of(&case), &rows(&case, "input_ids")), &want);
    }
}

#[test]
fn logits_of_the_fixtures_by_the_cache_are_those_recorded() {
    for case in models().cases {
        let model = model_of(&case);
        let rows = rows(&case, "input_ids");
        let (n, length) = (rows.len(), rows[0].len());
        let want = array(&case.outputs["logits"]).expect("logits").data;
        let vocabulary = want.len() / (n * length);
        // Rows start with contexts of different lengths and are read to the end together.
        let contexts: Vec<&[u32]> = rows.iter().enumerate().map(|(i, row)| &row[..=i % 3]).collect();
        let (mut cache, mut got) = model.prefill(&contexts, length, &Device::flex()).expect("fits");
        let mut at: Vec<usize> = contexts.iter().map(|context| context.len() - 1).collect();
        let mut live: Vec<usize> = (0..n).collect();
        loop {
            for (row, got) in live.iter().zip(host(got).chunks_exact(vocabulary)) {
                let start = (row * length + at[*row]) * vocabulary;
                CLOSE.check(&case.name, got, &want[start..start + vocabulary]);
            }
            let before = live.clone();
            live.retain(|row| at[*row] + 1 < length);
            if live.is_empty() {
                break;
            }
            let kept: Vec<usize> = (0..before.len()).filter(|i| live.contains(&before[*i])).collect();
            for row in &live {
                at[*row] += 1;
            }
            let tokens: Vec<u32> = live.iter().map(|row| rows[*row][at[*row]]).collect();
            got = model.decode(&mut cache, &kept, &tokens).expect("room");
        }
    }
}

#[test]
fn hidden_states_of_the_fixtures_are_those_recorded() {
    for case in models().cases {
        let model = model_of(&case);
        let input = tensor(&rows(&case, "input_ids")[..1]);
        // The embedding, then the stream after each block; the last one recorded is after the final norm.
        let mut states = vec![host(model.trunk.embed(input.clone()))];
        states.extend(model.hidden_states(input.clone()).into_iter().map(host));
        *states.last_mut().expect("the embedding at least") = host(model.hidden(input));
        let want = case.outputs["hidden_states_row0"].as_array().expect("a list");
        assert_eq!(want.len(), states.len(), "{}: layers", case.name);
        for (layer, (got, want)) in states.iter().zip(want).enumerate() {
            let want = array(want).expect("an array").data;
            CLOSE.check(&format!("{}, hidden state {layer}", case.name), got, &want);
        }
    }
}

#[test]
fn token_log_probs_of_the_fixtures_are_those_recorded() {
    for case in models().cases {
        let model = model_of(&case);
        let rows = rows(&case, "input_ids");
        let length = rows[0].len();
        let hidden = model.hidden(tensor(&rows));
        let width = hidden.dims()[2];
        let hidden = hidden.narrow(1, 0, length - 1).reshape([rows.len() * (length - 1), width]);
        let next: Vec<i32> = rows.iter().flat_map(|row| &row[1..]).map(|id| *id as i32).collect();
        let next = Tensor::<1, Int>::from_ints(next.as_slice(), &Device::flex());
        let got = crate::fused::token_log_probs(model.logits(hidden), next);
        let want = array(&case.outputs["token_log_probs"]).expect("log-probabilities").data;
        CLOSE.check(&case.name, &host(got), &want);
    }
}

#[test]
fn greedy_tokens_of_the_fixtures_by_both_ways_are_those_recorded() {
    for case in models().cases {
        let model = model_of(&case);
        let prompts = rows(&case, "greedy_prompt_ids");
        let count = case.inputs["greedy_new_tokens"].as_u64().expect("a count") as usize;
        let want = array(&case.outputs["greedy_ids"]).expect("ids");
        let want: Vec<Vec<u32>> = want.rows().map(|r| r.iter().map(|id| *id as u32).collect()).collect();
        let largest = |logits: Vec<f64>, vocabulary: usize| -> Vec<u32> {
            let logits: Vec<f32> = logits.into_iter().map(|x| x as f32).collect();
            logits.chunks_exact(vocabulary).map(greedy_action).collect()
        };
        let vocabulary = model.vocabulary();
        let mut full = prompts.clone();
        for _ in 0..count {
            let length = full[0].len();
            let all = largest(logits(&model, &full), vocabulary);
            full.iter_mut().enumerate().for_each(|(row, ids)| ids.push(all[(row + 1) * length - 1]));
        }
        assert_eq!(full, want, "{}: full forward pass", case.name);
        let mut cached = prompts.clone();
        let contexts: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
        let (mut cache, mut last) = model.prefill(&contexts, count, &Device::flex()).expect("fits");
        let order: Vec<usize> = (0..prompts.len()).collect();
        for step in 1..=count {
            let tokens = largest(host(last.clone()), vocabulary);
            cached.iter_mut().zip(&tokens).for_each(|(ids, token)| ids.push(*token));
            if step < count {
                last = model.decode(&mut cache, &order, &tokens).expect("room");
            }
        }
        assert_eq!(cached, want, "{}: key/value cache", case.name);
    }
}

#[test]
fn nothing_in_the_configurations_of_the_fixtures_is_left_unread() {
    for case in models().cases {
        let config = PretrainedConfig::from_bytes(&files(&case).0).expect("readable");
        assert_eq!(config.not_understood, [""; 0], "{}", case.name);
    }
}

#[test]
fn an_exported_model_of_the_fixtures_has_the_same_tensors_and_bits() {
    for case in models().cases {
        let (config, weights) = files(&case);
        let exported =
            export_pretrained(&load(&config, &weights).expect("readable")).expect("its own family");
        let before = SafeTensors::deserialize(&weights).expect("whole");
        let after = SafeTensors::deserialize(&exported.weights).expect("whole");
        let list = |file: &SafeTensors<'_>| {
            let mut all: Vec<(String, Vec<usize>, Vec<u8>)> = file
                .tensors()
                .into_iter()
                .map(|(name, view)| (name, view.shape().to_vec(), view.data().to_vec()))
                .collect();
            all.sort();
            all
        };
        assert_eq!(list(&before), list(&after), "{}", case.name);
        let read = |bytes: &[u8]| PretrainedConfig::from_bytes(bytes).expect("readable");
        let (before, after) = (read(&config), read(&exported.config));
        assert_eq!(before.architecture, after.architecture, "{}", case.name);
        let sizes = |c: &PretrainedConfig| (c.network.head_layout(), c.network.hidden_width(), c.vocabulary);
        assert_eq!(sizes(&before), sizes(&after), "{}", case.name);
    }
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

#[test]
fn a_model_survives_export_and_import_bit_for_bit_whatever_its_family_and_value_function() {
    for family in 0..families().len() {
        for value in [ValueKind::None, ValueKind::Head, ValueKind::DetachedHead, ValueKind::Trunk] {
            let files = export_pretrained(&small(family, value, 3)).expect("a family");
            let policy = small(family, ValueKind::None, 3);
            let back = load(&files.config, &files.weights).expect("readable");
            assert_eq!(model_to_bytes(&back), model_to_bytes(&policy));
            assert_eq!(export_pretrained(&back).expect("a family"), files, "equal models, equal bytes");
            let config = PretrainedConfig::from_bytes(&files.config).expect("readable");
            assert_eq!(config.not_understood, [""; 0]);
            assert_eq!(config.network.norm, policy.config().norm);
            assert_eq!(config.network.positions, policy.config().positions);
        }
    }
}

#[test]
fn a_value_function_is_added_with_a_head_of_zeros_and_a_copy_of_the_trunk() {
    let files = export_pretrained(&small(1, ValueKind::None, 4)).expect("a family");
    let config = PretrainedConfig::from_bytes(&files.config).expect("readable");
    let weights = PretrainedWeights::single(&files.weights).expect("whole");
    let device = Device::flex().autodiff();
    let model = load_pretrained(&config, &weights, ValueKind::Trunk, &device).expect("fits");
    let features = model.hidden(tensor(&[vec![1, 5, 3]]));
    let features: Tensor<2> = features.squeeze_dim(0);
    let width = config.network.width;
    assert_eq!(
        host(features.clone().narrow(1, 0, width)),
        host(features.clone().narrow(1, width, width)),
        "the value function starts from the policy's features"
    );
    assert_eq!(host(model.values(features)), [0.0; 3]);
    assert!(model.devices().iter().all(Device::is_autodiff));
}

#[test]
fn parts_that_no_family_has_together_are_refused() {
    let gpt2 = families().pop().expect("the last of them");
    let mixed = [
        TransformerConfig { positions: Positions::Learned, ..families()[0].clone() },
        TransformerConfig { feed_forward: FeedForward::Gelu, ..families()[0].clone() },
        TransformerConfig { kv_heads: Some(2), ..gpt2.clone() },
        TransformerConfig { head_dim: Some(4), ..gpt2.clone() },
        TransformerConfig { biases: Biases::Qkv, ..gpt2 },
    ];
    for config in mixed {
        let model = config.init(10, 1, &Device::flex()).expect("a network");
        assert_eq!(export_pretrained(&model), Err(PretrainedError::NoFamily), "{config:?}");
    }
}

/// The tensors of a file with some changes, as a new file.
fn rewritten(
    bytes: &[u8],
    change: impl Fn(&str, &TensorView<'_>) -> Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
) -> Vec<u8> {
    let file = SafeTensors::deserialize(bytes).expect("whole");
    let changed: Vec<_> = file.tensors().iter().flat_map(|(name, view)| change(name, view)).collect();
    let views = changed.iter().map(|(name, dtype, shape, data)| {
        (name.as_str(), TensorView::new(*dtype, shape.clone(), data).expect("as many bytes as numbers"))
    });
    safetensors::serialize(views, None).expect("serialises")
}

fn same(name: &str, view: &TensorView<'_>) -> (String, Dtype, Vec<usize>, Vec<u8>) {
    (name.to_owned(), view.dtype(), view.shape().to_vec(), view.data().to_vec())
}

/// A number at half precision: its bytes, and its value.
fn half(dtype: Dtype, x: f32) -> ([u8; 2], f32) {
    match dtype {
        Dtype::F16 => (f16::from_f32(x).to_le_bytes(), f16::from_f32(x).to_f32()),
        _ => (bf16::from_f32(x).to_le_bytes(), bf16::from_f32(x).to_f32()),
    }
}

#[test]
fn half_precision_files_are_read_without_rounding() {
    let files = export_pretrained(&small(0, ValueKind::None, 5)).expect("a family");
    for dtype in [Dtype::F16, Dtype::BF16] {
        let numbers = |view: &TensorView<'_>| -> Vec<([u8; 2], f32)> {
            let floats = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            floats.map(|x| half(dtype, x)).collect()
        };
        let short = rewritten(&files.weights, |name, view| {
            let data = numbers(view).into_iter().flat_map(|(bytes, _)| bytes).collect();
            vec![(name.to_owned(), dtype, view.shape().to_vec(), data)]
        });
        let rounded = rewritten(&files.weights, |name, view| {
            let data = numbers(view).into_iter().flat_map(|(_, value)| value.to_le_bytes()).collect();
            vec![(name.to_owned(), Dtype::F32, view.shape().to_vec(), data)]
        });
        let (short, rounded) = (load(&files.config, &short), load(&files.config, &rounded));
        assert_eq!(
            model_to_bytes(&short.expect("fits")),
            model_to_bytes(&rounded.expect("fits")),
            "{dtype:?}"
        );
    }
}

#[test]
fn every_tensor_that_does_not_fit_is_named() {
    let files = export_pretrained(&small(0, ValueKind::None, 6)).expect("a family");
    let broken = rewritten(&files.weights, |name, view| match name {
        "model.norm.weight" => vec![],
        "lm_head.weight" => vec![(name.to_owned(), Dtype::F32, vec![8, 10], view.data().to_vec())],
        "model.layers.0.input_layernorm.weight" => {
            vec![
                (name.to_owned(), Dtype::I32, vec![8], view.data().to_vec()),
                ("extra".to_owned(), Dtype::F32, vec![8], view.data().to_vec()),
            ]
        }
        _ => vec![same(name, view)],
    });
    let Err(PretrainedError::Tensors { problems }) = load(&files.config, &broken) else {
        panic!("the weights do not fit");
    };
    let name = |text: &str| text.to_owned();
    assert_eq!(
        problems,
        [
            TensorProblem::Missing { name: name("model.norm.weight") },
            TensorProblem::Unexpected { name: name("extra") },
            TensorProblem::Shape { name: name("lm_head.weight"), expected: vec![10, 8], found: vec![8, 10] },
            TensorProblem::NumberType {
                name: name("model.layers.0.input_layernorm.weight"),
                found: name("I32")
            },
        ]
    );
    let text = PretrainedError::Tensors { problems }.to_string();
    for word in ["model.norm.weight", "extra", "[8, 10], not [10, 8]", "I32"] {
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn an_output_matrix_beside_tied_embeddings_must_equal_them() {
    let files = export_pretrained(&small(1, ValueKind::None, 7)).expect("a family");
    let with_output = |change: u8| {
        rewritten(&files.weights, |name, view| {
            let mut all = vec![same(name, view)];
            if name == "model.embed_tokens.weight" {
                let mut output = same("lm_head.weight", view);
                output.3[0] ^= change;
                all.push(output);
            }
            all
        })
    };
    let plain = load(&files.config, &files.weights).expect("fits");
    let repeated = load(&files.config, &with_output(0)).expect("fits");
    assert_eq!(model_to_bytes(&plain), model_to_bytes(&repeated));
    let problems = vec![TensorProblem::Untied { name: "lm_head.weight".to_owned() }];
    assert_eq!(
        load(&files.config, &with_output(1)).map(|_| ()).expect_err("another matrix"),
        PretrainedError::Tensors { problems }
    );
}

#[test]
fn published_gpt2_files_have_no_prefix_and_constants_besides() {
    let files = export_pretrained(&small(5, ValueKind::None, 8)).expect("a family");
    let published = rewritten(&files.weights, |name, view| {
        let mut renamed = same(name, view);
        renamed.0 = name.strip_prefix("transformer.").expect("prefixed").to_owned();
        let mut all = vec![renamed];
        if name == "transformer.wte.weight" {
            all.push(("h.1.attn.bias".to_owned(), Dtype::F32, vec![1], vec![0; 4]));
            all.push(("h.1.attn.masked_bias".to_owned(), Dtype::F32, vec![1], vec![0; 4]));
        }
        all
    });
    let (plain, published) = (load(&files.config, &files.weights), load(&files.config, &published));
    assert_eq!(model_to_bytes(&plain.expect("fits")), model_to_bytes(&published.expect("fits")));
}

/// A file's tensors in two shards, with an index.
fn shards(bytes: &[u8]) -> (Value, [Vec<u8>; 2]) {
    let first = |name: &str| name.len().is_multiple_of(2);
    let part = |which: bool| {
        rewritten(bytes, |name, view| if first(name) == which { vec![same(name, view)] } else { vec![] })
    };
    let file = SafeTensors::deserialize(bytes).expect("whole");
    let map: serde_json::Map<String, Value> = file
        .names()
        .into_iter()
        .map(|name| (name.to_owned(), json!(if first(name) { "a.safetensors" } else { "b.safetensors" })))
        .collect();
    (json!({"metadata": {"total_size": 1}, "weight_map": map}), [part(true), part(false)])
}

#[test]
fn shards_make_the_same_model_and_must_match_their_index() {
    let files = export_pretrained(&small(0, ValueKind::None, 9)).expect("a family");
    let config = PretrainedConfig::from_bytes(&files.config).expect("readable");
    let (index, [a, b]) = shards(&files.weights);
    let bytes = index.to_string().into_bytes();
    let given = [("a.safetensors", a.as_slice()), ("b.safetensors", b.as_slice())];
    let weights = PretrainedWeights::sharded(&bytes, &given).expect("matches");
    let model = load_pretrained(&config, &weights, ValueKind::None, &Device::flex()).expect("fits");
    let whole = load(&files.config, &files.weights).expect("fits");
    assert_eq!(model_to_bytes(&model), model_to_bytes(&whole));

    let refused = |index: &[u8], given: &[(&str, &[u8])]| {
        PretrainedWeights::sharded(index, given).map(|_| ()).expect_err("differs")
    };
    assert!(matches!(refused(&bytes, &given[..1]), PretrainedError::Shards { .. }));
    assert!(matches!(refused(&bytes, &[given[0], given[0]]), PretrainedError::Shards { .. }));
    let swapped = [("a.safetensors", b.as_slice()), ("b.safetensors", a.as_slice())];
    assert!(matches!(refused(&bytes, &swapped), PretrainedError::Shards { .. }));
    assert!(matches!(refused(b"{}", &given), PretrainedError::Shards { .. }));
    assert!(matches!(refused(b"{", &given), PretrainedError::Json { .. }));
    assert!(matches!(
        refused(&bytes, &[("a.safetensors", &a[..a.len() - 1]), given[1]]),
        PretrainedError::Damaged { file, .. } if file == "a.safetensors"
    ));
}

fn llama_config() -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 10, "hidden_size": 8,
        "intermediate_size": 5, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
        "max_position_embeddings": 16, "rms_norm_eps": 1e-5, "hidden_act": "silu", "rope_theta": 500.0
    })
}

/// The configuration with one key set.
fn config_with(base: &Value, key: &str, value: Value) -> Result<PretrainedConfig, PretrainedError> {
    let mut config = base.clone();
    config[key] = value;
    PretrainedConfig::from_bytes(config.to_string().as_bytes())
}

#[test]
fn both_ways_to_write_the_rotary_base_are_read() {
    let theta = |config: PretrainedConfig| match config.network.positions {
        Positions::Rotary { theta } => theta,
        Positions::Learned => panic!("Llama rotates"),
    };
    let mut base = llama_config();
    assert_eq!(theta(config_with(&base, "x", Value::Null).expect("valid")), 500.0);
    base.as_object_mut().expect("a table").remove("rope_theta");
    assert_eq!(theta(config_with(&base, "x", Value::Null).expect("valid")), 10_000.0);
    let nested = json!({"rope_theta": 70.0, "rope_type": "default"});
    assert_eq!(theta(config_with(&base, "rope_parameters", nested.clone()).expect("valid")), 70.0);
    base["rope_theta"] = json!(70);
    assert_eq!(theta(config_with(&base, "rope_parameters", nested.clone()).expect("valid")), 70.0);
    base["rope_theta"] = json!(71);
    assert!(matches!(config_with(&base, "rope_parameters", nested), Err(PretrainedError::Value { .. })));
}

#[test]
fn what_would_change_the_function_is_refused_by_name() {
    let llama = llama_config();
    let qwen2 = {
        let mut config = llama.clone();
        config["architectures"] = json!(["Qwen2ForCausalLM"]);
        config["model_type"] = json!("qwen2");
        config
    };
    let gpt2 = json!({
        "model_type": "gpt2", "vocab_size": 10, "n_embd": 8, "n_head": 2, "n_layer": 1, "n_positions": 16
    });
    let cases = [
        (&llama, "rope_scaling", json!({"rope_type": "llama3", "factor": 8.0}), "rope_scaling."),
        (&llama, "rope_scaling", json!({"type": "linear", "factor": 2.0}), "rope_scaling."),
        (
            &llama,
            "rope_parameters",
            json!({"rope_type": "yarn", "rope_theta": 500.0}),
            "rope_parameters.rope_type",
        ),
        (&llama, "rope_parameters", json!({"partial_rotary_factor": 0.5}), "rope_parameters.partial"),
        (&llama, "partial_rotary_factor", json!(0.5), "partial_rotary_factor"),
        (&llama, "sliding_window", json!(4096), "sliding_window"),
        (&llama, "mlp_bias", json!(true), "mlp_bias"),
        (&llama, "hidden_act", json!("gelu"), "hidden_act"),
        (&llama, "quantization_config", json!({"bits": 4}), "quantization_config"),
        (&llama, "auto_map", json!({"AutoModel": "x.Y"}), "auto_map"),
        (&qwen2, "use_sliding_window", json!(true), "use_sliding_window"),
        (&qwen2, "layer_types", json!(["sliding_attention", "full_attention"]), "layer_types"),
        (&gpt2, "activation_function", json!("relu"), "activation_function"),
        (&gpt2, "scale_attn_weights", json!(false), "scale_attn_weights"),
        (&gpt2, "scale_attn_by_inverse_layer_idx", json!(true), "scale_attn_by_inverse_layer_idx"),
        (&gpt2, "add_cross_attention", json!(true), "add_cross_attention"),
    ];
    for (base, key, value, named) in cases {
        config_with(base, "x", Value::Null).expect("the base is valid");
        match config_with(base, key, value) {
            Err(PretrainedError::Unsupported { key, .. }) => assert!(key.starts_with(named), "{key}"),
            other => panic!("{key}: {other:?}"),
        }
    }
    assert!(config_with(&qwen2, "sliding_window", json!(4096)).is_ok(), "a window that is not used");
}

#[test]
fn other_architectures_and_senseless_sizes_are_refused() {
    let base = llama_config();
    for (key, value) in [
        ("model_type", json!("mamba")),
        ("architectures", json!(["LlamaForSequenceClassification"])),
        ("architectures", json!("LlamaForCausalLM")),
        ("model_type", json!("gpt2")),
    ] {
        let refused = config_with(&base, key, value).expect_err(key);
        assert!(matches!(refused, PretrainedError::Architecture { .. }), "{refused}");
    }
    for value in [json!(0), json!(-1), json!(1.5), json!("8"), json!(1u64 << 40), json!([])] {
        let refused = config_with(&base, "hidden_size", value).expect_err("not a size");
        assert!(matches!(refused, PretrainedError::Value { .. }), "{refused}");
    }
    assert!(matches!(
        config_with(&base, "hidden_size", Value::Null),
        Err(PretrainedError::MissingKey { key }) if key == "hidden_size"
    ));
    assert!(matches!(
        config_with(&base, "num_key_value_heads", json!(3)),
        Err(PretrainedError::Policy(PolicyError::Config { field: "kv-heads", .. }))
    ));
    assert!(matches!(config_with(&base, "rms_norm_eps", json!(0.0)), Err(PretrainedError::Value { .. })));
}

#[test]
fn a_key_that_is_not_understood_is_shown() {
    let config = config_with(&llama_config(), "attention_sink_tokens", json!(4)).expect("valid");
    assert_eq!(config.not_understood, ["attention_sink_tokens"]);
}

fn any_json() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..40).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z2]{0,6}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["full_attention", 3])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_mutated_configuration_never_panics_and_never_loads_other_shapes(
        picks in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4), family in 0usize..7,
    ) {
        let files = export_pretrained(&small(family, ValueKind::None, 1)).expect("a family");
        let mut config: Value = serde_json::from_slice(&files.config).expect("JSON");
        let keys: Vec<String> = config.as_object().expect("a table").keys().cloned().collect();
        for (pick, value) in picks {
            let key: &String = pick.get(&keys);
            config[key.as_str()] = value;
        }
        // The file bounds the sizes: a configuration that asks for more is refused before anything is made.
        // Positions are not in the file of a model that rotates; keep their tables small here.
        let positions = config["max_position_embeddings"].as_u64().unwrap_or(0);
        prop_assume!(positions < 1 << 16);
        if let Ok(model) = load(config.to_string().as_bytes(), &files.weights) {
            prop_assert_eq!(model.num_params(), small(family, ValueKind::None, 1).num_params());
        }
    }

    #[test]
    fn truncated_weights_are_an_error(fraction in 0.0f64..1.0, family in 0usize..7) {
        let files = export_pretrained(&small(family, ValueKind::None, 1)).expect("a family");
        let cut = &files.weights[..(files.weights.len() as f64 * fraction) as usize];
        let damaged = matches!(load(&files.config, cut), Err(PretrainedError::Damaged { .. }));
        prop_assert!(damaged);
    }

    #[test]
    fn a_changed_byte_of_the_header_never_panics(at in 0usize..2000, byte: u8, family in 0usize..7) {
        let mut files = export_pretrained(&small(family, ValueKind::None, 1)).expect("a family");
        let at = at % files.weights.len();
        files.weights[at] = byte;
        let _ = load(&files.config, &files.weights);
    }

    #[test]
    fn random_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(PretrainedWeights::single(&bytes).is_err());
        prop_assert!(PretrainedConfig::from_bytes(&bytes).is_err());
    }
}
