//! Laws of the schemas, checked with as much of JSON Schema as they use.

use serde_json::Value;

use super::*;
use crate::config::{AnyExperiment, builtin_experiments, parse_any};

/// Why `value` does not fit `schema`. Knows every keyword that the schemas use, and no other.
fn misfit(schema: &Value, value: &Value, root: &Value) -> Option<String> {
    let Value::Object(keywords) = schema else {
        return (schema == &Value::Bool(false)).then(|| format!("{value} is not wanted"));
    };
    keywords.iter().find_map(|(keyword, wanted)| {
        let say = |fits: bool| (!fits).then(|| format!("{value}: not {keyword} {wanted}"));
        match keyword.as_str() {
            "type" => say(is_of(wanted, value)),
            "const" => say(value == wanted),
            "enum" => say(wanted.as_array().is_some_and(|list| list.contains(value))),
            "minimum" => say(value.as_f64().is_none_or(|number| Some(number) >= wanted.as_f64())),
            "maximum" => say(value.as_f64().is_none_or(|number| Some(number) <= wanted.as_f64())),
            "minItems" => {
                say(value.as_array().is_none_or(|list| list.len() as u64 >= wanted.as_u64().unwrap_or(0)))
            }
            "maxItems" => say(value.as_array().is_none_or(|list| Some(list.len() as u64) <= wanted.as_u64())),
            "minProperties" => {
                say(value.as_object().is_none_or(|map| map.len() as u64 >= wanted.as_u64().unwrap_or(0)))
            }
            "required" => {
                let names = wanted.as_array().into_iter().flatten().filter_map(Value::as_str);
                names.map(|name| say(value.get(name).is_some())).find_map(|said| said)
            }
            "$ref" => {
                let name = wanted.as_str().and_then(|path| path.strip_prefix(layered::DEFINITIONS));
                misfit(&root["definitions"][name.expect("a definition")], value, root)
            }
            "anyOf" => {
                let variants = wanted.as_array().expect("a list");
                let misfits: Vec<String> = variants.iter().map_while(|v| misfit(v, value, root)).collect();
                (misfits.len() == variants.len()).then(|| misfits.join("; "))
            }
            "allOf" => wanted.as_array().expect("a list").iter().find_map(|v| misfit(v, value, root)),
            "items" => match wanted {
                Value::Array(each) => {
                    let pairs = value.as_array().into_iter().flatten().zip(each);
                    pairs.map(|(item, schema)| misfit(schema, item, root)).find_map(|said| said)
                }
                _ => value.as_array().into_iter().flatten().find_map(|item| misfit(wanted, item, root)),
            },
            "properties" => value.as_object().into_iter().flatten().find_map(|(key, value)| {
                misfit(wanted.get(key)?, value, root).map(|said| format!("{key}: {said}"))
            }),
            "additionalProperties" => {
                let known = keywords.get("properties").and_then(Value::as_object);
                let others = value.as_object().into_iter().flatten();
                let mut others =
                    others.filter(|(key, _)| !known.is_some_and(|known| known.contains_key(*key)));
                others
                    .find_map(|(key, value)| misfit(wanted, value, root).map(|said| format!("{key}: {said}")))
            }
            "propertyNames" => {
                let mut names = value.as_object().into_iter().flat_map(Map::keys);
                assert_eq!(wanted["pattern"], FILE_NAME);
                names.find(|name| !super::super::resolved::is_file_name(name)).cloned()
            }
            "title" | "description" | "default" | "format" | "definitions" | "$schema" => None,
            other => panic!("the check does not know the keyword `{other}`"),
        }
    })
}

fn is_of(wanted: &Value, value: &Value) -> bool {
    if let Value::Array(several) = wanted {
        return several.iter().any(|wanted| is_of(wanted, value));
    }
    match wanted.as_str().expect("a name") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        // TOML's infinity is JSON's null.
        "number" => value.is_number() || value.is_null(),
        other => panic!("the check does not know the type `{other}`"),
    }
}

fn read(kind: &str) -> Value {
    serde_json::from_str(&schema(kind).expect("a kind")).expect("JSON")
}

fn json(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().expect("TOML")).expect("JSON")
}

/// Every built-in experiment with the schema of its kind.
fn shipped() -> Vec<(&'static str, &'static str, AnyExperiment, Value)> {
    let roots = KINDS.map(read);
    let file = |(name, text)| {
        let experiment = parse_any(name, text).expect("shipped files are valid");
        let kind = KINDS.iter().position(|kind| *kind == experiment.kind()).expect("known");
        (name, text, experiment, roots[kind].clone())
    };
    builtin_experiments().map(file).collect()
}

#[test]
fn every_shipped_file_fits_as_written_and_as_resolved() {
    for (name, text, experiment, root) in shipped() {
        assert_eq!(misfit(&root, &json(text), &root), None, "{name}");
        let resolved = experiment.to_toml().expect("writes");
        assert_eq!(misfit(&root, &json(&resolved), &root), None, "{name}, resolved");
    }
}

/// Calls `look` with the value after adding an unknown key to each of its tables in turn, and where.
fn with_a_stray_key(value: &Value, look: &mut dyn FnMut(&Value, &str)) {
    fn places(value: &Value, path: &str, out: &mut Vec<String>) {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(map) => {
                out.push(path.to_owned());
                map.iter().map(|(key, value)| (key.clone(), value)).collect()
            }
            Value::Array(list) => list.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
            _ => Vec::new(),
        };
        for (key, child) in children {
            places(child, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), out);
        }
    }
    let mut paths = Vec::new();
    places(value, "", &mut paths);
    for path in paths {
        let mut changed = value.clone();
        let table = changed.pointer_mut(&path).and_then(Value::as_object_mut).expect("a table");
        table.insert("no-such-key".into(), Value::String("x".into()));
        look(&changed, &path);
    }
}

#[test]
fn an_unknown_key_is_refused_in_every_table_of_every_shipped_file() {
    let mut tables = 0;
    for (name, text, _, root) in shipped() {
        with_a_stray_key(&json(text), &mut |changed, path| {
            assert!(misfit(&root, changed, &root).is_some(), "{name}{path}");
            tables += 1;
        });
    }
    assert!(tables > 1000, "{tables} tables");
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    let root = read(TRAINING);
    let quickstart = builtin_experiments().find(|(name, _)| *name == "quickstart").expect("shipped").1;
    for (right, wrong) in [
        ("tasks = 100", "tasks = \"many\""),
        ("kind = \"mlp\"", "kind = \"mpl\""),
        ("primary = \"area-under-success\"", "primary = 1"),
        ("gamma = 0.99, lambda", "gamma = \"0.99\", lambda"),
        ("[scales.small]", "[scales.smal]"),
        ("[arms.sparse]", "[arms.\"a b\"]"),
        ("name = \"quickstart\"", ""),
    ] {
        let changed = quickstart.replacen(right, wrong, 1);
        assert!(changed != quickstart && misfit(&root, &json(&changed), &root).is_some(), "{wrong}");
    }
}

#[test]
fn the_committed_schemas_are_those_of_this_program() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
    for kind in KINDS {
        let committed = std::fs::read_to_string(folder.join(format!("{kind}.json"))).unwrap_or_default();
        assert!(
            committed == schema(kind).expect("a kind"),
            "docs/schema/{kind}.json is old: cargo xtask experiment --schema {kind} > docs/schema/{kind}.json"
        );
    }
}

#[test]
fn an_unknown_kind_is_refused_with_the_nearest() {
    assert!(schema("studdy").expect_err("unknown").to_string().contains("did you mean `study`"));
}
