//! Laws of every gridworld, on random play.

use milepost_core::{DiscreteEnvironment, Enumerable, EnvError, Environment, TaskSeed};
use milepost_gridworld::{DistanceOracle, Gridworld, registered_ids};
use proptest::prelude::*;

/// A registered environment, started, and actions to take in it.
fn played() -> impl Strategy<Value = (Gridworld, Vec<u32>)> {
    let ids: Vec<&str> = registered_ids().collect();
    let actions = proptest::collection::vec(prop_oneof![3 => Just(2u32), 1 => 0u32..7], 0..80);
    (proptest::sample::select(ids), any::<u64>(), actions).prop_filter_map(
        "no level",
        |(id, seed, actions)| {
            let mut world = Gridworld::make(id).expect("registered");
            world.reset(TaskSeed::literal(seed)).ok()?;
            let count = world.action_count() as u32;
            Some((world, actions.into_iter().map(|action| action % count).collect()))
        },
    )
}

fn image(world: &Gridworld) -> milepost_gridworld::GridObservation {
    let mut seen = world.new_observation();
    world.observe(&mut seen);
    seen
}

/// Plays until the actions or the episode end, calling `each` before every step.
fn play(
    mut world: Gridworld,
    actions: &[u32],
    mut each: impl FnMut(&Gridworld, u32) -> Result<(), TestCaseError>,
) -> Result<Gridworld, TestCaseError> {
    for action in actions {
        each(&world, *action)?;
        if world.step(action).expect("legal").ending.is_some() {
            break;
        }
    }
    Ok(world)
}

proptest! {
    #[test]
    fn the_incremental_key_equals_the_one_from_scratch((world, actions) in played()) {
        let last = play(world, &actions, |world, _| {
            prop_assert_eq!(world.state_key(), world.state_key_from_scratch());
            Ok(())
        })?;
        prop_assert_eq!(last.state_key(), last.state_key_from_scratch());
    }

    #[test]
    fn a_clone_sees_and_does_the_same((world, actions) in played()) {
        play(world, &actions, |world, action| {
            let (mut a, mut b) = (world.clone(), world.clone());
            prop_assert_eq!(image(&a), image(&b));
            prop_assert_eq!(a.step(&action), b.step(&action));
            prop_assert_eq!((image(&a), a.state_key(), a.elapsed()), (image(&b), b.state_key(), b.elapsed()));
            Ok(())
        })?;
    }

    #[test]
    fn equal_seeds_give_equal_episodes((mut world, actions) in played(), seed: u64) {
        let mut again = Gridworld::make(world.name()).expect("registered");
        let starts = (world.reset(TaskSeed::literal(seed)), again.reset(TaskSeed::literal(seed)));
        prop_assert_eq!(&starts.0, &starts.1);
        if starts.0.is_ok() {
            play(world, &actions, |world, action| {
                prop_assert_eq!((image(world), world.state_key()), (image(&again), again.state_key()));
                again.step(&action).expect("legal");
                Ok(())
            })?;
        }
    }

    #[test]
    fn what_cannot_be_done_is_an_error_and_changes_nothing((world, actions) in played(), beyond in 0u32..100) {
        let action = world.action_count() as u32 + beyond;
        let mut last = play(world, &actions, |_, _| Ok(()))?;
        let before = (last.state_key(), last.elapsed(), last.ending());
        let out_of_range = matches!(last.step(&action), Err(EnvError::ActionOutOfRange { .. }));
        prop_assert!(out_of_range);
        if last.ending().is_some() {
            let after_end = matches!(last.step(&0), Err(EnvError::StepAfterEnd { .. }));
            prop_assert!(after_end);
        }
        prop_assert_eq!((last.state_key(), last.elapsed(), last.ending()), before);
    }

    #[test]
    fn a_step_is_one_of_the_outcomes((world, actions) in played()) {
        // Four obstacles and more can move in too many ways to list at every step.
        prop_assume!(world.obstacles().len() < 4);
        play(world, &actions, |world, action| {
            let outcomes = world.outcomes(action);
            let total: f64 = outcomes.iter().map(|branch| branch.probability).sum();
            prop_assert!((total - 1.0).abs() < 1e-9, "probabilities sum to {}", total);
            let mut next = world.clone();
            let step = next.step(&action).expect("legal");
            let law = |branch: &milepost_core::Branch<Gridworld>| {
                let ending = step.ending.filter(|ending| !ending.bootstraps());
                branch.next.state_key() == next.state_key()
                    && branch.ending == ending
                    && (branch.reward.at(world.elapsed()) - step.reward).abs() < 1e-12
            };
            prop_assert!(outcomes.iter().any(law), "no outcome of {} agrees with {:?}", action, step);
            Ok(())
        })?;
    }
}

/// Environments small enough to be enumerated again and again.
const SMALL: [&str; 5] = [
    "MiniGrid-Empty-Random-6x6-v0",
    "MiniGrid-DoorKey-6x6-v0",
    "MiniGrid-LavaCrossingS9N2-v0",
    "MiniGrid-MultiRoom-N2-S4-v0",
    "MiniGrid-KeyCorridorS3R1-v0",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Bellman's equation: a state is one step farther than its best successor, and one step away if it can win.
    #[test]
    fn distances_are_one_more_than_the_best_successors(
        id in proptest::sample::select(SMALL.to_vec()),
        seed: u64,
        actions in proptest::collection::vec(0u32..6, 0..60),
    ) {
        let mut world = Gridworld::make(id).expect("registered");
        world.reset(TaskSeed::literal(seed)).expect("a level");
        let mut oracle = DistanceOracle::default();
        play(world, &actions, |world, _| {
            let best = (0..world.action_count() as u32)
                .flat_map(|action| world.outcomes(action))
                .filter_map(|branch| oracle.steps_to_go(&branch.next))
                .min();
            prop_assert_eq!(oracle.steps_to_go(world), best.map(|steps| steps + 1));
            let progress = oracle.progress(world).expect("small");
            prop_assert!((0.0..=1.0).contains(&progress));
            Ok(())
        })?;
    }
}
