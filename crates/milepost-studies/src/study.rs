use milepost_eval::verdict::Direction;
use milepost_policies::DeviceChoice;

use crate::{Recorder, StudyError};

/// One arm of a question that is no single training loop: everything about it is in the value, so that
/// two equal values with equal seeds record the same bytes on the CPU.
pub trait Study {
    /// The numbers that every seed reports, the same for all arms. [`Recorder::result`] must be called once for
    /// each of them.
    fn metrics(&self) -> Vec<Metric>;

    /// Refuses what cannot work before anything is run: [`StudyError::Parameter`] names the key.
    fn validate(&self) -> Result<(), StudyError>;

    /// Runs one seed. Long work calls [`Recorder::advance`] often and passes its error on: that is how a
    /// user's interruption arrives.
    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError>;
}

/// One seed of one arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The seed. All arms of an experiment see the same seeds; what they share (data, warm starts,
    /// evaluation tasks) must depend on it alone.
    pub seed: u64,
    /// Where tensors live; for studies that have any.
    pub device: DeviceChoice,
}

/// A number that a study reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name in files and tables, in kebab case.
    pub name: &'static str,
    /// Which values are better.
    pub direction: Direction,
    /// What it is, with its unit, in one sentence.
    pub about: &'static str,
}

impl Metric {
    /// More is better.
    #[must_use]
    pub const fn higher(name: &'static str, about: &'static str) -> Self {
        Self { name, direction: Direction::HigherIsBetter, about }
    }

    /// Less is better.
    #[must_use]
    pub const fn lower(name: &'static str, about: &'static str) -> Self {
        Self { name, direction: Direction::LowerIsBetter, about }
    }
}
