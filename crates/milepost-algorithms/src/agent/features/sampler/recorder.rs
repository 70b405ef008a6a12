use milepost_core::{
    Ending, Environment, Probe, StateRecords, TaskSeed, Trajectory, TrajectoryBuilder, Version,
};

use super::observed;
use crate::TrainError;

/// Records the states of an environment, with everything the probes read, into a trajectory.
pub(crate) struct Recorder<E: Environment> {
    builder: TrajectoryBuilder<E::Observation>,
}

impl<E: Environment> Recorder<E> {
    /// Starts a trajectory at the environment's current state.
    pub(crate) fn start(
        environment: &E,
        task: TaskSeed,
        slot: usize,
        version: Version,
        probes: &mut [Box<dyn Probe<E>>],
    ) -> Self {
        let records = StateRecords::named(probes.iter().map(|probe| probe.name()));
        let mut recorder = Self {
            builder: TrajectoryBuilder::new(task, slot as u32, environment.elapsed(), version, records),
        };
        recorder.state(environment, probes);
        recorder
    }

    /// Records the current state.
    pub(crate) fn state(&mut self, environment: &E, probes: &mut [Box<dyn Probe<E>>]) {
        let read: Vec<f64> = probes.iter_mut().map(|probe| probe.read(environment)).collect();
        self.builder.state(observed(environment), environment.state_key(), &read);
    }

    /// Records an action and what it was paid.
    pub(crate) fn action(&mut self, action: u32, logp: f32, reward: f64) {
        self.builder.action(action, logp, reward);
    }

    /// Turns recorded.
    pub(crate) const fn turns(&self) -> usize {
        self.builder.turns()
    }

    /// The trajectory.
    pub(crate) fn finish(self, ending: Ending) -> Result<Trajectory<E::Observation>, TrainError> {
        Ok(self.builder.finish(ending)?)
    }
}
