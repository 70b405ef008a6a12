//! `milepost recredit`: other credit rules on the trajectories that a run recorded, without new rollouts.

mod apply;
mod compare;
mod read;
mod record;
mod rule;
mod table;

use std::path::PathBuf;

use milepost_algorithms::TrainError;

use crate::config::ConfigError;
use crate::record::{RecordError, RunDirectory};

pub use record::{FORMAT, RecreditRecord};
pub use rule::RuleRequest;
pub(crate) use rule::read_file as read_rules;
pub(crate) use table::{csv, render};

/// The names of the columns that are no rule: what the run assigned, and the truth.
pub(crate) const RECORDED: &str = "recorded";
pub(crate) const EXACT: &str = "exact";

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The rules.
    pub rules: RuleRequest,
    /// Arms, all if empty.
    pub arms: Vec<String>,
    /// Seeds, all if empty.
    pub seeds: Vec<u64>,
}

/// Why credit could not be assigned again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecreditError {
    /// The run's files.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// An arm does not exist.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is nothing to assign credit to.
    #[error("{} holds no recorded trajectories: {reason}", path.display())]
    NoTrajectories {
        /// The run.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// A rule cannot be read.
    #[error("rule `{rule}`: {reason}")]
    Rule {
        /// The rule as it was written.
        rule: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A file of rules cannot be read.
    #[error("the file of rules {path} cannot be used: {reason}")]
    File {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A rule reads values that nobody learned.
    #[error(
        "rule `{rule}` reads learned values, but arm `{arm}` trained none (objective.value-coefficient is 0); choose a rule without a critic, such as reward-to-go, or leave the arm out with --arm"
    )]
    NeedsValues {
        /// The rule.
        rule: String,
        /// The arm.
        arm: String,
    },
    /// A rule compares members of a group, and there is but one.
    #[error(
        "rule `{rule}` compares trajectories of one task, but arm `{arm}` recorded one at a time; run it again with this version, which records groups of four"
    )]
    NeedsGroup {
        /// The rule.
        rule: String,
        /// The arm.
        arm: String,
    },
    /// A rule refused its input.
    #[error("rule `{rule}` on arm `{arm}`: {source}")]
    Assign {
        /// The rule.
        rule: String,
        /// The arm.
        arm: String,
        /// Why.
        source: Box<TrainError>,
    },
    /// A recorded trajectory does not fit together.
    #[error("{} is damaged: {source}; remove this arm and seed's folder and resume the run", path.display())]
    Trajectory {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        source: milepost_core::TrajectoryError,
    },
    /// A file that does not hold what its rows need.
    #[error("{} is damaged: {reason}; remove this arm and seed's folder and resume the run", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
}

/// Applies the rules to every recorded trajectory of the chosen arms and seeds.
pub fn recredit(run: &RunDirectory, question: &Question) -> Result<RecreditRecord, RecreditError> {
    let experiment = run.experiment();
    for name in &question.arms {
        experiment.arm(name)?;
    }
    let chosen = |name: &String| question.arms.is_empty() || question.arms.contains(name);
    let mut arms = Vec::new();
    for arm in experiment.arms.iter().filter(|arm| chosen(&arm.name)) {
        let recorded = read::arm(run, &arm.name, &question.seeds)?;
        if recorded.is_empty() {
            continue;
        }
        let rules = question.rules.resolve(&arm.method)?;
        let credited = apply::apply(arm, &rules, recorded)?;
        arms.push(compare::arm(arm, &rules, credited));
    }
    if arms.is_empty() {
        let reason = "no chosen arm and seed is finished; finish the run with `cargo xtask experiment --resume`, or choose others";
        return Err(RecreditError::NoTrajectories { path: run.path().to_owned(), reason: reason.into() });
    }
    Ok(RecreditRecord {
        format: FORMAT,
        milepost: crate::record::directory::VERSION.into(),
        experiment: experiment.settings.name.clone(),
        config: run.meta().config.clone(),
        arms,
    })
}
