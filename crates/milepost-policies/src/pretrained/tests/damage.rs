use super::*;

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
