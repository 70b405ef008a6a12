use std::sync::Arc;

use allocation_counter::measure;
use milepost_core::{DiscreteEnvironment, Purpose, Stream, StreamKey, TaskSeed};
use milepost_gridworld::{Gridworld, GridworldBatch, LevelPool};

fn step(batch: &mut GridworldBatch, actions: &[Vec<u32>], tasks: u64) {
    let mut task = 0;
    for row in actions {
        let next_task = |_| {
            task += 1;
            TaskSeed::literal(task % tasks)
        };
        batch.step(row, next_task).expect("legal");
    }
}

#[test]
fn steps_on_pooled_levels_do_not_allocate() {
    const SLOTS: usize = 20;
    let ids = [
        "MiniGrid-DoorKey-8x8-v0",
        "MiniGrid-KeyCorridorS3R3-v0",
        "MiniGrid-Dynamic-Obstacles-8x8-v0",
        "BabyAI-GoToLocal-v0",
        "BabyAI-PutNextLocal-v0",
    ];
    for id in ids {
        let world = Gridworld::make(id).expect("registered").with_max_steps(10).expect("positive");
        let tasks: Vec<TaskSeed> = (0..4).map(TaskSeed::literal).collect();
        let pool = LevelPool::new(&world, tasks.clone()).expect("levels");
        let slots = tasks.iter().copied().cycle().take(SLOTS).collect();
        let mut batch = GridworldBatch::with_levels(Arc::new(pool), slots).expect("levels");
        let mut stream = Stream::new(StreamKey::new(0, Purpose::POLICY));
        let count = world.action_count() as u64;
        let actions: Vec<Vec<u32>> =
            (0..400).map(|_| (0..SLOTS).map(|_| stream.below(count) as u32).collect()).collect();
        // Afterwards each slot has room for each of the levels.
        step(&mut batch, &actions, 4);
        let allocated = measure(|| step(&mut batch, &actions, 4));
        assert_eq!((allocated.count_total, allocated.bytes_total), (0, 0), "{id}");
        // Levels that are not in the pool are drawn, which does.
        assert!(measure(|| step(&mut batch, &actions[..20], u64::MAX)).count_total > 0, "{id}");
    }
}

#[test]
fn a_slot_takes_about_as_much_as_its_map_its_state_and_two_observations() {
    const SLOTS: u64 = 1024;
    // Bytes a slot with levels from a pool, and with levels of its own.
    let bounds = [("MiniGrid-DoorKey-8x8-v0", 1536, 2560), ("MiniGrid-MultiRoom-N6-v0", 6144, 9216)];
    for (id, pooled, drawn) in bounds {
        let world = Gridworld::make(id).expect("registered");
        let tasks: Vec<TaskSeed> = (0..SLOTS).map(|slot| TaskSeed::train(0, slot)).collect();
        let pool = Arc::new(LevelPool::new(&world, tasks.clone()).expect("levels"));
        let mut kept = Vec::new();
        let bytes = measure(|| {
            kept.push(GridworldBatch::with_levels(Arc::clone(&pool), tasks.clone()).expect("levels"));
        });
        assert!(bytes.bytes_current as u64 / SLOTS <= pooled, "{id}: {bytes:?}");
        let bytes = measure(|| kept.push(GridworldBatch::new(&world, tasks).expect("levels")));
        assert!(bytes.bytes_current as u64 / SLOTS <= drawn, "{id}: {bytes:?}");
    }
}
