use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::PretrainedError;

/// No size is larger: a model that needs it would not fit any machine, and products of sizes stay exact.
const LARGEST: u64 = 1 << 24;

/// A `config.json` that remembers which of its keys were read.
pub(super) struct Fields {
    fields: Map<String, Value>,
    read: BTreeSet<String>,
}

impl Fields {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, PretrainedError> {
        let json = |reason: String| PretrainedError::Json { file: "config.json", reason };
        match serde_json::from_slice(bytes).map_err(|error| json(error.to_string()))? {
            Value::Object(fields) => Ok(Self { fields, read: BTreeSet::new() }),
            other => Err(json(format!("{other} is not a table"))),
        }
    }

    /// The value of `key`; `null` is as good as absent.
    pub(super) fn value(&mut self, key: &str) -> Option<&Value> {
        self.read.insert(key.to_owned());
        self.fields.get(key).filter(|value| !value.is_null())
    }

    /// The keys that have a value and were not read.
    pub(super) fn unread(&self) -> Vec<String> {
        let unread = self.fields.iter().filter(|(key, value)| !value.is_null() && !self.read.contains(*key));
        unread.map(|(key, _)| key.clone()).collect()
    }

    /// A size of at least 1.
    pub(super) fn size(&mut self, key: &str) -> Result<usize, PretrainedError> {
        self.optional_size(key)?.ok_or_else(|| PretrainedError::MissingKey { key: key.to_owned() })
    }

    pub(super) fn optional_size(&mut self, key: &str) -> Result<Option<usize>, PretrainedError> {
        self.typed(key, &format!("a whole number from 1 to {LARGEST}"), |value| {
            value.as_u64().filter(|size| (1..=LARGEST).contains(size)).map(|size| size as usize)
        })
    }

    /// A number above 0.
    pub(super) fn positive(&mut self, key: &str, default: f64) -> Result<f64, PretrainedError> {
        let number = self.typed(key, "a number above 0", positive_number)?;
        Ok(number.unwrap_or(default))
    }

    pub(super) fn flag(&mut self, key: &str, default: bool) -> Result<bool, PretrainedError> {
        Ok(self.typed(key, "true or false", Value::as_bool)?.unwrap_or(default))
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, PretrainedError> {
        self.typed(key, "a text", |value| value.as_str().map(str::to_owned))
    }

    /// Refuses any value but `accepted`, which is what an absent key means.
    pub(super) fn only(
        &mut self,
        key: &str,
        accepted: &Value,
        supported: &'static str,
    ) -> Result<(), PretrainedError> {
        // 1 and 1.0 are the same number.
        let same =
            |value: &Value| value == accepted || (value.is_number() && value.as_f64() == accepted.as_f64());
        match self.value(key) {
            Some(value) if !same(value) => Err(unsupported(key, value, supported)),
            _ => Ok(()),
        }
    }

    fn typed<T>(
        &mut self,
        key: &str,
        expected: &str,
        convert: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, PretrainedError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let converted = convert(value).ok_or_else(|| PretrainedError::Value {
            key: key.to_owned(),
            value: value.to_string(),
            expected: expected.to_owned(),
        })?;
        Ok(Some(converted))
    }
}

pub(super) fn positive_number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| *number > 0.0 && number.is_finite())
}

pub(super) fn unsupported(key: &str, value: &Value, supported: &'static str) -> PretrainedError {
    PretrainedError::Unsupported { key: key.to_owned(), value: value.to_string(), supported }
}
