//! Reading golden cases and comparing rules.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of this module")]

pub mod laws;

use milepost_testkit::golden::{Array, Case, array, number, numbers};
use serde_json::Value;

/// A number among the inputs.
pub fn scalar(case: &Case, name: &str) -> f64 {
    number(&case.inputs[name])
}

/// A list or array among the inputs, flat.
pub fn list(case: &Case, name: &str) -> Vec<f64> {
    numbers(&case.inputs[name])
}

/// A string among the inputs.
pub fn word<'a>(case: &'a Case, name: &str) -> &'a str {
    case.inputs[name].as_str().expect("a string")
}

/// An array.
pub fn matrix(value: &Value) -> Array {
    array(value).expect("an array")
}

/// The columns of a matrix.
pub fn columns(array: &Array) -> Vec<Vec<f64>> {
    let width = array.shape[1];
    (0..width).map(|column| array.data.iter().skip(column).step_by(width).copied().collect()).collect()
}

/// Entries as flags.
pub fn flags(value: &Value) -> Vec<bool> {
    numbers(value).iter().map(|&entry| entry != 0.0).collect()
}

/// The entries where the mask is set.
pub fn where_true(values: &[f64], mask: &[bool]) -> Vec<f64> {
    values.iter().zip(mask).filter(|(_, keep)| **keep).map(|(value, _)| *value).collect()
}

/// The group of each row, from strings.
pub fn group_names(case: &Case) -> Vec<String> {
    let list = case.inputs["group"].as_array().expect("a list of names");
    list.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
}
