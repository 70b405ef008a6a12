//! Takes random steps and does nothing else, for a stopwatch outside: `benches/peers/minigrid_speed.py --beside`.
//!
//! `cargo run --release -p milepost-gridworld --example stepping -- WAY LEVEL SWEEPS`, where a sweep is 1024
//! steps with their observations and `WAY` is `scalar`, `one_by_one`, `batch_drawn` or `batch_pooled`.

use std::sync::Arc;

use milepost_core::{
    DiscreteEnvironment, Environment, Purpose, Stream, StreamKey, TaskSeed, VectorEnv, VectorEnvironment,
};
use milepost_gridworld::{Gridworld, GridworldBatch, LevelPool};

/// Slots of a batch, steps of a sweep, and levels of a pool.
const SLOTS: u64 = 1024;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, level, sweeps] = arguments.as_slice() else { return Err("WAY LEVEL SWEEPS".into()) };
    let (world, sweeps) = (Gridworld::make(level)?, sweeps.parse()?);
    let tasks: Vec<TaskSeed> = (0..SLOTS).map(|index| TaskSeed::train(0, index)).collect();
    match way.as_str() {
        "scalar" => one(&world, sweeps),
        "one_by_one" => many(&world, VectorEnv::new(&world, tasks)?, sweeps, u64::MAX),
        "batch_drawn" => many(&world, GridworldBatch::new(&world, tasks)?, sweeps, u64::MAX),
        "batch_pooled" => {
            let pool = Arc::new(LevelPool::new(&world, tasks.clone())?);
            many(&world, GridworldBatch::with_levels(pool, tasks)?, sweeps, SLOTS)
        }
        _ => Err(format!("there is no way {way:?} of stepping").into()),
    }
}

type Done = Result<(), Box<dyn std::error::Error>>;

/// Rows of random actions, drawn ahead.
fn actions(world: &Gridworld) -> Vec<Vec<u32>> {
    let mut stream = Stream::new(StreamKey::new(0, Purpose::POLICY));
    let count = world.action_count() as u64;
    (0..256).map(|_| (0..SLOTS).map(|_| stream.below(count) as u32).collect()).collect()
}

fn one(world: &Gridworld, sweeps: usize) -> Done {
    let (mut world, mut task) = (world.clone(), 0);
    world.reset(TaskSeed::train(0, task))?;
    let mut observation = world.new_observation();
    for row in actions(&world).iter().cycle().take(sweeps) {
        for action in row {
            if world.step(action)?.ending.is_some() {
                task += 1;
                world.reset(TaskSeed::train(0, task))?;
            }
            world.observe(std::hint::black_box(&mut observation));
        }
    }
    Ok(())
}

/// Episodes after the first take tasks in turn, from 0 to before `tasks`.
fn many(
    world: &Gridworld,
    mut worlds: impl VectorEnvironment<Action = u32>,
    sweeps: usize,
    tasks: u64,
) -> Done {
    let mut task = 0;
    let mut next_task = |_| {
        task += 1;
        TaskSeed::train(0, task % tasks)
    };
    for row in actions(world).iter().cycle().take(sweeps) {
        worlds.step_all(row, &mut next_task)?;
    }
    Ok(())
}
