use super::*;

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
