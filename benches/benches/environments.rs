//! Environment steps with their observation: one environment, and 1024 side by side.
//!
//! A random policy; an episode that ends is reset, and the reset is part of the figure.
#![allow(missing_docs, reason = "criterion's macros generate undocumented items")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use milepost_core::{
    DiscreteEnvironment, Environment, Purpose, StepHook, StepOutcome, Stream, StreamKey, TaskSeed, VectorEnv,
};
use milepost_gridworld::Gridworld;

const IDS: [&str; 3] = ["MiniGrid-Empty-8x8-v0", "MiniGrid-DoorKey-8x8-v0", "MiniGrid-MultiRoom-N6-v0"];

/// Random actions drawn ahead, so that drawing them is not measured.
fn actions(n: usize, count: usize) -> Vec<u32> {
    let mut stream = Stream::new(StreamKey::new(0, Purpose::POLICY));
    (0..n).map(|_| stream.below(count as u64) as u32).collect()
}

fn scalar(c: &mut Criterion) {
    let mut group = c.benchmark_group("step_and_observe/batch_1");
    group.throughput(Throughput::Elements(1));
    for id in IDS {
        let mut environment = Gridworld::make(id).expect("a registered id");
        let actions = actions(4096, environment.action_count());
        let (mut task, mut next) = (0, 0);
        environment.reset(TaskSeed::train(0, task)).expect("resets");
        let mut observation = environment.new_observation();
        group.bench_function(BenchmarkId::from_parameter(id), |b| {
            b.iter(|| {
                let outcome = environment.step(&actions[next]).expect("legal");
                next = (next + 1) % actions.len();
                if outcome.ending.is_some() {
                    task += 1;
                    environment.reset(TaskSeed::train(0, task)).expect("resets");
                }
                environment.observe(&mut observation);
                outcome.reward
            });
        });
    }
    group.finish();
}

/// Counts tasks; nothing else happens around a step.
struct Tasks(u64);

impl StepHook<Gridworld> for Tasks {
    fn after_step(&mut self, _: usize, _: &Gridworld, _: &StepOutcome) {}
    fn next_task(&mut self, _: usize) -> TaskSeed {
        self.0 += 1;
        TaskSeed::train(1, self.0)
    }
}

fn batch(c: &mut Criterion) {
    const N: usize = 1024;
    let mut group = c.benchmark_group("step_and_observe/batch_1024");
    group.throughput(Throughput::Elements(N as u64));
    for id in IDS {
        let prototype = Gridworld::make(id).expect("a registered id");
        let tasks = (0..N as u64).map(|index| TaskSeed::train(0, index)).collect();
        let mut vector = VectorEnv::new(&prototype, tasks).expect("resets");
        let rows: Vec<Vec<u32>> =
            actions(64 * N, prototype.action_count()).chunks(N).map(<[u32]>::to_vec).collect();
        let (mut hook, mut next) = (Tasks(0), 0);
        group.bench_function(BenchmarkId::from_parameter(id), |b| {
            b.iter(|| {
                vector.step(&rows[next], &mut hook).expect("legal");
                next = (next + 1) % rows.len();
            });
        });
    }
    group.finish();
}

criterion_group!(benches, scalar, batch);
criterion_main!(benches);
