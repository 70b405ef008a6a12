//! The attack suite: programs that are clever, broken or hostile, each with the verdict that it must get.

use std::collections::BTreeSet;
use std::path::Path;

use milepost_codeexec::{
    Call, Comparison, Expected, Judge, Limits, MiniPy, ProgramReport, Source, Test, Value,
};
use milepost_testkit::attacks::Attack;

fn tests(attack: &Attack) -> Vec<Test> {
    let comparison =
        if attack.approximate { Comparison::Approx { rel: 1e-6, abs: 1e-6 } } else { Comparison::Python };
    let test = |test: &milepost_testkit::attacks::AttackTest| {
        Test::returns(&test.args, &test.expect, comparison)
            .unwrap_or_else(|error| panic!("{}: {error}", attack.id))
    };
    attack.tests.iter().map(test).collect()
}

fn source(attack: &Attack) -> Source {
    Source::new(attack.source.as_slice())
}

fn attacks() -> Vec<Attack> {
    milepost_testkit::attacks::attacks().expect("the suite is there")
}

fn verdicts(report: &ProgramReport) -> Vec<String> {
    report.tests.iter().map(|test| test.verdict.to_string()).collect()
}

fn judge(attack: &Attack) -> ProgramReport {
    let judge = Judge::new(MiniPy);
    let tests = tests(attack);
    if let Some(prelude) = &attack.prelude {
        judge.judge(&Source::from(prelude.as_str()), &attack.entry, &tests[..1]);
    }
    judge.judge(&source(attack), &attack.entry, &tests)
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
        if let Err(wrong) = attack.judge("minipy", &verdicts(&report)) {
            let why = report.rejected.as_ref().map_or(String::new(), ToString::to_string);
            failures.push(format!("{wrong} {why}"));
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
        for _ in 0..attack.repeat.unwrap_or(1).max(1) {
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
            let source = String::from_utf8_lossy(&attack.source).into_owned();
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
        let mut tests = tests(attack);
        let mut reports = judge.judge(&source(attack), &attack.entry, &tests).tests;
        tests.reverse();
        reports.reverse();
        assert_eq!(judge.judge(&source(attack), &attack.entry, &tests).tests, reports, "{}", attack.id);
        let alone = judge.judge(&source(attack), &attack.entry, &tests[..1]).tests;
        assert_eq!(alone[..], reports[..1], "{}", attack.id);
    }
}
