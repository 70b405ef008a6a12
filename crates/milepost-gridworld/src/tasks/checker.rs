use milepost_core::{Environment, Purpose, Stream, StreamKey, TaskSeed};

use crate::gridworld::Gridworld;
use crate::tasks::{Milestone, Milestones};

/// A judge of milestones that errs: at each step, and for each milestone that it has not yet reported, it overlooks one that
/// holds with probability `miss`, and reports one that does not with probability `false_positive`.
///
/// Its errors are a function of the task seed, the step and the milestone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoisyChecker {
    miss: f64,
    false_positive: f64,
}

/// A rate that is no probability.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("the {what} of a checker is {rate}; it must be from 0 to 1")]
pub struct BadRate {
    /// Which rate.
    pub what: &'static str,
    /// Its value.
    pub rate: f64,
}

impl NoisyChecker {
    /// With these rates, each from 0 to 1. Both 0 is the truth.
    pub fn new(miss: f64, false_positive: f64) -> Result<Self, BadRate> {
        for (what, rate) in [("miss rate", miss), ("false positive rate", false_positive)] {
            if !(0.0..=1.0).contains(&rate) {
                return Err(BadRate { what, rate });
            }
        }
        Ok(Self { miss, false_positive })
    }

    /// Updates `milestones` with what it believes of the state after a step of the episode of `seed`.
    pub fn update(self, world: &Gridworld, seed: TaskSeed, milestones: &mut Milestones) {
        let step = world.elapsed();
        milestones.update_by(step, |milestone| self.believes(milestone, milestone.holds(world), seed, step));
    }

    fn believes(self, milestone: Milestone, truth: bool, seed: TaskSeed, step: u32) -> bool {
        let key = StreamKey::new(0, Purpose::named("gridworld milestone checker"));
        let mut stream = Stream::new(StreamKey { task: seed.get(), episode: milestone as u64, step, ..key });
        let u = stream.uniform();
        if truth { u >= self.miss } else { u < self.false_positive }
    }
}
