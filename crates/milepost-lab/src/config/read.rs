//! From a TOML tree to typed values, with errors that name the place.

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::error::{ConfigError, hint};
use super::layers::Layers;
use super::scale::Scale;
use super::tree;

/// Reads values out of the merged tree and knows who wrote what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) layers: &'a Layers,
    pub(super) scale: Scale,
}

impl Reader<'_> {
    /// Reads `table`, which lies at `path`. A key that does not survive being read and written again is
    /// one that nothing reads, and refused.
    pub(super) fn read<T: DeserializeOwned + Serialize>(
        &self,
        table: &Table,
        path: &str,
    ) -> Result<T, ConfigError> {
        self.read_within(table, table, path)
    }

    /// The same where `table` is part of the more `complete` table that is read; what nothing reads is looked for in `table`.
    pub(super) fn read_within<T: DeserializeOwned + Serialize>(
        &self,
        table: &Table,
        complete: &Table,
        path: &str,
    ) -> Result<T, ConfigError> {
        let (given, complete) = (Value::Table(table.clone()), Value::Table(complete.clone()));
        let value: T = complete.clone().try_into().map_err(|error| self.explain(&error, &complete, path))?;
        let known = Value::try_from(&value).map_err(|error| self.invalid(path, error.to_string()))?;
        match tree::first_stray(&given, &known, path) {
            None => Ok(value),
            Some(stray) => {
                Err(self.unknown_key(&stray.path, &stray.name, stray.siblings.iter().map(String::as_str)))
            }
        }
    }

    /// An error about the value at `path`.
    pub(super) fn invalid(&self, path: &str, reason: impl Into<String>) -> ConfigError {
        let (origin, path) = self.layers.origin_of(path, self.scale);
        ConfigError::Invalid { origin, path, reason: reason.into() }
    }

    /// An error about a key that nothing reads.
    pub(super) fn unknown_key<'b>(
        &self,
        path: &str,
        name: &str,
        known: impl IntoIterator<Item = &'b str> + Clone,
    ) -> ConfigError {
        let (origin, path) = self.layers.origin_of(path, self.scale);
        ConfigError::UnknownKey { origin, path, hint: hint(name, known) }
    }

    /// Takes the table called `key` out of the tree; empty if there is none.
    pub(super) fn take_table(&self, tree: &mut Table, key: &str) -> Result<Table, ConfigError> {
        match tree.remove(key) {
            None => Ok(Table::new()),
            Some(Value::Table(table)) => Ok(table),
            Some(other) => {
                Err(self.invalid(key, format!("is a {}; write a table [{key}]", other.type_str())))
            }
        }
    }

    /// An arm's table laid over the base, and what it says about itself in words.
    pub(super) fn lay_arm(
        &self,
        base: &Table,
        name: &str,
        table: &Value,
    ) -> Result<(String, Table), ConfigError> {
        let path = format!("arms.{name}");
        let Value::Table(own) = table else {
            return Err(self.invalid(&path, format!("is a {}; write a table [{path}]", table.type_str())));
        };
        let mut merged = base.clone();
        tree::merge(&mut merged, own);
        match merged.remove("about") {
            None => Ok((String::new(), merged)),
            Some(Value::String(about)) => Ok((about, merged)),
            Some(_) => Err(self.invalid(&format!("{path}.about"), "must be a string")),
        }
    }

    /// A setting of the base table, called `name`, that every arm replaces would be a knob that does nothing.
    pub(super) fn refuse_dead_settings(
        &self,
        base: &Table,
        arms: &Table,
        name: &str,
    ) -> Result<(), ConfigError> {
        let mut leaves = Vec::new();
        tree::leaves(base, "", &mut leaves);
        let overridden = |leaf: &String| {
            arms.values().filter_map(Value::as_table).all(|arm| {
                let mut merged = base.clone();
                tree::merge(&mut merged, arm);
                tree::contains(arm, leaf) || !tree::contains(&merged, leaf)
            })
        };
        match leaves.into_iter().find(overridden) {
            None => Ok(()),
            Some(leaf) => {
                let (origin, path) = self.layers.origin_of(&format!("{name}.{leaf}"), self.scale);
                Err(ConfigError::NoEffect { origin, path })
            }
        }
    }

    /// Puts a deserialiser's error in our words. Its keys, and the names it expected, are in its text.
    fn explain(&self, error: &toml::de::Error, given: &Value, path: &str) -> ConfigError {
        let keys = keys_of(error);
        let join = |keys: &[String]| {
            let parts = (!path.is_empty()).then_some(path).into_iter().chain(keys.iter().map(String::as_str));
            parts.collect::<Vec<_>>().join(".")
        };
        let place = join(&keys);
        let message = error.message();
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        match quoted.split_first() {
            Some((name, known)) if message.starts_with("unknown field") => {
                let place = join(&locate(given, &keys, name));
                self.unknown_key(&place, name, known.iter().copied())
            }
            Some((name, known)) if message.starts_with("unknown variant") => {
                self.invalid(&place, format!("unknown value `{name}`{}", hint(name, known.iter().copied())))
            }
            Some((name, _)) if message.starts_with("missing field") => {
                self.invalid(&place, format!("the key `{name}` is missing; add it"))
            }
            _ => self.invalid(&place, message),
        }
    }
}

/// The keys in a deserialiser's error, outermost first.
fn keys_of(error: &toml::de::Error) -> Vec<String> {
    let text = error.to_string();
    text.rsplit_once("\nin `").map_or_else(Vec::new, |(_, keys)| {
        keys.trim_end().trim_end_matches('`').split('.').map(str::to_owned).collect()
    })
}

/// The path of the stray key `name` below `keys`, list indices included: an error names the list only.
fn locate(given: &Value, keys: &[String], name: &str) -> Vec<String> {
    fn search(value: &Value, keys: &[String], name: &str) -> Option<Vec<String>> {
        let below = |key: &str, value: &Value, rest: &[String]| {
            let mut path = search(value, rest, name)?;
            path.insert(0, key.to_owned());
            Some(path)
        };
        match (value, keys.split_first()) {
            (Value::Array(list), _) => {
                list.iter().enumerate().find_map(|(index, entry)| below(&index.to_string(), entry, keys))
            }
            (Value::Table(table), Some((key, rest))) => below(key, table.get(key)?, rest),
            (Value::Table(table), None) => table.contains_key(name).then(|| vec![name.to_owned()]),
            _ => None,
        }
    }
    search(given, keys, name).unwrap_or_else(|| keys.iter().cloned().chain([name.to_owned()]).collect())
}
