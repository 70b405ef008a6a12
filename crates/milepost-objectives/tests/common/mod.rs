//! Reading golden cases.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of this module")]

pub mod laws;

use milepost_credit::{Aggregation, Rows};
use milepost_testkit::golden::{Array, Case, Golden, Section, Tolerance, array, number, numbers};
use serde_json::Value;

/// A number among the inputs.
pub fn scalar(case: &Case, name: &str) -> f64 {
    number(&case.inputs[name])
}

/// A number among the inputs, if it was given.
pub fn given(case: &Case, name: &str) -> Option<f64> {
    case.inputs.get(name).filter(|value| !value.is_null()).map(number)
}

/// A list or array among the inputs, flat.
pub fn list(case: &Case, name: &str) -> Vec<f64> {
    numbers(&case.inputs[name])
}

/// An array among the inputs.
pub fn matrix(case: &Case, name: &str) -> Array {
    array(&case.inputs[name]).expect("an array")
}

/// A string among the inputs.
pub fn word<'a>(case: &'a Case, name: &str) -> &'a str {
    case.inputs[name].as_str().expect("a string")
}

/// A flag among the inputs.
pub fn flag(case: &Case, name: &str) -> bool {
    case.inputs[name].as_bool().expect("a flag")
}

/// Entries as flags.
pub fn flags(value: &Value) -> Vec<bool> {
    numbers(value).iter().map(|&entry| entry != 0.0).collect()
}

/// The rows of a padded matrix.
pub fn padded(array: &Array) -> Rows {
    Rows::padded(array.shape[0], array.shape[1])
}

/// Compares one named output, a number or an array, with what was recorded.
pub fn expect(tolerance: Tolerance, case: &Case, name: &str, got: &[f64]) {
    tolerance.check(&format!("{} {name}", case.name), got, &numbers(&case.outputs[name]));
}

/// The name of a section, and what checks one of its cases.
pub type Rule = (&'static str, fn(&Section, &Case));

/// Runs `check` on every case of every section of a file. A section without a rule, or a rule without a section,
/// fails: nothing that was recorded goes unread.
pub fn for_every_section(file: &str, rules: &[Rule]) {
    let golden = Golden::read(file).expect("golden file");
    let recorded: Vec<&str> = golden.sections.iter().map(|section| section.name.as_str()).collect();
    let known: Vec<&str> = rules.iter().map(|(name, _)| *name).collect();
    for name in &known {
        assert!(recorded.contains(name), "{file} has no section {name}");
    }
    for section in &golden.sections {
        let rule = rules.iter().find(|(name, _)| *name == section.name);
        let (_, check) = rule.unwrap_or_else(|| panic!("no rule for section {} of {file}", section.name));
        assert!(!section.cases.is_empty(), "section {} has no case", section.name);
        for case in &section.cases {
            check(section, case);
        }
    }
}

/// The aggregation of a recorded name.
pub fn aggregation(name: &str, constant: f64) -> Aggregation {
    match name {
        "token-mean" => Aggregation::TokenMean,
        "token-sum" => Aggregation::TokenSum,
        "seq-mean-token-mean" => Aggregation::SeqMeanTokenMean,
        "seq-mean-token-sum" => Aggregation::SeqMeanTokenSum,
        "seq-mean-token-sum-norm" => Aggregation::SeqMeanTokenSumNorm { constant },
        other => panic!("no aggregation is called {other}"),
    }
}
