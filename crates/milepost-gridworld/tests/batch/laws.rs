use std::sync::Arc;

use milepost_core::{
    DiscreteEnvironment, EnvError, Environment, Purpose, Stream, StreamKey, TaskSeed, VectorEnv,
    VectorEnvironment,
};
use milepost_gridworld::{GridObservation, GridView, Gridworld, GridworldBatch, LevelPool, registered_ids};
use proptest::prelude::*;

use crate::scattered::Scattered;

/// How a batch is made and played.
#[derive(Debug, Clone)]
struct Play {
    world: Gridworld,
    tasks: Vec<TaskSeed>,
    steps: usize,
    actions: u64,
}

/// Any level of a registered name, or with anything anywhere, seen through views of any size; episodes that are often short.
fn play() -> impl Strategy<Value = Play> {
    let ids: Vec<&str> = registered_ids().collect();
    let worlds = prop_oneof![
        3 => proptest::sample::select(ids).prop_map(|id| Gridworld::make(id).expect("registered")),
        2 => Just(()).prop_map(|()| Gridworld::new("scattered", Box::new(Scattered))),
    ];
    let views = prop_oneof![3 => Just(7usize), 1 => (1usize..=6).prop_map(|half| 2 * half + 1)];
    let budgets = prop_oneof![1 => Just(None), 2 => (1u32..30).prop_map(Some)];
    (worlds, views, any::<bool>(), budgets, 1usize..40, 1usize..60, any::<u64>()).prop_filter_map(
        "no level",
        |(world, view, see_through, budget, slots, steps, actions)| {
            let world = world.with_view_size(view).expect("odd").with_see_through_walls(see_through);
            let world = match budget {
                Some(steps) => world.with_max_steps(steps).expect("positive"),
                None => world,
            };
            let tasks: Vec<TaskSeed> = (0..slots as u64).map(|slot| TaskSeed::train(actions, slot)).collect();
            VectorEnv::new(&world, tasks.clone()).ok()?;
            Some(Play { world, tasks, steps, actions })
        },
    )
}

/// Moves forward most of the time.
fn action(stream: &mut Stream, count: u64) -> u32 {
    if stream.below(3) == 0 { 2 } else { stream.below(count) as u32 }
}

fn see<'a>(view: &'a GridView<'a>) -> (&'a [u8], u8) {
    (view.image, view.direction)
}

fn expect(observation: &GridObservation) -> (&[u8], u8) {
    (&observation.image, observation.direction)
}

/// The tasks of later episodes, one after the other.
struct Tasks(u64);

impl Tasks {
    fn next(&mut self) -> TaskSeed {
        self.0 += 1;
        TaskSeed::train(1, self.0 % 50)
    }
}

/// Plays `batch` beside the scalar engine; `false` if the play ends early because a level cannot be drawn.
fn compare(play: &Play, batch: &mut GridworldBatch) -> Result<bool, TestCaseError> {
    let mut scalar = VectorEnv::new(&play.world, play.tasks.clone()).expect("levels");
    let mut stream = Stream::new(StreamKey::new(play.actions, Purpose::POLICY));
    let (mut tasks, mut same_tasks) = (Tasks(0), Tasks(0));
    let count = play.world.action_count() as u64;
    for _ in 0..play.steps {
        let actions: Vec<u32> = play.tasks.iter().map(|_| action(&mut stream, count)).collect();
        let expected = scalar.step_all(&actions, &mut |_| tasks.next());
        let found = batch.step(&actions, |_| same_tasks.next());
        if expected.is_err() {
            prop_assert!(found.is_err());
            return Ok(false);
        }
        prop_assert_eq!(found, Ok(()));
        prop_assert_eq!(batch.outcomes(), scalar.outcomes());
        prop_assert_eq!(batch.tasks(), scalar.tasks());
        for (slot, world) in scalar.environments().iter().enumerate() {
            let observation = batch.observation(slot);
            prop_assert_eq!(see(&observation), expect(&scalar.observations()[slot]), "slot {}", slot);
            let last = batch.final_observation(slot);
            prop_assert_eq!(last.as_ref().map(see), scalar.final_observation(slot).map(expect));
            prop_assert_eq!(batch.state_key(slot), world.state_key());
            prop_assert_eq!(batch.mission(slot), world.mission());
        }
    }
    for (slot, world) in scalar.environments().iter().enumerate() {
        let found = batch.world(slot);
        prop_assert_eq!(found.rng(), world.rng());
        prop_assert_eq!(found.state_key_from_scratch(), world.state_key_from_scratch());
        prop_assert_eq!((found.elapsed(), found.to_text()), (world.elapsed(), world.to_text()));
    }
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    #[test]
    fn a_slot_does_what_the_scalar_engine_does(play in play()) {
        let mut batch = GridworldBatch::new(&play.world, play.tasks.clone()).expect("levels");
        compare(&play, &mut batch)?;
    }

    #[test]
    fn threads_and_a_pool_of_levels_change_nothing(play in play(), pooled in 0u64..50) {
        let later = (0..pooled).map(|index| TaskSeed::train(1, index));
        let ready = later.chain(play.tasks.iter().copied().step_by(2));
        let Ok(pool) = LevelPool::new(&play.world, ready) else { return Ok(()) };
        let batch = GridworldBatch::with_levels(Arc::new(pool), play.tasks.clone()).expect("levels");
        compare(&play, &mut batch.in_pieces_of(1))?;
    }
}

#[test]
fn a_slot_can_be_looked_at_in_its_final_state() {
    let world = Gridworld::make("MiniGrid-DoorKey-5x5-v0").expect("registered").with_max_steps(1);
    let world = world.expect("one step");
    let task = TaskSeed::literal(3);
    let mut batch = GridworldBatch::new(&world, vec![task; 2]).expect("levels");
    batch.advance(&[2, 0]).expect("legal");
    assert!(batch.outcomes().iter().all(|outcome| outcome.ending.is_some()));
    assert!(batch.world(1).ending().is_some() && batch.world(1).elapsed() == 1);
    assert!(matches!(batch.advance(&[2, 0]), Err(EnvError::StepAfterEnd { .. })));
    batch.restart_ended(|slot| TaskSeed::literal(slot as u64)).expect("levels");
    assert_eq!(batch.tasks(), [TaskSeed::literal(0), TaskSeed::literal(1)]);
    assert!(batch.world(1).ending().is_none() && batch.final_observation(1).is_some());
}

#[test]
fn actions_that_cannot_be_taken_are_refused_before_anything_changes() {
    let world = Gridworld::make("MiniGrid-Empty-Random-5x5-v0").expect("registered");
    let mut batch = GridworldBatch::new(&world, vec![TaskSeed::literal(0); 3]).expect("levels");
    let before: Vec<u64> = (0..3).map(|slot| batch.state_key(slot)).collect();
    let task = |_| TaskSeed::literal(0);
    assert!(matches!(batch.step(&[0, 0, 9], task), Err(EnvError::ActionOutOfRange { action: 9, .. })));
    assert!(matches!(batch.step(&[0], task), Err(EnvError::BatchSize { actions: 1, environments: 3 })));
    assert_eq!(before, (0..3).map(|slot| batch.state_key(slot)).collect::<Vec<_>>());
}
