//! The laboratory itself: what recording costs, and how long planning, resuming and reporting take.
#![allow(missing_docs, reason = "criterion's macros generate undocumented items")]

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use milepost_lab::analysis::analyse;
use milepost_lab::bench::{Line, Recording, experiment, finished, half_done, plan, resume};

/// One iteration's line in the log, its TensorBoard scalars and its timing; the throughput is in named numbers.
fn recording(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let run = plan(folder.path(), experiment(2, 1).expect("valid")).expect("writable");
    let mut recording = Recording::create(&run, "a0", 0).expect("writable");
    let mut group = c.benchmark_group("lab");
    group.throughput(Throughput::Elements(Line::new(1).numbers() as u64));
    let mut indices = 1..;
    group.bench_function("record-iteration", |b| {
        let next = || Line::new(indices.next().expect("endless"));
        b.iter_batched(next, |line| recording.iteration(line).expect("writable"), BatchSize::SmallInput);
    });
    group.finish();
}

/// A matrix of 1,000 arms × seeds.
fn matrix(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut group = c.benchmark_group("lab");
    group.bench_function("plan-1000", |b| {
        b.iter(|| plan(folder.path(), experiment(10, 100).expect("valid")).expect("writable"));
    });
    let run = plan(folder.path(), experiment(10, 100).expect("valid")).expect("writable");
    half_done(&run).expect("writable");
    group.bench_function("resume-1000", |b| b.iter(|| resume(run.path()).expect("readable")));
    group.finish();
}

/// Ten arms of ten seeds of 500 iterations and 51 evaluations each: records read, statistics, figures, page.
fn report(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let run = finished(folder.path(), 10, 10, 500).expect("writable");
    let mut group = c.benchmark_group("lab");
    group.sample_size(10).measurement_time(Duration::from_secs(30));
    group.bench_function("report-10x10", |b| {
        b.iter_batched(|| (), |()| analyse(&run).expect("a report"), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, recording, matrix, report);
criterion_main!(benches);
