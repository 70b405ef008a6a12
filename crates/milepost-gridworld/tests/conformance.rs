//! Every registered gridworld keeps the laws that environments promise.

use milepost_core::TaskSeed;
use milepost_gridworld::{Gridworld, registered_ids};
use milepost_testkit::environment::{self, KeyScope, Options, SeedEffect};

/// Four and eight obstacles can move in up to 10^4 and 10^8 ways in one step: too many to list.
const MANY_OBSTACLES: [&str; 2] =
    ["MiniGrid-Dynamic-Obstacles-8x8-v0", "MiniGrid-Dynamic-Obstacles-16x16-v0"];

#[test]
fn every_registered_gridworld_conforms() {
    let options = Options {
        tasks: (0..3).map(|index| TaskSeed::train(0, index)).collect(),
        max_steps: 60,
        keys: KeyScope::Observation,
        ..Options::default()
    };
    for id in registered_ids() {
        let world = Gridworld::make(id).expect("registered");
        let always_the_same = id.starts_with("MiniGrid-DistShift")
            || (id.starts_with("MiniGrid-Empty") && !id.contains("Random"));
        let seeds = if always_the_same { SeedEffect::None } else { SeedEffect::Varies };
        let options = Options { seeds, ..options.clone() };
        if MANY_OBSTACLES.contains(&id) {
            environment::conformance(&world, &options);
        } else {
            environment::enumerable_conformance(&world, &options);
        }
    }
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_one() {
    let error = Gridworld::make("MiniGrid-DoorKy-5x5-v0").expect_err("misspelt");
    assert_eq!(
        error.to_string(),
        "no gridworld is called \"MiniGrid-DoorKy-5x5-v0\"; did you mean \"MiniGrid-DoorKey-5x5-v0\"?"
    );
}

#[test]
fn every_registered_name_can_be_made() {
    for id in registered_ids() {
        assert!(Gridworld::make(id).is_ok_and(|world| world.name() == id), "{id}");
    }
}
