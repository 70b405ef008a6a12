//! Steps with their observation under a random policy, resets included; one thread unless the name says so.
//!
//! Criterion's rate is environment steps per second.
#![allow(missing_docs, reason = "criterion's macros generate undocumented items")]

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use milepost_core::{
    DiscreteEnvironment, Environment, Purpose, Stream, StreamKey, TaskSeed, VectorEnv, VectorEnvironment,
};
use milepost_gridworld::{Gridworld, GridworldBatch, LevelPool};

const IDS: [&str; 7] = [
    "MiniGrid-Empty-8x8-v0",
    "MiniGrid-DoorKey-8x8-v0",
    "MiniGrid-MultiRoom-N6-v0",
    "MiniGrid-KeyCorridorS3R3-v0",
    "MiniGrid-Dynamic-Obstacles-8x8-v0",
    "BabyAI-GoToLocal-v0",
    "BabyAI-BossLevel-v0",
];

/// Slots of a batch.
const SLOTS: usize = 1024;
/// Levels of a pool.
const POOL: u64 = 1024;

/// Random actions drawn ahead, so that drawing them is not measured.
fn actions(n: usize, count: usize) -> Vec<u32> {
    let mut stream = Stream::new(StreamKey::new(0, Purpose::POLICY));
    (0..n).map(|_| stream.below(count as u64) as u32).collect()
}

fn scalar(c: &mut Criterion) {
    let mut group = c.benchmark_group("scalar");
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

fn resets(c: &mut Criterion) {
    let mut group = c.benchmark_group("reset");
    group.throughput(Throughput::Elements(1));
    for id in IDS {
        let mut environment = Gridworld::make(id).expect("a registered id");
        let mut task = 0;
        group.bench_function(BenchmarkId::from_parameter(id), |b| {
            b.iter(|| {
                task += 1;
                environment.reset(TaskSeed::train(0, task))
            });
        });
    }
    group.finish();
}

fn vector(
    c: &mut Criterion,
    name: &str,
    id: &str,
    mut vector: impl VectorEnvironment<Action = u32>,
    tasks: u64,
) {
    let count = Gridworld::make(id).expect("a registered id").action_count();
    let rows: Vec<Vec<u32>> = actions(256 * SLOTS, count).chunks(SLOTS).map(<[u32]>::to_vec).collect();
    let (mut task, mut next) = (0, 0);
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(SLOTS as u64));
    group.bench_function(BenchmarkId::from_parameter(id), |b| {
        b.iter(|| {
            let mut next_task = |_| {
                task += 1;
                TaskSeed::train(0, task % tasks)
            };
            vector.step_all(&rows[next], &mut next_task).expect("legal");
            next = (next + 1) % rows.len();
        });
    });
    group.finish();
}

fn side_by_side(c: &mut Criterion) {
    let tasks: Vec<TaskSeed> = (0..SLOTS as u64).map(|index| TaskSeed::train(0, index)).collect();
    for id in IDS {
        let prototype = Gridworld::make(id).expect("a registered id");
        let one_by_one = VectorEnv::new(&prototype, tasks.clone()).expect("resets");
        vector(c, "one_by_one_1024", id, one_by_one, u64::MAX);
        let batch = GridworldBatch::new(&prototype, tasks.clone()).expect("resets");
        vector(c, "batch_1024/levels_drawn", id, batch, u64::MAX);
        let ready = (0..POOL).map(|index| TaskSeed::train(0, index));
        let pool = Arc::new(LevelPool::new(&prototype, ready).expect("levels"));
        let batch = GridworldBatch::with_levels(Arc::clone(&pool), tasks.clone()).expect("resets");
        vector(c, "batch_1024/levels_pooled", id, batch.clone(), POOL);
        let threads = rayon::current_num_threads();
        vector(
            c,
            &format!("batch_1024/levels_pooled/{threads}_threads"),
            id,
            batch.in_pieces_of(SLOTS / threads),
            POOL,
        );
    }
}

criterion_group!(benches, scalar, resets, side_by_side);
criterion_main!(benches);
