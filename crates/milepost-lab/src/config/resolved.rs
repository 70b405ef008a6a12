//! An experiment of arms as it is written down: settings, then every arm complete.

use serde::Serialize;
use toml::{Table, Value};

use super::error::ConfigError;
use super::read::Reader;
use super::tree;

/// The settings with a table of arms: the name, what it is in words, and everything else.
pub(super) fn table(
    settings: &impl Serialize,
    arms: impl Iterator<Item = Result<(String, String, Table), toml::ser::Error>>,
) -> Result<Table, toml::ser::Error> {
    let mut table = Table::try_from(settings)?;
    let mut entries = Table::new();
    for arm in arms {
        let (name, about, content) = arm?;
        let mut entry = Table::new();
        entry.insert("about".into(), Value::String(about));
        entry.extend(content);
        entries.insert(name, Value::Table(entry));
    }
    table.insert("arms".into(), Value::Table(entries));
    Ok(table)
}

/// The identity of a configuration: blake3 of the resolved file with sorted keys.
pub(super) fn hash(table: Table) -> Result<String, toml::ser::Error> {
    let sorted = tree::sorted(&Value::Table(table));
    Ok(blake3::hash(toml::to_string(&sorted)?.as_bytes()).to_hex().to_string())
}

/// The item called `name`.
pub(super) fn named<'a, T>(
    what: &'static str,
    items: &'a [T],
    name: &str,
    name_of: impl Fn(&T) -> &str,
) -> Result<&'a T, ConfigError> {
    items
        .iter()
        .find(|item| name_of(item) == name)
        .ok_or_else(|| ConfigError::unknown_name(what, name, items.iter().map(&name_of).collect::<Vec<_>>()))
}

/// Coverage of an interval, and how many seeds must agree; `path` is the table that holds them.
pub(super) fn check_rule(
    reader: &Reader<'_>,
    path: &str,
    confidence: f64,
    agree: u64,
    of: u64,
) -> Result<(), ConfigError> {
    if !(confidence > 0.0 && confidence < 1.0) {
        let reason = format!("is {confidence}; it must lie in (0, 1), for example 0.95");
        return Err(reader.invalid(&format!("{path}.confidence"), reason));
    }
    if agree > of || of == 0 {
        let reason = format!("is {agree}; it must be at most `of`, which is {of}");
        return Err(reader.invalid(&format!("{path}.agree"), reason));
    }
    Ok(())
}

/// A name that is also a folder's.
pub(super) fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
