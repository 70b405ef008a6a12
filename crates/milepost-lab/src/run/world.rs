//! From settings to the parts of a trainer.

use std::sync::{Arc, Mutex};

use milepost_algorithms::{MethodConfig, TrainError, Trainer, TrainerParts};
use milepost_core::{DiscreteEnvironment, Encoder, Probe};
use milepost_gridworld::{
    DistanceOracle, FlatImage, GridObservation, Gridworld, ProgressProbe, StepsToGoProbe,
};
use milepost_policies::{
    DeviceChoice, DeviceError, Network, NetworkConfig, PolicyError, StateIndex, open_device,
};
use milepost_rewards::ScorerConfig;

use crate::config::{EnvironmentConfig, Experiment};

/// The name of the part of a checkpoint that holds a table's rows.
const STATE_INDEX: &str = "state-index.json";

/// Why a run cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The environment cannot be made.
    #[error("environment.level: {0}")]
    Environment(#[from] milepost_gridworld::levels::MakeError),
    /// No such device.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The network cannot be built.
    #[error("policy: {0}")]
    Policy(#[from] PolicyError),
    /// The method does not fit.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A scorer reads a record that the environment does not offer.
    #[error(
        "a scorer reads the record `{record}`, which this environment does not offer; there are: {known}"
    )]
    Record {
        /// The record.
        record: String,
        /// The ones there are.
        known: String,
    },
    /// The checkpoint's table of states is unreadable.
    #[error("{STATE_INDEX} of the checkpoint is damaged: {0}")]
    StateIndex(serde_json::Error),
}

/// One arm and seed, ready to train.
pub(crate) struct World {
    pub(crate) environment: Gridworld,
    pub(crate) trainer: Trainer<Gridworld, Network>,
    index: Option<StateIndex>,
}

/// Makes the environment that an experiment names.
pub(crate) fn environment(config: &EnvironmentConfig) -> Result<Gridworld, SetupError> {
    match config {
        EnvironmentConfig::Minigrid { level } => Ok(Gridworld::make(level)?),
    }
}

impl World {
    /// Builds everything. `parts` is the checkpoint to go on from.
    pub(crate) fn build(
        experiment: &Experiment,
        method: &MethodConfig,
        seed: u64,
        choice: DeviceChoice,
        parts: Option<&[(String, Vec<u8>)]>,
    ) -> Result<Self, SetupError> {
        let environment = environment(&experiment.settings.environment)?;
        let device = open_device(choice)?.device;
        let policy = &experiment.settings.policy;
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

    /// The parts of a checkpoint.
    pub(crate) fn checkpoint(&self) -> Result<Vec<(String, Vec<u8>)>, SetupError> {
        let mut parts = self.trainer.checkpoint()?;
        if let Some(index) = &self.index {
            let keys = serde_json::to_vec(&index.keys()).map_err(SetupError::StateIndex)?;
            parts.push((STATE_INDEX.into(), keys));
        }
        Ok(parts)
    }

    /// How often a state had to share the overflow row of the policy's table.
    pub(crate) fn overflows(&self) -> u64 {
        self.index.as_ref().map_or(0, StateIndex::overflows)
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
    let wanted: Vec<&str> = method.scorers.iter().filter_map(record_of).collect();
    if let Some(record) = wanted.iter().find(|record| !offered.iter().any(|probe| probe.name() == **record)) {
        let known = offered.iter().map(|probe| probe.name()).collect::<Vec<_>>().join(", ");
        return Err(SetupError::Record { record: (*record).to_owned(), known });
    }
    Ok(offered.into_iter().filter(|probe| wanted.contains(&probe.name())).collect())
}

fn record_of(scorer: &ScorerConfig) -> Option<&str> {
    match scorer {
        ScorerConfig::Potential { record, .. } | ScorerConfig::OracleProgress { record, .. } => Some(record),
        _ => None,
    }
}
