//! One arm and seed as a worker sees it, whatever its world and policy.

mod aids;
mod grid;
mod make;
mod probes;
mod record;
mod solved;
mod start;
mod tokens;
mod trace;
mod transcript;
mod views;

use std::mem::discriminant;

use milepost_algorithms::config::SamplerConfig;
use milepost_algorithms::{CheckpointParts, IterationReport, TrainError};
use milepost_codeexec::code_dsl::{CodeDsl, CodeTool};
use milepost_core::{TaskSeed, TokenEnvironment, Vocabulary};
use milepost_eval::Gold;
use milepost_gridworld::Gridworld;
use milepost_microworlds::tokens::{ArithChain, CountdownMini, SingleTurn, TraceLab, TurnTask};
use milepost_policies::{DeviceChoice, DeviceError, PolicyError, open_device};
use milepost_taskworlds::lookup::LookupQa;
use milepost_taskworlds::pages::PageText;
use milepost_taskworlds::rule_db::RuleDb;
use milepost_textworld::quest_env::TextQuest;

pub(crate) use grid::probes;
pub(crate) use solved::is_solved;
pub(crate) use trace::{action_name, discount};

use crate::config::{Arm, EnvironmentConfig, Experiment};
use crate::record::RecordError;
use crate::record::event::{MeasureRecord, Teacher, WarmStart};
use crate::record::shared::Shared;
use aids::Aids;
use record::Recorded;

/// Why a run cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The environment cannot be made.
    #[error("environment.level: {0}")]
    Environment(#[from] milepost_gridworld::levels::MakeError),
    /// The text quest's words do not fit.
    #[error("environment: {0}")]
    Words(#[from] milepost_core::VocabularyError),
    /// A parameter with which the world cannot be built.
    #[error("environment: {0}")]
    Parameter(#[from] milepost_core::ParameterError),
    /// Policy and environment are not of a kind.
    #[error(
        "policy: worlds of tokens need a transformer or gru and a [tokens] table, others a network on features"
    )]
    PolicyKind,
    /// A sampler asks for what the world does not lend.
    #[error("arms.{arm}: {error}")]
    Sampler {
        /// The arm.
        arm: String,
        /// What it asks for.
        error: TrainError,
    },
    /// What is held out is another kind of world.
    #[error(
        "evaluation.environment: an arm that trains on one kind of world of tokens can be judged on that kind only, \
         and one that trains on MiniGrid on its own level"
    )]
    HeldOut,
    /// A world in which a policy is judged or taught has other words than the one in which it trains.
    #[error(
        "arms.{arm}: the world of `{key}` has other words than the one that the arm trains in; change no setting that a word depends on (such as how many entities there are)"
    )]
    OtherWords {
        /// The arm.
        arm: String,
        /// Where the world is named.
        key: &'static str,
    },
    /// What is imitated is another kind of world.
    #[error(
        "warm-start-environment: an expert can be cloned in the kind of world that the arm trains in only"
    )]
    Imitated,
    /// The teacher is another kind of network than the policy, or learned another kind of world.
    #[error(
        "teacher: its `policy.kind` must be that of the policy, and its environment of the kind that the arm trains in"
    )]
    Teacher,
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
    /// What arms share cannot be read or written.
    #[error("what arms share: {0}")]
    Shared(#[from] RecordError),
    /// What a policy begins with was made by another version, or is damaged.
    #[error("what arms share: {reason}; delete the run's folder `shared`")]
    Start {
        /// What is wrong.
        reason: String,
    },
    /// The checkpoint's table of states is unreadable.
    #[error("the checkpoint's table of states is damaged: {0}")]
    StateIndex(serde_json::Error),
}

/// Why a world failed while it was used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// Training or acting failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The environment failed.
    #[error(transparent)]
    Environment(#[from] milepost_core::EnvError),
    /// A checkpoint cannot be written.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// What evaluation says.
pub(crate) struct Judged {
    /// Of each episode.
    pub(crate) gold: Vec<Gold>,
    /// What the environment measures, over all episodes.
    pub(crate) measures: Vec<MeasureRecord>,
}

/// A training run that can be driven, judged and picked up again.
pub(crate) trait World {
    /// Environment steps taken so far, those that a warm start is charged for included.
    fn environment_steps(&self) -> u64;

    /// Tokens drawn so far, those that a warm start is charged for included where the budget counts tokens.
    fn drawn_tokens(&self) -> u64;

    /// Iterations done so far.
    fn iterations(&self) -> u64;

    /// What was imitated before training, if anything was, and if this process did it.
    fn warm_start(&self) -> Option<WarmStart> {
        None
    }

    /// What the teacher that the method distils from learned, and how it plays one episode on each task; nothing
    /// where there is none, or none that learned anything. Training is not affected.
    fn teacher(&mut self, _tasks: &[TaskSeed]) -> Result<Option<Teacher>, WorldError> {
        Ok(None)
    }

    /// One turn of the loop.
    fn iterate(&mut self) -> Result<IterationReport, TrainError>;

    /// Plays one episode on each task. Training is not affected.
    fn evaluate(&mut self, tasks: &[TaskSeed], greedy: bool) -> Result<Judged, WorldError>;

    /// How well credit ranks turns, on a group of episodes of each task. Training is not affected. Nothing where the best play
    /// is not known.
    fn credit_order(&mut self, _tasks: &[TaskSeed]) -> Result<Vec<MeasureRecord>, WorldError> {
        Ok(Vec::new())
    }

    /// The parts of a checkpoint.
    fn checkpoint(&self) -> Result<CheckpointParts, WorldError>;

    /// How often a state had to share the overflow row of the policy's table.
    fn overflows(&self) -> u64 {
        0
    }

    /// Trajectories of the current policy on held-out tasks, and one of them in detail.
    fn record(&mut self, seed: u64) -> Result<Recorded, WorldError>;
}

/// Builds one arm and seed. `parts` is the checkpoint to go on from; what arms have in common lies in `shared`.
pub(crate) fn build(
    experiment: &Experiment,
    arm: &Arm,
    seed: u64,
    choice: DeviceChoice,
    parts: Option<&[(String, Vec<u8>)]>,
    shared: &Shared,
) -> Result<Box<dyn World>, SetupError> {
    let device = open_device(choice)?.device;
    let settings = &experiment.settings;
    let tokens = tokens::Parts { experiment, arm, seed, checkpoint: parts, shared };
    match experiment.environments(arm) {
        (EnvironmentConfig::Minigrid { level }, held_out) => {
            if !matches!(held_out, EnvironmentConfig::Minigrid { level: other } if other == level) {
                return Err(SetupError::HeldOut);
            }
            let policy = settings.policy.on_features().ok_or(SetupError::PolicyKind)?;
            Ok(Box::new(grid::GridWorld::build(level, &policy, &arm.method, seed, device, parts)?))
        }
        (EnvironmentConfig::TextQuest(_), _) => tokens.build::<TextQuest>(&device),
        (EnvironmentConfig::LookupQa(_), _) => tokens.build::<LookupQa>(&device),
        (EnvironmentConfig::PageQa(_), _) => tokens.build::<PageText>(&device),
        (EnvironmentConfig::RuleDb(_), _) => tokens.build::<RuleDb>(&device),
        (EnvironmentConfig::CodeDsl(_), _) => tokens.build::<CodeDsl>(&device),
        (EnvironmentConfig::CodeTool(_), _) => tokens.build::<CodeTool>(&device),
        (EnvironmentConfig::ArithChain(_), _) => tokens.build::<SingleTurn<ArithChain>>(&device),
        (EnvironmentConfig::CountdownMini(_), _) => tokens.build::<SingleTurn<CountdownMini>>(&device),
        (EnvironmentConfig::TraceLab(_), _) => tokens.build::<SingleTurn<TraceLab>>(&device),
    }
}

/// Whether the environments that an experiment names can be made, speak alike, and lend what its samplers need.
pub(crate) fn check_environments(experiment: &Experiment) -> Result<(), SetupError> {
    for arm in &experiment.arms {
        let (trained, held_out) = experiment.environments(arm);
        let words = words_of(trained)?;
        let taught = arm.teacher.as_ref().and_then(|teacher| teacher.environment.as_ref());
        let others = [
            (Some(held_out), "evaluation.environment", SetupError::HeldOut),
            (arm.warm_start_environment.as_ref(), "warm-start-environment", SetupError::Imitated),
            (taught, "teacher.environment", SetupError::Teacher),
        ];
        for (other, key, another_kind) in others {
            let Some(other) = other else { continue };
            if discriminant(other) != discriminant(trained) {
                return Err(another_kind);
            }
            if words_of(other)? != words {
                return Err(SetupError::OtherWords { arm: arm.name.clone(), key });
            }
        }
        let constrained = experiment.settings.tokens.is_some_and(|tokens| tokens.constrained);
        check_sampler(trained, &arm.method.sampler, constrained)
            .map_err(|error| SetupError::Sampler { arm: arm.name.clone(), error })?;
    }
    Ok(())
}

fn check_sampler(
    world: &EnvironmentConfig,
    sampler: &SamplerConfig,
    constrained: bool,
) -> Result<(), TrainError> {
    match world {
        EnvironmentConfig::Minigrid { .. } => Ok(()),
        EnvironmentConfig::TextQuest(_) => TextQuest::aids().check(sampler, constrained),
        EnvironmentConfig::LookupQa(_) => LookupQa::aids().check(sampler, constrained),
        EnvironmentConfig::PageQa(_) => PageText::aids().check(sampler, constrained),
        EnvironmentConfig::RuleDb(_) => RuleDb::aids().check(sampler, constrained),
        EnvironmentConfig::CodeDsl(_) => CodeDsl::aids().check(sampler, constrained),
        EnvironmentConfig::CodeTool(_) => CodeTool::aids().check(sampler, constrained),
        EnvironmentConfig::ArithChain(_) => SingleTurn::<ArithChain>::aids().check(sampler, constrained),
        EnvironmentConfig::CountdownMini(_) => {
            SingleTurn::<CountdownMini>::aids().check(sampler, constrained)
        }
        EnvironmentConfig::TraceLab(_) => SingleTurn::<TraceLab>::aids().check(sampler, constrained),
    }
}

/// The words of the world of a configuration; none where it is not read in words.
fn words_of(config: &EnvironmentConfig) -> Result<Option<Vocabulary>, SetupError> {
    fn of<E: TokenEnvironment>(world: &E) -> Vocabulary {
        world.vocabulary().clone()
    }
    Ok(Some(match config {
        EnvironmentConfig::Minigrid { level } => {
            Gridworld::make(level)?;
            return Ok(None);
        }
        EnvironmentConfig::TextQuest(config) => of(&TextQuest::new(config.clone())?),
        EnvironmentConfig::LookupQa(config) => of(&LookupQa::new(config.clone())?),
        EnvironmentConfig::PageQa(config) => of(&PageText::new(config.clone())?),
        EnvironmentConfig::RuleDb(config) => of(&RuleDb::new(config.clone())?),
        EnvironmentConfig::CodeDsl(config) => of(&CodeDsl::new(config.clone())?),
        EnvironmentConfig::CodeTool(config) => of(&CodeTool::new(config.clone())?),
        EnvironmentConfig::ArithChain(config) => ArithChain::new(config.clone())?.vocabulary().clone(),
        EnvironmentConfig::CountdownMini(config) => CountdownMini::new(config.clone())?.vocabulary().clone(),
        EnvironmentConfig::TraceLab(config) => TraceLab::new(config.clone())?.vocabulary().clone(),
    }))
}
