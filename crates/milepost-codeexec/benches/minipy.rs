//! Tests and fuel a second of MiniPy, and what tasks of `code-dsl` cost.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use milepost_codeexec::code_dsl::{CodeDsl, CodeTask, TaskConfig};
use milepost_codeexec::pipeline::Pipelines;
use milepost_codeexec::{
    Call, Comparison, Executor, Expected, Judge, Limits, MiniPy, Outcome, Source, Test, Value,
};
use milepost_core::{Demonstrator, Environment, TaskSeed};

/// Ten lines: a loop, a branch, a list.
const TEN_LINES: &str = "\
def f(xs, k):
    kept = []
    total = 0
    for x in xs:
        if x % 2 == 0:
            kept.append(x * k)
            total += x
        else:
            total -= 1
    return kept, total
";

const SPIN: &str = "\
def f(n):
    i = 0
    total = 0
    while i < n:
        total = (total + i * 3) % 1000
        i += 1
    return total
";

fn test() -> Test {
    let value = |text| Value::parse(text).expect("a literal");
    Test {
        call: Call::new(vec![value("[3, 4, 8, 5, 2]"), value("3")]),
        expected: Expected::Returns(value("([12, 24, 6], 12)"), Comparison::Python),
    }
}

fn tests_per_second(c: &mut Criterion) {
    let (judge, source) = (Judge::new(MiniPy), Source::from(TEN_LINES));
    let mut group = c.benchmark_group("minipy");
    group.throughput(Throughput::Elements(1));
    let one = [test()];
    assert!(judge.judge(&source, "f", &one).solved());
    group.bench_function("ten lines, cold, one test", |b| {
        b.iter(|| judge.judge(black_box(&source), "f", black_box(&one)));
    });
    let many = vec![test(); 24];
    group.throughput(Throughput::Elements(24));
    group.bench_function("ten lines, cold, 24 tests", |b| {
        b.iter(|| judge.judge(black_box(&source), "f", black_box(&many)));
    });
    let program = MiniPy.prepare(&source, "f").expect("MiniPy");
    group.bench_function("ten lines, prepared, 24 tests", |b| {
        b.iter(|| judge.judge_prepared(black_box(&program), black_box(&many)));
    });
    group.finish();
}

fn fuel_per_second(c: &mut Criterion) {
    let program = MiniPy.prepare(&Source::from(SPIN), "f").expect("MiniPy");
    let call = [Call::new(vec![Value::int(100_000)])];
    let run = || MiniPy.run(&program, &call, &Limits::default()).remove(0);
    let Outcome::Returned(_, usage) = run() else { panic!("the loop ends") };
    let mut group = c.benchmark_group("fuel");
    group.throughput(Throughput::Elements(usage.fuel.expect("MiniPy is metered")));
    group.bench_function("a loop of arithmetic", |b| b.iter(run));
    group.finish();
}

fn code_dsl(c: &mut Criterion) {
    let mut group = c.benchmark_group("code-dsl");
    group.throughput(Throughput::Elements(1));
    let mut seed = 0;
    group.bench_function("draw a task", |b| {
        b.iter(|| {
            seed += 1;
            CodeTask::draw(&TaskConfig::default(), TaskSeed::literal(seed))
        });
    });
    let mut world = CodeDsl::default();
    world.reset(TaskSeed::literal(1)).expect("a task");
    let turn = world.expert_turn().expect("running");
    let task = world.task().expect("started").clone();
    group.throughput(Throughput::Elements(24));
    group.bench_function("24 tests of a submission", |b| {
        let fresh = || world.clone();
        b.iter_batched(fresh, |mut world| world.step(black_box(&turn)), BatchSize::SmallInput);
    });
    let tests = task.train().to_tests();
    let program = Pipelines.prepare(&Source::from(task.target().to_string()), "f").expect("a pipeline");
    group.bench_function("24 tests by the judge", |b| {
        b.iter(|| Judge::new(Pipelines).judge_prepared(black_box(&program), black_box(&tests)));
    });
    group.finish();
}

criterion_group!(benches, tests_per_second, fuel_per_second, code_dsl);
criterion_main!(benches);
