//! One line of the suite.

use milepost_codeexec::{Call, Comparison, Expected, Test, Value as Plain};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) entry: String,
    source: Option<String>,
    source_hex: Option<String>,
    #[serde(default)]
    source_parts: Vec<Part>,
    pub(crate) prelude: Option<String>,
    tests: Vec<Case>,
    compare: Option<String>,
    expect: Expect,
    solved: Option<bool>,
    pub(crate) repeat: Option<usize>,
    pub(crate) max_wall_ms: Option<u64>,
    #[serde(default)]
    pub(crate) host: Vec<String>,
    arch: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    text: String,
    times: usize,
}

#[derive(Deserialize)]
struct Case {
    args: String,
    expect: String,
}

#[derive(Deserialize)]
struct Expect {
    cpython: Vec<Value>,
}

impl Line {
    pub(crate) fn is_for_this_machine(&self) -> bool {
        self.arch.as_deref().is_none_or(|arch| arch == std::env::consts::ARCH)
    }

    pub(crate) fn is_approximate(&self) -> bool {
        self.compare.as_deref() == Some("approx")
    }

    pub(crate) fn source(&self) -> Vec<u8> {
        if let Some(hex) = &self.source_hex {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
            return (0..hex.len()).step_by(2).map(byte).collect();
        }
        if let Some(source) = &self.source {
            return source.clone().into_bytes();
        }
        self.source_parts.iter().flat_map(|part| part.text.repeat(part.times).into_bytes()).collect()
    }

    pub(crate) fn tests(&self, comparison: Comparison) -> Vec<Test> {
        let value =
            |literal: &str| Plain::parse(literal).unwrap_or_else(|error| panic!("{literal}: {error}"));
        let test = |case: &Case| {
            let Plain::Tuple(arguments) = value(&case.args) else { panic!("{} is no tuple", case.args) };
            Test { call: Call::new(arguments), expected: Expected::Returns(value(&case.expect), comparison) }
        };
        self.tests.iter().map(test).collect()
    }

    /// Whether the verdicts are among those that a correct executor gives.
    pub(crate) fn judge(&self, words: &[String]) -> Result<(), String> {
        let is_allowed = |allowed: &Value, word: &str| {
            let allowed = allowed.as_array().expect("a list of words");
            allowed.iter().any(|one| match one.as_str() {
                Some("!pass") => word != "pass",
                one => one == Some(word),
            })
        };
        let every = Value::Array(self.expect.cpython.clone());
        let each_has_its_own = self.expect.cpython.iter().all(Value::is_array);
        let fits = words.iter().enumerate().all(|(index, word)| {
            is_allowed(if each_has_its_own { &self.expect.cpython[index] } else { &every }, word)
        });
        let solved = words.iter().all(|word| word == "pass");
        let no_infra = words.iter().all(|word| word != "infra");
        if fits && no_infra && self.solved.is_none_or(|expected| expected == solved) {
            return Ok(());
        }
        Err(format!("{}: {words:?}, not {every}, solved: {:?}", self.id, self.solved))
    }
}
