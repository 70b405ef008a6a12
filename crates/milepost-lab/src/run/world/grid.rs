//! Feature vectors on MiniGrid levels.

use std::sync::{Arc, Mutex};

use milepost_algorithms::{
    ActionMode, CheckpointParts, Device, FeatureAgent, IterationReport, MethodConfig, TrainError, Trainer,
    TrainerParts,
};
use milepost_core::{DiscreteEnvironment, Encoder, Probe, TaskSeed};
use milepost_gridworld::{
    DistanceOracle, FlatImage, GridObservation, Gridworld, ProgressProbe, StepsToGoProbe,
};
use milepost_policies::{Network, NetworkConfig, StateIndex};

use super::probes::wanted;
use super::record::Recorded;
use super::{Judged, SetupError, World, WorldError, trace};

/// The name of the part of a checkpoint that holds a table's rows.
pub(super) const STATE_INDEX: &str = "state-index.json";

/// One arm and seed, ready to train.
pub(super) struct GridWorld {
    pub(super) environment: Gridworld,
    pub(super) trainer: Trainer<FeatureAgent<Gridworld, Network>>,
    index: Option<StateIndex>,
}

impl GridWorld {
    /// Builds everything. `parts` is the checkpoint to go on from.
    pub(super) fn build(
        level: &str,
        policy: &NetworkConfig,
        method: &MethodConfig,
        seed: u64,
        device: Device,
        parts: Option<&[(String, Vec<u8>)]>,
    ) -> Result<Self, SetupError> {
        let environment = Gridworld::make(level)?;
        let index = match policy {
            NetworkConfig::Tabular(table) => {
                Some(StateIndex::with_keys(table.states, &known_states(parts)?)?)
            }
            _ => None,
        };
        let encoder: Arc<dyn Encoder<GridObservation> + Sync> = match &index {
            Some(index) => Arc::new(index.clone()),
            None => Arc::new(FlatImage::new(environment.settings().view_size)),
        };
        let network =
            policy.init(encoder.len(), environment.action_count(), seed, &device.clone().autodiff())?;
        let mut trainer = Trainer::new(TrainerParts {
            environment: environment.clone(),
            encoder,
            probes: probes(method)?,
            network,
            method: method.clone(),
            device,
            run_seed: seed,
        })?;
        if let Some(parts) = parts {
            trainer.restore(parts)?;
        }
        Ok(Self { environment, trainer, index })
    }
}

impl World for GridWorld {
    fn environment_steps(&self) -> u64 {
        self.trainer.environment_steps()
    }

    fn drawn_tokens(&self) -> u64 {
        self.trainer.drawn_tokens()
    }

    fn iterations(&self) -> u64 {
        self.trainer.iterations()
    }

    fn iterate(&mut self) -> Result<IterationReport, TrainError> {
        self.trainer.iterate()
    }

    fn evaluate(&mut self, tasks: &[TaskSeed], greedy: bool) -> Result<Judged, WorldError> {
        let mode = if greedy { ActionMode::Greedy } else { ActionMode::Sampled };
        let mut policy = self.trainer.evaluation_policy(mode);
        let mut failure = None;
        let gold = milepost_eval::evaluate(&self.environment, tasks, |observations, keys, actions| {
            if let Err(error) = policy.act(observations, keys, actions) {
                failure.get_or_insert(error);
            }
        })?;
        failure.map_or(Ok(Judged { gold, measures: Vec::new() }), |error| Err(error.into()))
    }

    fn checkpoint(&self) -> Result<CheckpointParts, WorldError> {
        let mut parts = self.trainer.checkpoint()?;
        if let Some(index) = &self.index {
            let keys = serde_json::to_vec(&index.keys()).map_err(SetupError::StateIndex)?;
            parts.push((STATE_INDEX.into(), keys));
        }
        Ok(parts)
    }

    fn overflows(&self) -> u64 {
        self.index.as_ref().map_or(0, StateIndex::overflows)
    }

    fn record(&mut self, seed: u64) -> Result<Recorded, WorldError> {
        Ok(trace::record(self, seed)?)
    }
}

fn known_states(parts: Option<&[(String, Vec<u8>)]>) -> Result<Vec<u64>, SetupError> {
    let stored = parts.and_then(|parts| parts.iter().find(|(name, _)| name == STATE_INDEX));
    stored.map_or(Ok(Vec::new()), |(_, bytes)| serde_json::from_slice(bytes).map_err(SetupError::StateIndex))
}

/// The probes that the scorers read, sharing one oracle.
pub(crate) fn probes(method: &MethodConfig) -> Result<Vec<Box<dyn Probe<Gridworld>>>, SetupError> {
    let oracle = Arc::new(Mutex::new(DistanceOracle::default()));
    let offered: Vec<Box<dyn Probe<Gridworld>>> =
        vec![Box::new(ProgressProbe::new(Arc::clone(&oracle))), Box::new(StepsToGoProbe::new(oracle))];
    wanted(method, offered)
}
