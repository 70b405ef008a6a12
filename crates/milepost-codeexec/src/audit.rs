//! Triviality audit: what programs that compute nothing earn on a suite of tests.

use std::fmt::Write;

use crate::{Expected, Judge, MiniPy, Source, Test, Value};

/// A floor above this is a warning: half of the credit is for nothing.
const WARNING: f64 = 0.5;

/// Credit of the best programs that compute nothing, each run as a program; shares of the weights of the rewarded tests,
/// from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Audit {
    /// The best constant answer.
    pub constant: f64,
    /// The best echo of an argument.
    pub echo: f64,
    /// The answers of the shown tests by heart, and elsewhere the constant answer that is best then.
    pub by_heart: f64,
    /// Whether one of them passes every rewarded test: the suite tells nothing.
    pub solved: bool,
}

/// Why a suite cannot be audited.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// Weights and tests differ in number.
    #[error("{weights} weights were given for {tests} rewarded tests; give one for each")]
    Weights {
        /// Weights given.
        weights: usize,
        /// Rewarded tests.
        tests: usize,
    },
    /// A weight is negative or not finite.
    #[error("weight {index} is {value}; weights are finite and not negative")]
    Weight {
        /// Which.
        index: usize,
        /// Its value.
        value: f64,
    },
}

impl Audit {
    /// Audits the tests of one task: `shown` are known to the policy, `rewarded` carry `weights`.
    pub fn new(shown: &[Test], rewarded: &[Test], weights: &[f64]) -> Result<Self, AuditError> {
        if weights.len() != rewarded.len() {
            return Err(AuditError::Weights { weights: weights.len(), tests: rewarded.len() });
        }
        if let Some(index) = weights.iter().position(|weight| !weight.is_finite() || *weight < 0.0) {
            return Err(AuditError::Weight { index, value: weights[index] });
        }
        let credit = |text: &str| Credit::of(text, rewarded, weights);
        let best = |programs: &mut dyn Iterator<Item = String>| {
            programs.map(|program| credit(&program)).fold(Credit::default(), Credit::or)
        };
        let values = literals(shown.iter().chain(rewarded));
        let constant = best(&mut values.iter().map(|value| format!("def f(*a):\n    return {value}\n")));
        let arguments = rewarded.iter().map(|test| test.call.args.len()).max().unwrap_or(0);
        let echo = best(&mut (0..arguments).map(|index| format!("def f(*a):\n    return a[{index}]\n")));
        let by_heart = best(&mut values.iter().map(|value| by_heart(shown, value)));
        Ok(Self {
            constant: constant.share,
            echo: echo.share,
            by_heart: by_heart.share,
            solved: constant.solved || echo.solved || by_heart.solved,
        })
    }

    /// The suite's floor: the most that is earned for nothing.
    #[must_use]
    pub fn floor(&self) -> f64 {
        self.constant.max(self.echo).max(self.by_heart)
    }

    /// Whether the floor is so high that credit says little.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.floor() > WARNING
    }

    /// `max(0, (credit − floor)/(1 − floor))`: 0 for what is earned for nothing, 1 for all. 0 where the floor is 1.
    #[must_use]
    pub fn above_floor(&self, credit: f64) -> f64 {
        let room = 1.0 - self.floor();
        if room > 0.0 { ((credit - self.floor()) / room).max(0.0) } else { 0.0 }
    }
}

/// What a program earns.
#[derive(Debug, Clone, Copy, Default)]
struct Credit {
    share: f64,
    solved: bool,
}

impl Credit {
    /// The better of two; the first where they earn the same.
    fn or(self, other: Self) -> Self {
        if other.share > self.share { other } else { self }
    }

    fn of(text: &str, tests: &[Test], weights: &[f64]) -> Self {
        let report = Judge::new(MiniPy).judge(&Source::from(text), "f", tests);
        let earned: f64 = report
            .passed()
            .iter()
            .zip(weights)
            .filter(|(passed, _)| **passed)
            .map(|(_, weight)| weight)
            .sum();
        let total: f64 = weights.iter().sum();
        Self { share: if total > 0.0 { earned / total } else { 0.0 }, solved: report.solved() }
    }
}

/// The expected values as literals, each once; those that have none are left out.
fn literals<'a>(tests: impl Iterator<Item = &'a Test>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for test in tests {
        let Expected::Returns(value, _) = &test.expected else { continue };
        let text = value.to_string();
        if !found.contains(&text) && Value::parse(&text).as_ref() == Ok(value) {
            found.push(text);
        }
    }
    found
}

/// A program that knows the answers of the shown tests.
fn by_heart(shown: &[Test], fallback: &str) -> String {
    let mut text = "def f(*a):\n".to_owned();
    for test in shown {
        let Expected::Returns(value, _) = &test.expected else { continue };
        let (arguments, value) = (Value::Tuple(test.call.args.clone()), value);
        if [&arguments, value].iter().all(|v| Value::parse(&v.to_string()).as_ref() == Ok(v)) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "    if a == {arguments}:\n        return {value}");
        }
    }
    let _ = writeln!(text, "    return {fallback}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Call, Comparison};

    fn test(argument: &str, expected: &str) -> Test {
        let value = |text| Value::parse(text).expect("a literal");
        Test {
            call: Call::new(vec![value(argument)]),
            expected: Expected::Returns(value(expected), Comparison::Python),
        }
    }

    #[test]
    fn each_floor_is_what_its_program_earns() {
        let shown = [test("7", "8"), test("5", "9")];
        let rewarded = [test("1", "1"), test("2", "4"), test("7", "8"), test("3", "4")];
        let audit = Audit::new(&shown, &rewarded, &[1.0, 1.0, 2.0, 1.0]).expect("weights fit");
        // 4 and 8 earn two fifths each; the echo of 1 one; by heart 7 ↦ 8, else the constant.
        assert_eq!((audit.constant, audit.echo), (0.4, 0.2));
        assert_eq!((audit.by_heart, audit.solved), (0.8, false));
        assert!(audit.is_warning());
        assert_eq!((audit.above_floor(0.8), audit.above_floor(0.2), audit.above_floor(1.0)), (0.0, 0.0, 1.0));
    }

    #[test]
    fn a_suite_that_a_constant_solves_is_called_so() {
        let audit = Audit::new(&[], &[test("1", "3"), test("2", "3")], &[1.0, 1.0]).expect("weights fit");
        assert!(audit.solved && audit.floor() == 1.0 && audit.above_floor(1.0) == 0.0);
    }

    #[test]
    fn weights_must_fit() {
        let tests = [test("1", "3")];
        assert_eq!(Audit::new(&[], &tests, &[]), Err(AuditError::Weights { weights: 0, tests: 1 }));
        let negative = Audit::new(&[], &tests, &[-1.0]);
        assert_eq!(negative, Err(AuditError::Weight { index: 0, value: -1.0 }));
    }
}
