//! Staged and shaped tasks of the literature on dense rewards, as levels of the engine.
//!
//! | name | task | source |
//! |---|---|---|
//! | `Milepost-StagedFetch-8-v0`, `-10-` | key, door, ball, pad: [`StagedFetch`] | progress metrics and hop rewards (arXiv 2512.23703) |
//! | `Milepost-LavaMine-13-v0` | one ore from a cave with lava: [`LavaMine`] | Auto MC-Reward (arXiv 2312.09238) |
//! | `Milepost-SparseGrove-25-v0` | one tree in a wide plain: [`SparseGrove`] | the same |
//!
//! The papers' own tasks are played in other simulators; these levels keep their structure, and sizes are ours. They pay as
//! every level of this crate does, `1 - 0.9 · steps / max_steps` for success. [`Milestones`] tells which subgoals of any
//! level have been reached.
//!
//! ```
//! use milepost_core::{Environment, TaskSeed};
//! use milepost_gridworld::tasks::{self, stage};
//! use milepost_gridworld::{Distance, DistanceOracle};
//!
//! let mut world = tasks::make("Milepost-StagedFetch-8-v0").expect("a name of the table");
//! world.reset(TaskSeed::literal(1))?;
//! let Distance::Steps(start) = DistanceOracle::default().distance(&world) else { panic!("solvable") };
//! assert!(start > 8 && stage(&world) == 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checker;
mod lava_mine;
mod milestones;
mod potential;
mod sparse_grove;
mod staged_fetch;

pub use checker::{BadRate, NoisyChecker};
pub use lava_mine::LavaMine;
pub use milestones::{Milestone, Milestones};
pub use potential::oracle_potential;
pub use sparse_grove::SparseGrove;
pub use staged_fetch::{StagedFetch, stage};

use crate::Gridworld;
use crate::levels::Generate;

/// The names that [`make`] knows.
pub const NAMES: [&str; 4] = [
    "Milepost-StagedFetch-8-v0",
    "Milepost-StagedFetch-10-v0",
    "Milepost-LavaMine-13-v0",
    "Milepost-SparseGrove-25-v0",
];

/// The environment of a name in [`NAMES`].
#[must_use]
pub fn make(name: &str) -> Option<Gridworld> {
    Some(Gridworld::new(name, generator(name)?))
}

fn generator(name: &str) -> Option<Box<dyn Generate>> {
    let size = |family: &str| name.strip_prefix(family)?.strip_suffix("-v0")?.parse::<u8>().ok();
    if !NAMES.contains(&name) {
        return None;
    }
    if let Some(size) = size("Milepost-StagedFetch-") {
        return Some(Box::new(StagedFetch::new(size).ok()?));
    }
    if let Some(size) = size("Milepost-LavaMine-") {
        return Some(Box::new(LavaMine::new(size).ok()?));
    }
    Some(Box::new(SparseGrove::new(size("Milepost-SparseGrove-")?).ok()?))
}
