//! From the schema of one value to that of one layer of it.

use serde_json::{Map, Value};

/// What a layer may leave out: nothing is required, any variant of a choice may be meant, and there is no null, which TOML
/// does not have. Keys that are not listed are refused.
pub(super) fn relax(schema: Value) -> Value {
    match schema {
        Value::Object(mut map) => {
            map.remove("required");
            if let Some(variants) = map.remove("oneOf") {
                map.insert("anyOf".into(), variants);
            }
            let mut map = below(map, relax);
            drop_null(&mut map);
            distribute(&mut map);
            if map.contains_key("properties") {
                map.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            Value::Object(map)
        }
        other => other,
    }
}

/// Applies `change` to the schemas directly below a schema, and not to its values and names.
fn below(map: Map<String, Value>, change: impl Fn(Value) -> Value) -> Map<String, Value> {
    let changed = |(key, value): (String, Value)| {
        let value = match (key.as_str(), value) {
            ("properties", Value::Object(keys)) => {
                Value::Object(keys.into_iter().map(|(name, schema)| (name, change(schema))).collect())
            }
            ("anyOf" | "items", Value::Array(list)) => Value::Array(list.into_iter().map(&change).collect()),
            ("items" | "additionalProperties" | "additionalItems", value) => change(value),
            (_, value) => value,
        };
        (key, value)
    };
    map.into_iter().map(changed).collect()
}

fn drop_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            map.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(variants)) = map.get_mut("anyOf") {
        variants.retain(|variant| variant["type"] != "null");
        if let [Value::Object(only)] = &variants[..] {
            let only = only.clone();
            map.remove("anyOf");
            for (key, value) in only {
                map.entry(key).or_insert(value);
            }
        }
    }
    if map.get("default").is_some_and(Value::is_null) {
        map.remove("default");
    }
}

/// Keys beside a choice of tables belong to each of them: a choice that is itself a variant of another choice.
fn distribute(map: &mut Map<String, Value>) {
    if !map.contains_key("anyOf") {
        return;
    }
    let Some(Value::Object(keys)) = map.remove("properties") else { return };
    map.remove("additionalProperties");
    for variant in map.get_mut("anyOf").and_then(Value::as_array_mut).into_iter().flatten() {
        for (key, schema) in &keys {
            allow(variant, key, schema);
        }
    }
}

/// A schema that stands beside a reference adds to what it refers to, which drafts up to 7 do not read: puts the keys of
/// the definition there.
pub(super) fn inline(schema: Value, definitions: &Map<String, Value>) -> Value {
    let Value::Object(map) = schema else { return schema };
    let mut map = below(map, |schema| inline(schema, definitions));
    let name = map.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(DEFINITIONS));
    if map.contains_key("properties")
        && let Some(Value::Object(base)) = name.and_then(|name| definitions.get(name)).cloned()
    {
        map.remove("$ref");
        merge(&mut map, base);
        distribute(&mut map);
    }
    Value::Object(map)
}

/// Where references point.
pub(super) const DEFINITIONS: &str = "#/definitions/";

fn merge(map: &mut Map<String, Value>, base: Map<String, Value>) {
    for (key, value) in base {
        match (map.get_mut(&key), value) {
            (Some(Value::Object(own)), Value::Object(base)) => {
                for (key, value) in base {
                    own.entry(key).or_insert(value);
                }
            }
            (Some(_), _) => {}
            (None, value) => {
                map.insert(key, value);
            }
        }
    }
}

/// Allows one more key in a table, or in each variant of a choice of tables.
pub(super) fn allow(schema: &mut Value, key: &str, entry: &Value) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(key.to_owned(), entry.clone());
    }
    for variant in schema.get_mut("anyOf").and_then(Value::as_array_mut).into_iter().flatten() {
        allow(variant, key, entry);
    }
}
