//! The jail behind the trait that it shares with MiniPy.

mod common;

use milepost_codeexec::{
    Call, Comparison, ExceptionClass, Executor, Expected, InfraError, Judge, Limits, MiniPy, Outcome, Source,
    Test, Value,
};

fn value(literal: &str) -> Value {
    Value::parse(literal).expect("a literal")
}

#[test]
fn every_value_keeps_its_type_on_the_way_through() {
    let Some(jail) = common::best() else { return };
    let program = jail.prepare(&Source::from("def f(x): return x"), "f").expect("text");
    let literals = [
        "None",
        "True",
        "-9223372036854775808",
        "9223372036854775808",
        "-123456789012345678901234567890",
        "1.5",
        "'é'",
        "b'\\xff'",
        "[1, (2,), ()]",
        "{'a': [1], 2: None}",
        "{1}",
        "set()",
        "frozenset({1})",
        "frozenset()",
    ];
    let calls: Vec<Call> = literals.iter().map(|literal| Call::new(vec![value(literal)])).collect();
    let outcomes = jail.run(&program, &calls, &Limits::default());
    assert_eq!(outcomes.len(), literals.len());
    for (literal, outcome) in literals.iter().zip(outcomes) {
        assert!(
            matches!(&outcome, Outcome::Returned(got, _) if *got == value(literal)),
            "{literal}: {outcome:?}"
        );
    }
}

/// A permutation of the tests permutes the verdicts; one program's verdicts are the same by both executors.
#[test]
fn both_executors_give_the_same_verdicts_to_the_small_language() {
    let Some(jail) = common::best() else { return };
    let source = Source::from("def f(x):\n    if x < 0:\n        raise KeyError(x)\n    return [0] * x\n");
    let test = |x: i64, expected| Test { call: Call::new(vec![Value::int(x)]), expected };
    let returns = |literal| Expected::Returns(value(literal), Comparison::Python);
    let mut tests = vec![
        test(2, returns("[0, 0]")),
        test(1, returns("[1]")),
        test(-1, returns("[]")),
        test(-2, Expected::Raises(ExceptionClass::LookupError)),
    ];
    let words = |tests: &[Test]| -> Vec<String> {
        let real = Judge::new(&jail).judge(&source, "f", tests);
        let small = Judge::new(MiniPy).judge(&source, "f", tests);
        let words = |report: &milepost_codeexec::ProgramReport| {
            report.tests.iter().map(|test| (test.verdict.to_string(), test.line)).collect::<Vec<_>>()
        };
        assert_eq!(words(&real), words(&small));
        words(&real).into_iter().map(|(word, _)| word).collect()
    };
    assert_eq!(words(&tests), ["pass", "wrong", "exception:KeyError", "pass"]);
    tests.reverse();
    assert_eq!(words(&tests), ["pass", "exception:KeyError", "wrong", "pass"]);
}

#[test]
fn a_program_of_another_executor_is_our_failure() {
    let Some(jail) = common::best() else { return };
    let foreign = MiniPy.prepare(&Source::from("def f(): return 1"), "f").expect("in the small language");
    let outcomes = jail.run(&foreign, &[Call::default()], &Limits::default());
    assert!(matches!(&outcomes[..], [Outcome::Infra(InfraError::Foreign { .. })]), "{outcomes:?}");
}

#[test]
fn what_runs_the_programs_is_said() {
    let Some(jail) = common::best() else { return };
    let info = jail.describe();
    assert!(info.language.starts_with("Python 3."), "{info:?}");
    assert!(["full", "filtered"].contains(&info.isolation.as_str()), "{info:?}");
    assert!(!info.deterministic);
}
