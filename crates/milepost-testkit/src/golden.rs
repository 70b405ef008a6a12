//! Golden vectors: inputs and outputs recorded from packages that nobody here wrote.
//!
//! The schema is described in `fixtures/golden/README.md`; the notes of a section are its contract.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::{self, FixtureError};

/// One file of golden vectors.
#[derive(Debug, Clone, Deserialize)]
pub struct Golden {
    /// Groups of cases, one for each recorded function.
    pub sections: Vec<Section>,
}

/// The cases of one recorded function.
#[derive(Debug, Clone, Deserialize)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// The convention in words.
    #[serde(default)]
    pub notes: String,
    /// How close a result must be.
    pub tolerance: Tolerances,
    /// Inputs and outputs.
    #[serde(default)]
    pub cases: Vec<Case>,
}

/// Tolerances for code that computes in `f64` and in `f32`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Tolerances {
    /// For `f64` code.
    pub f64: Tolerance,
    /// For `f32` code.
    pub f32: Tolerance,
}

/// `|got − want| ≤ abs + rel · |want|`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Tolerance {
    /// Absolute part.
    pub abs: f64,
    /// Relative part.
    pub rel: f64,
}

impl Tolerance {
    /// Whether `got` is close enough to `want`. NaN matches NaN; an infinity matches itself.
    #[must_use]
    pub fn accepts(self, got: f64, want: f64) -> bool {
        (got.is_nan() && want.is_nan())
            || got == want
            || (got - want).abs() <= self.abs + self.rel * want.abs()
    }

    /// Panics with the first difference between two sequences.
    #[track_caller]
    pub fn check(self, what: &str, got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len(), "{what}: length");
        for (index, (g, w)) in got.iter().zip(want).enumerate() {
            assert!(self.accepts(*g, *w), "{what}[{index}]: got {g:e}, want {w:e}, tolerance {self:?}");
        }
    }
}

/// One recorded call.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Arguments.
    pub inputs: BTreeMap<String, Value>,
    /// Results.
    pub outputs: BTreeMap<String, Value>,
}

impl Golden {
    /// Reads `golden/<file>` below the fixture root.
    pub fn read(file: &str) -> Result<Self, FixtureError> {
        fixtures::json(&format!("golden/{file}"))
    }

    /// The section called `name`.
    #[track_caller]
    #[must_use]
    pub fn section(&self, name: &str) -> &Section {
        self.sections.iter().find(|section| section.name == name).unwrap_or_else(|| {
            let names: Vec<_> = self.sections.iter().map(|s| s.name.as_str()).collect();
            panic!("no golden section is called {name}; there are {names:?}")
        })
    }
}

/// An array: shape and flat row-major data.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// Entries; `null` in the file is NaN, booleans are 0 and 1.
    pub data: Vec<f64>,
}

impl Array {
    /// The rows of a matrix.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.data.chunks(self.shape.last().copied().unwrap_or(1).max(1))
    }
}

/// A number; `null` is NaN, `"inf"` and `"-inf"` are infinities, booleans are 0 and 1.
#[must_use]
pub fn number(value: &Value) -> f64 {
    match value {
        Value::Number(n) => n.as_f64().unwrap_or(f64::NAN),
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::String(s) if s == "inf" => f64::INFINITY,
        Value::String(s) if s == "-inf" => f64::NEG_INFINITY,
        _ => f64::NAN,
    }
}

/// An array, `None` where the file has something else (an argument that was not given, say).
#[must_use]
pub fn array(value: &Value) -> Option<Array> {
    let shape = value.get("shape")?.as_array()?.iter().map(|n| n.as_u64().unwrap_or(0) as usize).collect();
    let data = value.get("data")?.as_array()?.iter().map(number).collect();
    Some(Array { shape, data })
}

/// The numbers of a JSON list, of an array's data, or of a single number.
#[must_use]
pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().map(number).collect(),
        other => array(other).map_or_else(|| vec![number(other)], |a| a.data),
    }
}
