//! Distances that can be counted by hand, and what the oracle does where it has no answer.

use std::sync::{Arc, Mutex};

use milepost_core::{Environment, Probe, TaskSeed};
use milepost_gridworld::{
    Blueprint, Color, Direction, Distance, DistanceOracle, DoorState, Grid, Gridworld, Kind, Object,
    Position, ProgressProbe, Settings, StepsToGoProbe, Task,
};

/// A corridor from (1, 1) to the goal at (5, 1), the agent looking right, with things in between.
fn corridor(things: &[(i32, Object)]) -> Gridworld {
    let mut grid = Grid::new(7, 3);
    grid.wall_rectangle(0, 0, 7, 3);
    grid.set(5, 1, Some(Object::goal()));
    for (x, thing) in things {
        grid.set(*x, 1, Some(thing.clone()));
    }
    let blueprint = Blueprint {
        grid,
        agent: Position::new(1, 1),
        direction: Direction::Right,
        carrying: None,
        task: Task::Goal,
        mission: "reach the goal".into(),
        rng: None,
    };
    Gridworld::from_blueprint("corridor", blueprint, Settings::new(50)).expect("playable")
}

#[test]
fn distances_count_turns_keys_and_doors() {
    let mut oracle = DistanceOracle::default();
    assert_eq!(oracle.steps_to_go(&corridor(&[])), Some(4), "four steps forward");
    let closed = Object::door(Color::Red, DoorState::Closed);
    assert_eq!(oracle.steps_to_go(&corridor(&[(3, closed)])), Some(5), "and one toggle");
    let locked = Object::door(Color::Red, DoorState::Locked);
    let key = Object::new(Kind::Key, Color::Red);
    let with_key = corridor(&[(2, key.clone()), (3, locked.clone())]);
    assert_eq!(oracle.steps_to_go(&with_key), Some(6), "and one pickup");
    let hidden = Object::box_with(Color::Blue, key);
    let in_box = corridor(&[(2, hidden), (3, locked.clone())]);
    assert_eq!(oracle.steps_to_go(&in_box), Some(7), "and one more toggle");
    let wrong_key = Object::new(Kind::Key, Color::Green);
    assert_eq!(oracle.distance(&corridor(&[(2, wrong_key), (3, locked)])), Distance::Unreachable);
}

#[test]
fn progress_goes_from_the_farthest_state_to_success() {
    let mut world = corridor(&[]);
    let mut oracle = DistanceOracle::default();
    // The farthest states look left at (1, 1): two turns and four steps.
    assert_eq!(oracle.progress(&world), Some(1.0 - 4.0 / 6.0));
    world.step(&0).expect("turn");
    world.step(&0).expect("turn");
    assert_eq!((oracle.steps_to_go(&world), oracle.progress(&world)), (Some(6), Some(0.0)));
    for action in [0, 0, 2, 2, 2, 2] {
        world.step(&action).expect("legal");
    }
    assert!(world.ending().is_some_and(milepost_core::Ending::is_success));
    assert_eq!((oracle.steps_to_go(&world), oracle.progress(&world)), (Some(0), Some(1.0)));
}

#[test]
fn lava_is_out_of_reach_of_success() {
    let mut world = corridor(&[(2, Object::lava())]);
    world.step(&2).expect("legal");
    let mut oracle = DistanceOracle::default();
    assert_eq!(oracle.distance(&world), Distance::Unreachable);
    assert_eq!(oracle.progress(&world), Some(0.0));
}

#[test]
fn too_many_states_and_no_reset_are_unknown_not_unreachable() {
    let mut oracle = DistanceOracle::new(10, 100);
    assert_eq!(oracle.distance(&corridor(&[])), Distance::Unknown);
    assert_eq!(oracle.progress(&corridor(&[])), None);
    let not_reset = Gridworld::make("MiniGrid-Empty-5x5-v0").expect("registered");
    assert_eq!(DistanceOracle::default().distance(&not_reset), Distance::Unknown);
    assert!(StepsToGoProbe::default().read(&not_reset).is_nan());
    assert!(ProgressProbe::default().read(&not_reset).is_nan());
}

#[test]
fn probes_share_an_oracle_and_a_small_cache_changes_no_answer() {
    let mut world = Gridworld::make("MiniGrid-DoorKey-5x5-v0").expect("registered");
    let mut ample = StepsToGoProbe::default();
    let tight = Arc::new(Mutex::new(DistanceOracle::new(10_000, 1)));
    let mut steps = StepsToGoProbe::new(Arc::clone(&tight));
    let mut progress = ProgressProbe::new(tight);
    assert_eq!((steps.name(), progress.name()), ("steps_to_go", "progress"));
    for seed in [1, 2, 3, 1] {
        world.reset(TaskSeed::literal(seed)).expect("a level");
        assert_eq!(steps.read(&world), ample.read(&world));
        assert!((0.0..1.0).contains(&progress.read(&world)));
    }
}
