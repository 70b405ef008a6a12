use super::*;

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
        (&llama, "rope_interleaved", json!(true), "rope_interleaved"),
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
    assert!(config_with(&llama, "partial_rotary_factor", json!(1)).is_ok(), "1 is 1.0");
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
