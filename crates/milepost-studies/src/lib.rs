#![doc = include_str!("../README.md")]

mod config;
mod error;
mod memory;
mod recorder;
mod study;

pub mod reward_distance;

pub use config::StudyConfig;
pub use error::{Interrupted, StudyError};
pub use memory::{Memory, Point};
pub use recorder::{Measured, Recorder, Table, split_finite};
pub use study::{Context, Metric, Study};

/// Name and text of each experiment file that ships with this crate.
pub const EXPERIMENTS: [(&str, &str); 1] =
    [("reward-distance", include_str!("../experiments/reward-distance.toml"))];
