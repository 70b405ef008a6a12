use milepost_testkit::{
    fixtures,
    golden::{Case, Golden},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn recorded() -> Vec<Case> {
    Golden::read("tiny_transformers.json.gz").expect("golden file").section("tokenizers").cases.clone()
}

fn file_of(case: &Case) -> String {
    let file = case.inputs["file"].as_str().expect("a path");
    fixtures::text(&format!("golden/{file}")).expect("tokenizer file")
}

fn read(value: &Value) -> Result<Tokenizer, TokenizerError> {
    Tokenizer::from_bytes(value.to_string().as_bytes())
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().expect("ids").iter().map(|id| id.as_u64().expect("an id") as u32).collect()
}

fn offsets(value: &Value) -> Vec<(usize, usize)> {
    let pairs = value.as_array().expect("offsets").iter().map(ids);
    pairs.map(|pair| (pair[0] as usize, pair[1] as usize)).collect()
}

#[test]
fn encodings_decodings_and_offsets_of_the_fixtures_are_those_recorded() {
    for case in recorded() {
        let tokenizer = Tokenizer::from_bytes(file_of(&case).as_bytes()).expect("valid file");
        let name = &case.name;
        assert_eq!(json!(tokenizer.vocabulary()), case.outputs["vocab_size"], "{name}");
        let encodings = case.outputs["encodings"].as_array().expect("encodings");
        assert!(!encodings.is_empty(), "{name}");
        for want in encodings {
            let text = want["text"].as_str().expect("a text");
            let got = tokenizer.encode(text, true).expect("encodes");
            assert_eq!(got.ids, ids(&want["ids"]), "{name}: {text:?}");
            assert_eq!(json!(got.tokens), want["tokens"], "{name}: {text:?}");
            assert_eq!(got.offsets, offsets(&want["offsets"]), "{name}: {text:?}");
            let plain = tokenizer.encode(text, false).expect("encodes");
            assert_eq!(plain.ids, ids(&want["ids_without_special"]), "{name}: {text:?}");
            assert_eq!(json!(tokenizer.decode(&got.ids, true).expect("decodes")), want["decoded"], "{name}");
            let kept = tokenizer.decode(&got.ids, false).expect("decodes");
            assert_eq!(json!(kept), want["decoded_keep_special"], "{name}: {text:?}");
        }
        let pair = &case.outputs["pair"];
        let texts: Vec<&str> =
            pair["texts"].as_array().expect("texts").iter().filter_map(Value::as_str).collect();
        let got = tokenizer.encode_pair(texts[0], texts[1], true).expect("encodes");
        assert_eq!((got.ids, got.type_ids), (ids(&pair["ids"]), ids(&pair["type_ids"])), "{name}");
    }
}

#[test]
fn a_tokenizer_of_the_fixtures_fits_models_with_a_logit_for_each_id() {
    for case in recorded() {
        let tokenizer = Tokenizer::from_bytes(file_of(&case).as_bytes()).expect("valid file");
        let Err(TokenizerError::TooManyIds { largest, .. }) = tokenizer.check_vocabulary(0) else {
            panic!("{}: a model without logits fits no tokenizer", case.name);
        };
        assert!(tokenizer.token(largest).is_some() && tokenizer.token(largest + 1).is_none());
        assert_eq!(tokenizer.check_vocabulary(largest as usize + 1), Ok(()));
        assert!(tokenizer.check_vocabulary(largest as usize).is_err());
    }
}

/// A byte-level tokenizer that knows "a", "b", "ab" and one added token, in a template.
fn small() -> Value {
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [{
            "id": 3, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true
        }],
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]}}
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
            "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]
        }
    })
}

/// The small tokenizer with the value at a JSON pointer replaced.
fn with(pointer: &str, value: Value) -> Value {
    let mut file = small();
    *file.pointer_mut(pointer).expect("a field of the file") = value;
    file
}

#[test]
fn merges_are_applied_in_order_and_the_template_only_on_request() {
    let tokenizer = read(&small()).expect("valid");
    assert_eq!(tokenizer.encode("aab", false).expect("encodes").ids, [0, 2]);
    assert_eq!(tokenizer.encode("aab", true).expect("encodes").ids, [3, 0, 2]);
    assert_eq!(tokenizer.encode("a<s>b", false).expect("encodes").ids, [0, 3, 1]);
    assert_eq!(tokenizer.encode_pair("a", "b", true).expect("encodes").type_ids, [0, 1]);
    assert_eq!((tokenizer.id("ab"), tokenizer.token(3).as_deref()), (Some(2), Some("<s>")));
}

#[test]
fn merges_of_the_older_format_are_read_too() {
    let tokenizer = read(&with("/model/merges", json!(["#version: 0.2", "a b"]))).expect("valid");
    assert_eq!(tokenizer.encode("ab", false).expect("encodes").ids, [2]);
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    let refused = |pointer: &str, value: Value| read(&with(pointer, value)).expect_err(pointer);
    assert!(matches!(refused("/model/merges", Value::Null), TokenizerError::Malformed { .. }));
    assert!(matches!(
        refused("/model/merges", json!([["a", "x"]])),
        TokenizerError::Merge { rank: 0, missing, .. } if missing == "x"
    ));
    assert!(matches!(
        refused("/model/merges", json!([["a", "b"], ["ab", "ab"]])),
        TokenizerError::Merge { rank: 1, missing, .. } if missing == "abab"
    ));
    assert!(matches!(refused("/model/merges", json!([["a"]])), TokenizerError::Malformed { .. }));
    assert!(matches!(refused("/model/dropout", json!(0.1)), TokenizerError::Random { .. }));
    assert!(matches!(refused("/model/unk_token", json!("?")), TokenizerError::UnknownToken { .. }));
    assert!(matches!(
        refused("/model/continuing_subword_prefix", json!("##")),
        TokenizerError::Malformed { .. }
    ));
    assert!(matches!(
        refused("/post_processor/special_tokens", json!({})),
        TokenizerError::Template { template: "single", .. }
    ));
    assert!(matches!(
        refused("/post_processor/single", json!([{"Sequence": {"id": "B", "type_id": 0}}])),
        TokenizerError::Template { template: "single", .. }
    ));
    assert!(matches!(
        refused("/added_tokens/0/id", json!(7)),
        TokenizerError::AddedToken { listed: 7, found: Some(3), .. }
    ));
    assert!(matches!(refused("/pre_tokenizer/type", json!("Telepathy")), TokenizerError::Malformed { .. }));
    assert!(matches!(refused("/model/type", json!("Telepathy")), TokenizerError::Malformed { .. }));
    assert!(matches!(
        read(&small()).expect("valid").decode(&[0, 9], false),
        Err(TokenizerError::UnknownId { id: 9, vocabulary: 4 })
    ));
}

#[test]
fn a_failure_inside_the_library_is_an_error() {
    let empty = json!({"type": "Replace", "pattern": {"String": ""}, "content": "b"});
    let tokenizer = read(&with("/normalizer", empty)).expect("a file that the library reads");
    assert!(matches!(tokenizer.encode("a", true), Err(TokenizerError::Text { .. })));
}

/// Every value of the document, by JSON pointer.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                pointers(inner, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), all);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                pointers(inner, &format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    const WORDS: [&str; 13] =
        ["", "a", "b", "x", "<s>", "é", "BPE", "ByteLevel", "Metaspace", "Sequence", "WordPiece", "A", "B"];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2i64..6).prop_map(Value::from),
        prop::sample::select(WORDS.as_slice()).prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([["b", "a"]])),
        Just(json!({"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "split": true})),
        Just(json!({"type": "Replace", "pattern": {"String": ""}, "content": "b"})),
        Just(json!({"direction": "Right", "max_length": 1, "strategy": "LongestFirst", "stride": 0})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn a_mutated_file_is_refused_or_works_without_panic(
        picks in prop::collection::vec((any::<prop::sample::Index>(), any_value()), 1..3), text in "[ab <s>é_]{0,12}",
    ) {
        let mut file = small();
        for (pick, value) in picks {
            let mut all = Vec::new();
            pointers(&file, "", &mut all);
            let pointer: &String = pick.get(&all);
            *file.pointer_mut(pointer).expect("its own pointer") = value;
        }
        if let Ok(tokenizer) = read(&file) {
            let encoding = tokenizer.encode(&text, true);
            let _ = tokenizer.encode_pair(&text, &text, true);
            if let Ok(encoding) = encoding {
                let _ = tokenizer.decode(&encoding.ids, true);
            }
        }
    }

    #[test]
    fn a_truncated_file_is_an_error(fraction in 0.0f64..1.0) {
        let text = small().to_string();
        let cut = (text.len() as f64 * fraction) as usize;
        prop_assert!(Tokenizer::from_bytes(&text.as_bytes()[..cut]).is_err());
    }

    #[test]
    fn random_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(Tokenizer::from_bytes(&bytes).is_err());
    }

    #[test]
    fn decoding_undoes_encoding_of_covered_text(text in "[ab ]{0,40}") {
        let vocabulary = json!({"a": 0, "b": 1, "ab": 2, "<s>": 3, "Ġ": 4, "Ġa": 5});
        let tokenizer = read(&with("/model/vocab", vocabulary)).expect("valid");
        let ids = tokenizer.encode(&text, false).expect("encodes").ids;
        prop_assert_eq!(&tokenizer.decode(&ids, false).expect("decodes"), &text);
    }
}
