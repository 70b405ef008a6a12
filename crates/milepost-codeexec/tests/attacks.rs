//! The attack suite: programs that are clever, broken or hostile, each with the verdict that it must get.

use std::collections::BTreeSet;
use std::path::Path;

use milepost_codeexec::{
    Call, Comparison, Expected, Judge, Limits, MiniPy, ProgramReport, Source, Test, Value,
};
use milepost_testkit::fixtures;
use serde::Deserialize;

#[derive(Deserialize)]
struct Attack {
    id: String,
    entry: String,
    source: Option<String>,
    source_hex: Option<String>,
    source_parts: Option<Vec<Part>>,
    prelude: Option<String>,
    tests: Vec<Case>,
    compare: Option<String>,
    expect: Expectation,
    solved: Option<bool>,
    #[serde(default)]
    repeat: usize,
    #[serde(default)]
    host: Vec<String>,
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
struct Expectation {
    minipy: serde_json::Value,
}

impl Attack {
    fn source(&self) -> Source {
        if let Some(hex) = &self.source_hex {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits");
            return Source::new((0..hex.len()).step_by(2).map(byte).collect::<Vec<_>>());
        }
        if let Some(parts) = &self.source_parts {
            return Source::from(parts.iter().map(|p| p.text.repeat(p.times)).collect::<String>());
        }
        Source::from(self.source.as_deref().expect("a line has a source"))
    }

    fn tests(&self) -> Vec<Test> {
        let comparison = match self.compare.as_deref() {
            None => Comparison::Python,
            Some("approx") => Comparison::Approx { rel: 1e-6, abs: 1e-6 },
            Some(other) => panic!("{}: unknown comparison {other}", self.id),
        };
        let literal = |text: &str| Value::parse(text).unwrap_or_else(|e| panic!("{}: {text}: {e}", self.id));
        let case = |case: &Case| {
            let Value::Tuple(args) = literal(&case.args) else {
                panic!("{}: arguments are a tuple", self.id)
            };
            Test { call: Call::new(args), expected: Expected::Returns(literal(&case.expect), comparison) }
        };
        self.tests.iter().map(case).collect()
    }

    /// The words that each test's verdict may be.
    fn allowed(&self) -> Vec<Vec<String>> {
        let words = |value: &serde_json::Value| -> Vec<String> {
            serde_json::from_value(value.clone()).expect("a list of words")
        };
        match self.expect.minipy.as_array().map(Vec::as_slice) {
            Some([serde_json::Value::Array(_), ..]) => {
                self.expect.minipy.as_array().expect("an array").iter().map(words).collect()
            }
            _ => vec![words(&self.expect.minipy); self.tests.len()],
        }
    }
}

fn attacks() -> Vec<Attack> {
    fixtures::json_lines("sandbox/attacks.jsonl").expect("the suite is there")
}

fn verdicts(report: &ProgramReport) -> Vec<String> {
    report.tests.iter().map(|test| test.verdict.to_string()).collect()
}

fn judge(attack: &Attack) -> ProgramReport {
    let judge = Judge::new(MiniPy);
    let tests = attack.tests();
    if let Some(prelude) = &attack.prelude {
        judge.judge(&Source::from(prelude.as_str()), &attack.entry, &tests[..1]);
    }
    judge.judge(&attack.source(), &attack.entry, &tests)
}

/// Paths of which the suite says that nothing may appear there, as far as they do not exist before.
fn absent(attacks: &[Attack]) -> BTreeSet<&str> {
    let paths = attacks.iter().flat_map(|a| &a.host).filter_map(|rule| rule.strip_prefix("no_path:"));
    paths.filter(|path| !Path::new(path).exists()).collect()
}

#[test]
fn fixture_every_attack_gets_an_allowed_verdict() {
    let attacks = attacks();
    let absent = absent(&attacks);
    let mut failures = Vec::new();
    for attack in &attacks {
        let report = judge(attack);
        let got = verdicts(&report);
        for (test, (got, allowed)) in got.iter().zip(attack.allowed()).enumerate() {
            let fits = allowed.iter().any(|word| word == got || word == "!pass" && got != "pass");
            if !fits {
                let why = report.rejected.as_ref().map_or(String::new(), ToString::to_string);
                failures.push(format!("{} test {test}: {got}, allowed {allowed:?} {why}", attack.id));
            }
        }
        if attack.solved.is_some_and(|solved| solved != report.solved()) {
            failures.push(format!("{}: solved is {}", attack.id, report.solved()));
        }
        if got.iter().any(|word| word == "infra") {
            failures.push(format!("{}: a failure of ours", attack.id));
        }
        for rule in &attack.host {
            let known = rule.starts_with("no_path:") || rule == "no_new_process" || rule == "alive";
            assert!(known, "{}: the host rule {rule} is not known", attack.id);
            if rule == "alive" {
                let honest = Source::from("def f(a, b):\n    return a + b\n");
                let test = Test {
                    call: Call::new(vec![Value::int(1), Value::int(2)]),
                    expected: Expected::Returns(Value::int(3), Comparison::Python),
                };
                assert!(Judge::new(MiniPy).judge(&honest, "f", &[test]).solved(), "{}", attack.id);
            }
        }
    }
    for path in absent {
        assert!(!Path::new(path).exists(), "{path} has appeared");
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn fixture_every_attack_gives_the_same_report_again() {
    for attack in &attacks() {
        let first = judge(attack);
        for _ in 0..attack.repeat.max(1) {
            assert_eq!(judge(attack), first, "{}", attack.id);
        }
    }
}

/// No program can learn of the environment; no result may hold what only the environment has.
#[test]
fn fixture_no_attack_sees_the_environment() {
    let secrets: Vec<String> = std::env::vars().map(|(_, value)| value).filter(|v| v.len() > 12).collect();
    for attack in &attacks() {
        for test in &judge(attack).tests {
            let seen = format!("{:?} {}", test.verdict, test.usage.stdout.text);
            let source = String::from_utf8_lossy(attack.source().bytes()).into_owned();
            for secret in secrets.iter().filter(|secret| !source.contains(secret.as_str())) {
                assert!(!seen.contains(secret.as_str()), "{} saw the environment", attack.id);
            }
        }
    }
}

/// The verdict does not depend on the other tests of the program, nor on their order.
#[test]
fn fixture_permuting_tests_permutes_reports() {
    for attack in &attacks() {
        let judge = Judge { limits: Limits { fuel: 100_000, ..Limits::default() }, ..Judge::new(MiniPy) };
        let mut tests = attack.tests();
        let mut reports = judge.judge(&attack.source(), &attack.entry, &tests).tests;
        tests.reverse();
        reports.reverse();
        assert_eq!(judge.judge(&attack.source(), &attack.entry, &tests).tests, reports, "{}", attack.id);
        let alone = judge.judge(&attack.source(), &attack.entry, &tests[..1]).tests;
        assert_eq!(alone[..], reports[..1], "{}", attack.id);
    }
}
