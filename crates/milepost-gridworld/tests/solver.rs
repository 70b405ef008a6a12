//! Laws of the solver.

use milepost_core::{Environment, TaskSeed};
use milepost_gridworld::{
    Blueprint, Color, Direction, Distance, DistanceOracle, DoorState, Grid, Gridworld, Kind, Object,
    Position, Settings, Solver, Task, Unsolved, registered_ids,
};
use proptest::prelude::*;

fn started(id: &str, seed: u64) -> Option<Gridworld> {
    let mut world = Gridworld::make(id).expect("registered");
    world.reset(TaskSeed::literal(seed)).ok().map(|()| world)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the seed, a level is solved within its budget, or is shown to have no solution.
    #[test]
    fn levels_are_solved_or_cannot_be(
        id in proptest::sample::select(registered_ids().collect::<Vec<_>>()),
        seed: u64,
    ) {
        let Some(world) = started(id, seed) else { return Ok(()) };
        match Solver.demonstrate(&world) {
            Ok(demonstration) => {
                let mut again = world.clone();
                let mut total = 0.0;
                for action in &demonstration.actions {
                    total += again.step(action).expect("legal").reward;
                }
                prop_assert!(again.ending().is_some_and(milepost_core::Ending::is_success));
                prop_assert_eq!(total, demonstration.total_reward);
                prop_assert!(total > 0.0);
            }
            Err(Unsolved::Pointless { .. }) => prop_assert_eq!(world.task(), Some(&Task::Free)),
            Err(Unsolved::Hopeless { .. }) => {}
            Err(error) => prop_assert_eq!(
                DistanceOracle::default().distance(&world),
                Distance::Unreachable,
                "seed {}: {}",
                seed,
                error
            ),
        }
    }
}

/// Levels that can be enumerated.
const SMALL: [&str; 8] = [
    "BabyAI-GoToObjS4-v0",
    "BabyAI-GoToLocalS5N2-v0",
    "BabyAI-PutNextS4N1-v0",
    "BabyAI-OpenRedDoor-v0",
    "BabyAI-KeyCorridorS3R1-v0",
    "MiniGrid-DoorKey-5x5-v0",
    "MiniGrid-LavaCrossingS9N2-v0",
    "MiniGrid-UnlockPickup-v0",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_demonstration_is_shorter_than_the_distance(
        id in proptest::sample::select(SMALL.to_vec()),
        seed: u64,
    ) {
        let Some(world) = started(id, seed) else { return Ok(()) };
        let shortest = DistanceOracle::default().distance(&world);
        match Solver.demonstrate(&world) {
            Ok(demonstration) => {
                let Distance::Steps(steps) = shortest else { panic!("{id} seed {seed}: {shortest:?}") };
                prop_assert!(demonstration.actions.len() >= steps as usize);
            }
            Err(error) => prop_assert_eq!(shortest, Distance::Unreachable, "{} seed {}: {}", id, seed, error),
        }
    }

    #[test]
    fn equal_levels_give_equal_demonstrations(id in proptest::sample::select(SMALL.to_vec()), seed: u64) {
        if let (Some(one), Some(other)) = (started(id, seed), started(id, seed)) {
            prop_assert_eq!(Solver.demonstrate(&one), Solver.demonstrate(&other));
        }
    }
}

/// A corridor with the agent at its left end, looking right, and a ball to pick up at its right end.
fn corridor(things: &[(i32, Object)]) -> Gridworld {
    let mut grid = Grid::new(9, 3);
    grid.wall_rectangle(0, 0, 9, 3);
    grid.set(7, 1, Some(Object::new(Kind::Ball, Color::Purple)));
    for (x, thing) in things {
        grid.set(*x, 1, Some(thing.clone()));
    }
    let blueprint = Blueprint {
        grid,
        agent: Position::new(1, 1),
        direction: Direction::Right,
        carrying: None,
        task: Task::PickUp { object: Position::new(7, 1) },
        mission: "pick up the ball".into(),
        rng: None,
    };
    Gridworld::from_blueprint("corridor", blueprint, Settings::new(100)).expect("playable")
}

#[test]
fn things_in_the_way_are_carried_away_and_keys_fetched() {
    let key = Object::new(Kind::Key, Color::Red);
    let door = Object::door(Color::Red, DoorState::Locked);
    for (things, steps) in [
        (vec![], 6),
        // The key must be put down behind the agent: two turns, and two back.
        (vec![(3, key.clone()), (5, door.clone())], 13),
        (vec![(3, Object::box_with(Color::Blue, key)), (5, door)], 14),
    ] {
        let world = corridor(&things);
        let shortest = DistanceOracle::default().steps_to_go(&world);
        let demonstration = Solver.demonstrate(&world).expect("there is a way");
        assert_eq!((shortest, demonstration.actions.len()), (Some(steps), steps as usize));
    }
}

#[test]
fn a_key_behind_its_own_door_is_hopeless() {
    let key = Object::new(Kind::Key, Color::Red);
    let world = corridor(&[(3, Object::door(Color::Red, DoorState::Locked)), (5, key)]);
    assert!(matches!(Solver.demonstrate(&world), Err(Unsolved::Hopeless { .. })));
    assert_eq!(DistanceOracle::default().distance(&world), Distance::Unreachable);
}

#[test]
fn without_an_episode_there_is_nothing_to_plan() {
    let mut world = Gridworld::make("BabyAI-GoToObj-v0").expect("registered");
    assert!(matches!(Solver.plan(&world), Err(Unsolved::NoEpisode { .. })));
    world.reset(TaskSeed::literal(1)).expect("a level");
    for action in Solver.demonstrate(&world).expect("solvable").actions {
        world.step(&action).expect("legal");
    }
    assert!(matches!(Solver.plan(&world), Err(Unsolved::NoEpisode { .. })));
}
