use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use milepost_core::Probe;

use super::{Distance, DistanceOracle};
use crate::gridworld::Gridworld;

/// Records `steps_to_go`: the fewest steps to success, infinity where it is out of reach, NaN where it is not
/// known.
#[derive(Debug, Clone, Default)]
pub struct StepsToGoProbe {
    oracle: Arc<Mutex<DistanceOracle>>,
}

/// Records `progress`: [`DistanceOracle::progress`], NaN where it is not known.
#[derive(Debug, Clone, Default)]
pub struct ProgressProbe {
    oracle: Arc<Mutex<DistanceOracle>>,
}

impl StepsToGoProbe {
    /// Probes may share one oracle, so that each level is enumerated once.
    #[must_use]
    pub const fn new(oracle: Arc<Mutex<DistanceOracle>>) -> Self {
        Self { oracle }
    }
}

impl ProgressProbe {
    /// Probes may share one oracle, so that each level is enumerated once.
    #[must_use]
    pub const fn new(oracle: Arc<Mutex<DistanceOracle>>) -> Self {
        Self { oracle }
    }
}

/// A panic elsewhere cannot leave the cache wrong: tables are inserted whole.
fn lock(oracle: &Mutex<DistanceOracle>) -> MutexGuard<'_, DistanceOracle> {
    oracle.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Probe<Gridworld> for StepsToGoProbe {
    fn name(&self) -> &'static str {
        "steps_to_go"
    }

    fn read(&mut self, world: &Gridworld) -> f64 {
        match lock(&self.oracle).distance(world) {
            Distance::Steps(steps) => f64::from(steps),
            Distance::Unreachable => f64::INFINITY,
            Distance::Unknown => f64::NAN,
        }
    }
}

impl Probe<Gridworld> for ProgressProbe {
    fn name(&self) -> &'static str {
        "progress"
    }

    fn read(&mut self, world: &Gridworld) -> f64 {
        lock(&self.oracle).progress(world).unwrap_or(f64::NAN)
    }
}
