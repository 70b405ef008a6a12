//! What VeRPO's weights cost beside the plain pass rate: ten answers to a task of 24 tests, judged and credited.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use milepost_codeexec::{Call, Comparison, Expected, Judge, MiniPy, Source, Test, Value};
use milepost_credit::{PassMatrix, Rows, TestWeighting, VeRpo};

/// Ten lines; the answers differ in a bound, so that each passes other tests.
fn answer(bound: usize) -> Source {
    Source::from(format!(
        "\
def f(xs, k):
    kept = []
    total = 0
    for x in xs:
        if x % 2 == 0 and x < {bound}:
            kept.append(x * k)
            total += x
        else:
            total -= 1
    return kept, total
"
    ))
}

fn tests() -> Vec<Test> {
    let value = |text: &str| Value::parse(text).expect("a literal");
    (0..24)
        .map(|last| Test {
            call: Call::new(vec![value(&format!("[3, 4, 8, 5, {last}]")), value("3")]),
            expected: Expected::Returns(
                match last % 2 {
                    0 => value(&format!("([12, 24, {}], {})", 3 * last, 10 + last)),
                    _ => value("([12, 24], 9)"),
                },
                Comparison::Python,
            ),
        })
        .collect()
}

fn verdict(c: &mut Criterion) {
    const ANSWERS: usize = 10;
    let (judge, tests) = (Judge::new(MiniPy), tests());
    let answers: Vec<Source> = (0..ANSWERS).map(|place| answer(9 + 2 * place)).collect();
    let judged = || -> Vec<bool> {
        answers.iter().flat_map(|answer| judge.judge(black_box(answer), "f", &tests).passed()).collect()
    };
    let passed = judged();
    assert!(passed.contains(&true) && passed.contains(&false), "the answers differ");
    let turns = Rows::ragged(&[1; ANSWERS]);
    let credit = |rule: &VeRpo, passed: &[bool]| {
        let matrix = PassMatrix { tests: tests.len(), passed, valid: None };
        let mut advantages = [0.0; ANSWERS];
        rule.assign(&matrix, &turns, &mut advantages).expect("sound");
        advantages
    };
    let rate = VeRpo { weighting: TestWeighting::pass_rate(), ..VeRpo::default() };
    let mut group = c.benchmark_group("verdict on ten answers");
    group.bench_function("judged", |b| b.iter(&judged));
    group.bench_function("credit by the pass rate", |b| b.iter(|| credit(&rate, black_box(&passed))));
    group.bench_function("credit by VeRPO", |b| b.iter(|| credit(&VeRpo::default(), black_box(&passed))));
    group.finish();
}

criterion_group!(benches, verdict);
criterion_main!(benches);
