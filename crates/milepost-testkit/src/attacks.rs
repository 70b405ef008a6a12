//! The attack suite of `fixtures/sandbox`: programs that are clever, broken or hostile, and the verdicts that an executor may give.
//!
//! Its schema is described in `fixtures/sandbox/README.md`. Programs and literals are texts here; whoever runs them
//! reads them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::fixtures::{self, FixtureError};

/// One program of the suite and what may come of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Line")]
pub struct Attack {
    /// Its name.
    pub id: String,
    /// The function that is called.
    pub entry: String,
    /// The program, which need not be text.
    pub source: Vec<u8>,
    /// A program that is run before it, on the first test.
    pub prelude: Option<String>,
    /// The tests.
    pub tests: Vec<AttackTest>,
    /// Whether floats are compared within 10⁻⁶, relative and absolute.
    pub approximate: bool,
    /// Whether all tests pass, where the suite says.
    pub solved: Option<bool>,
    /// How often it is run, where the suite says.
    pub repeat: Option<usize>,
    /// The most milliseconds of all tests together.
    pub max_wall_ms: Option<u64>,
    /// What must hold on the host afterwards: `alive`, `no_new_process`, `no_path:…`.
    pub host: Vec<String>,
    arch: Option<String>,
    /// For each executor and each test the words that its verdict may be.
    allowed: BTreeMap<String, Vec<Vec<String>>>,
}

/// A call and its value, as Python literals.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AttackTest {
    /// A tuple.
    pub args: String,
    /// What is expected.
    pub expect: String,
}

/// Every line of the suite, those for other machines included.
pub fn attacks() -> Result<Vec<Attack>, FixtureError> {
    fixtures::json_lines("sandbox/attacks.jsonl")
}

impl Attack {
    /// Whether it is for every kind of processor or for this one.
    #[must_use]
    pub fn is_for_this_machine(&self) -> bool {
        self.arch.as_deref().is_none_or(|arch| arch == std::env::consts::ARCH)
    }

    /// Whether these verdicts, one a test, are allowed for an executor (`minipy`, `cpython`); `Err` says what is not.
    ///
    /// `!pass` allows every verdict but `pass`; a failure of the executor, `infra`, is never allowed.
    pub fn judge(&self, executor: &str, verdicts: &[String]) -> Result<(), String> {
        let wrong = |what: String| Err(format!("{}: {verdicts:?}, {what}", self.id));
        let Some(allowed) = self.allowed.get(executor) else {
            return wrong(format!("the suite says nothing of `{executor}`"));
        };
        let fits = |(allowed, got): (&Vec<String>, &String)| {
            got != "infra" && allowed.iter().any(|word| word == got || word == "!pass" && got != "pass")
        };
        if verdicts.len() != allowed.len() || !allowed.iter().zip(verdicts).all(fits) {
            return wrong(format!("not {allowed:?}"));
        }
        let solved = verdicts.iter().all(|word| word == "pass");
        match self.solved {
            Some(expected) if expected != solved => wrong(format!("solved should be {expected}")),
            _ => Ok(()),
        }
    }
}

/// A line as it is written.
#[derive(Deserialize)]
struct Line {
    id: String,
    entry: String,
    source: Option<String>,
    source_hex: Option<String>,
    source_parts: Option<Vec<Part>>,
    prelude: Option<String>,
    tests: Vec<AttackTest>,
    compare: Option<String>,
    expect: BTreeMap<String, serde_json::Value>,
    solved: Option<bool>,
    repeat: Option<usize>,
    max_wall_ms: Option<u64>,
    #[serde(default)]
    host: Vec<String>,
    arch: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    text: String,
    times: usize,
}

impl TryFrom<Line> for Attack {
    type Error = String;

    fn try_from(line: Line) -> Result<Self, String> {
        let approximate = match line.compare.as_deref() {
            None => false,
            Some("approx") => true,
            Some(other) => return Err(format!("{}: unknown comparison `{other}`", line.id)),
        };
        let source = match (line.source, line.source_hex, line.source_parts) {
            (Some(text), None, None) => text.into_bytes(),
            (None, Some(hex), None) => {
                bytes(&hex).ok_or_else(|| format!("{}: `{hex}` is not hexadecimal", line.id))?
            }
            (None, None, Some(parts)) => {
                parts.iter().flat_map(|part| part.text.repeat(part.times).into_bytes()).collect()
            }
            _ => return Err(format!("{}: not exactly one kind of source", line.id)),
        };
        let count = line.tests.len();
        let of = |(executor, words)| {
            let words =
                allowed(words, count).ok_or_else(|| format!("{}: no words for {executor}", line.id))?;
            Ok((executor, words))
        };
        Ok(Self {
            allowed: line.expect.into_iter().map(of).collect::<Result<_, String>>()?,
            id: line.id,
            entry: line.entry,
            source,
            prelude: line.prelude,
            tests: line.tests,
            approximate,
            solved: line.solved,
            repeat: line.repeat,
            max_wall_ms: line.max_wall_ms,
            host: line.host,
            arch: line.arch,
        })
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    hex.len().is_multiple_of(2).then(|| hex.as_bytes().chunks(2).map(byte).collect())?
}

/// One list of words for every test, or one for each.
fn allowed(words: serde_json::Value, tests: usize) -> Option<Vec<Vec<String>>> {
    if let Ok(every) = serde_json::from_value::<Vec<String>>(words.clone()) {
        return Some(vec![every; tests]);
    }
    serde_json::from_value::<Vec<Vec<String>>>(words).ok().filter(|each| each.len() == tests)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attack(fields: &str) -> Result<Attack, String> {
        let tests = r#""tests": [{"args": "(1,)", "expect": "1"}, {"args": "(2,)", "expect": "2"}]"#;
        let line = format!(r#"{{"id": "a", "entry": "f", {tests}, {fields}}}"#);
        serde_json::from_str(&line).map_err(|error| error.to_string())
    }

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn fixture_every_line_is_read() {
        let attacks = attacks().expect("the suite is there");
        assert!(attacks.len() > 10);
        assert!(attacks.iter().all(|attack| !attack.source.is_empty() && !attack.tests.is_empty()));
    }

    #[test]
    fn a_verdict_is_among_the_words_of_its_test_and_never_infra() {
        let read = attack(
            r#""source": "", "expect": {"minipy": ["pass", "wrong"], "cpython": [["!pass"], ["pass"]]}"#,
        );
        let read = read.expect("a line");
        assert_eq!(read.judge("minipy", &words("pass wrong")), Ok(()));
        assert!(read.judge("minipy", &words("pass crash")).is_err());
        assert!(read.judge("minipy", &words("pass")).is_err(), "a verdict is missing");
        assert_eq!(read.judge("cpython", &words("crash pass")), Ok(()));
        assert!(read.judge("cpython", &words("pass pass")).is_err());
        assert!(read.judge("cpython", &words("infra pass")).is_err());
        assert!(read.judge("other", &words("pass pass")).is_err());
    }

    #[test]
    fn solved_is_checked_where_it_is_said() {
        let read = attack(r#""source": "", "solved": false, "expect": {"minipy": ["pass", "wrong"]}"#)
            .expect("a line");
        assert!(read.judge("minipy", &words("pass pass")).is_err());
        assert_eq!(read.judge("minipy", &words("wrong pass")), Ok(()));
    }

    #[test]
    fn sources_are_texts_bytes_or_repeated_parts() {
        let source =
            |fields: &str| attack(&format!(r#"{fields}, "expect": {{}}"#)).map(|attack| attack.source);
        assert_eq!(source(r#""source_hex": "61ff""#), Ok(vec![0x61, 0xff]));
        assert_eq!(source(r#""source_parts": [{"text": "ab", "times": 2}]"#), Ok(b"abab".to_vec()));
        assert!(source(r#""source_hex": "6é""#).is_err() && source(r#""source_hex": "616""#).is_err());
        assert!(source(r#""source": "", "source_hex": """#).is_err() && source(r#""prelude": """#).is_err());
    }

    #[test]
    fn as_many_lists_of_words_as_tests_or_one() {
        for words in [r#"[["pass"]]"#, r#""pass""#, r#"["pass", ["pass"]]"#] {
            assert!(attack(&format!(r#""source": "", "expect": {{"minipy": {words}}}"#)).is_err(), "{words}");
        }
    }
}
