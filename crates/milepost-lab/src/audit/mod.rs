//! `milepost audit`: what would an agent do that maximises an arm's reward? Answered exactly, on every state
//! of the experiment's world, without training.

mod arm;
mod record;
mod score;
mod table;
mod world;

use milepost_eval::audit::{AuditError as ExactError, Solution};
use milepost_eval::exact::SolveError;
use milepost_rewards::ScoreError;

use crate::config::Experiment;
use crate::run::SetupError;

pub(crate) use record::{ArmAudit, ArmOutcome, Map, Numbers};
pub use record::{AuditRecord, FORMAT};
pub(crate) use table::render;

/// What is asked of an audit.
#[derive(Debug, Clone)]
pub struct Question {
    /// How many held-out tasks form the world; an episode starts in each with equal probability.
    pub tasks: u64,
    /// The seed from which the tasks are drawn, as a training seed of the experiment.
    pub seed: u64,
    /// The discount, if not that of each arm's credit rule.
    pub discount: Option<f64>,
    /// Which problem an agent solves.
    pub problem: Solution,
    /// Most states to enumerate.
    pub states: usize,
    /// Episodes played for the correlation of returns.
    pub episodes: usize,
}

/// Why an experiment's rewards could not be audited.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The parts do not fit.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The world could not be enumerated or solved.
    #[error("the world cannot be solved exactly: {0}")]
    Solve(#[from] SolveError),
    /// Only gridworlds are audited.
    #[error(
        "{environment} cannot be audited: only gridworlds are enumerated; name an experiment on a minigrid level"
    )]
    NotAGridworld {
        /// What it is.
        environment: String,
    },
    /// The audit of an arm failed.
    #[error("arm `{arm}`: {source}")]
    Exact {
        /// The arm.
        arm: String,
        /// Why.
        source: ExactError,
    },
    /// The problem has no solution that is a function of the state alone.
    #[error(
        "the reward of {environment} depends on elapsed time, so no stationary policy is best; use --problem budget"
    )]
    Clocked {
        /// The environment.
        environment: String,
    },
    /// A task could not be made.
    #[error(transparent)]
    Environment(#[from] milepost_core::EnvError),
    /// A transition could not be scored.
    #[error("arm `{arm}`: {source}")]
    Score {
        /// The arm.
        arm: String,
        /// Why.
        source: ScoreError,
    },
    /// A transition is no trajectory.
    #[error(transparent)]
    Trajectory(#[from] milepost_core::TrajectoryError),
    /// A reward bends with time.
    #[error(
        "arm `{arm}`: its reward changes with elapsed time, but not along a straight line ({found} at step {step}, {expected} expected); remove the clip or gate over the environment's reward, or pay `source = \"success\"`"
    )]
    NotAffine {
        /// The arm.
        arm: String,
        /// At which step.
        step: u32,
        /// What it paid.
        found: f64,
        /// What a straight line through the first two steps pays.
        expected: f64,
    },
    /// No arm has a reward on transitions.
    #[error(
        "no arm can be audited: {reasons}; choose an arm whose reward is a function of a transition, such as an outcome or a potential"
    )]
    NothingToAudit {
        /// Arms and why not.
        reasons: String,
    },
}

/// Audits every arm of an experiment.
pub fn audit(experiment: &Experiment, question: &Question) -> Result<AuditRecord, AuditError> {
    let world = world::World::enumerate(experiment, question)?;
    if question.problem == Solution::Unbounded && world.graph.mdp().is_clocked() {
        return Err(AuditError::Clocked { environment: world.name });
    }
    let mut arms = Vec::with_capacity(experiment.arms.len());
    for arm in &experiment.arms {
        let outcome = match score::history(&arm.method) {
            Some(reason) => ArmOutcome::Refused { reason },
            None => ArmOutcome::Audited(Box::new(arm::audit(&world, arm, question)?)),
        };
        arms.push(ArmAudit { arm: arm.name.clone(), about: arm.about.clone(), outcome });
    }
    let refused = |arm: &ArmAudit| match &arm.outcome {
        ArmOutcome::Refused { reason } => Some(format!("{}: {reason}", arm.arm)),
        ArmOutcome::Audited(_) => None,
    };
    let reasons: Vec<String> = arms.iter().filter_map(refused).collect();
    if reasons.len() == arms.len() {
        return Err(AuditError::NothingToAudit { reasons: reasons.join("; ") });
    }
    Ok(AuditRecord {
        format: FORMAT,
        milepost: crate::record::directory::VERSION.into(),
        experiment: experiment.settings.name.clone(),
        environment: world.name.clone(),
        tasks: world.tasks.clone(),
        states: world.graph.mdp().states(),
        transitions: world.graph.mdp().transition_count(),
        horizon: world.horizon,
        problem: record::problem_name(question.problem).into(),
        clocked: world.graph.mdp().is_clocked(),
        arms,
    })
}
