//! What the tests of this crate share.

use milepost_fidelity::config::InstanceConfig;
use milepost_fidelity::protocol::Instance;
use milepost_fidelity::{Batch, Tape};
use milepost_microworlds::TaskConfig;

pub(crate) fn solve(task: TaskConfig) -> Instance {
    InstanceConfig::from(task).build().expect("a small world")
}

pub(crate) fn sample(instance: &Instance, seed: u64, episodes: usize) -> Batch {
    Batch::sample(instance.world(), instance.policy(), Tape::new(seed), 0, episodes)
}
