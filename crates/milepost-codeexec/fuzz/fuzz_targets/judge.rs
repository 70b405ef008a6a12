//! Any program under little fuel against any expected value: a verdict, never ours, and never past the fuel.
//!
//! A byte that chooses the comparison, the literal of the value, a NUL, the program.
#![no_main]

use libfuzzer_sys::fuzz_target;
use milepost_codeexec::{Call, Comparison, Expected, Judge, Limits, MiniPy, Source, Test, Value, Verdict};

const COMPARISONS: [Comparison; 4] = [
    Comparison::Python,
    Comparison::Typed,
    Comparison::Approx { rel: 1e-6, abs: 1e-6 },
    Comparison::Unordered,
];

fuzz_target!(|input: &[u8]| {
    let Some((choice, rest)) = input.split_first() else { return };
    let literal = rest.iter().position(|byte| *byte == 0).unwrap_or(0);
    let (expected, program) = rest.split_at(literal);
    let value = Value::parse(&String::from_utf8_lossy(expected)).unwrap_or(Value::None);
    let comparison = COMPARISONS[usize::from(*choice) % COMPARISONS.len()];
    let limits = Limits { fuel: 20_000, bytes: 1 << 20, ..Limits::default() };
    let judge = Judge { limits, ..Judge::new(MiniPy) };
    let expected = Expected::Returns(value, comparison);
    let tests = [Test { call: Call::default(), expected }];
    for test in judge.judge(&Source::new(program.strip_prefix(&[0]).unwrap_or(program)), "f", &tests).tests {
        assert_ne!(test.verdict, Verdict::Infra);
        assert!(test.usage.fuel.unwrap_or(0) <= limits.fuel);
    }
});
