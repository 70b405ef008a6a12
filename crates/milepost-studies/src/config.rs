use serde::{Deserialize, Serialize};

use crate::overopt::Overopt;
use crate::par::Par;
use crate::reward_distance::RewardDistance;
use crate::{Context, Metric, Recorder, Study, StudyError};

/// A study as an experiment file writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum StudyConfig {
    /// How far is a reward from the true one, and how much does it cost to believe it?
    RewardDistance(RewardDistance),
    /// What should stand between a reward model and the algorithm that trains on it?
    Par(Par),
    /// How far can a reward model be optimised before gold falls?
    Overopt(Overopt),
}

impl StudyConfig {
    fn study(&self) -> &dyn Study {
        match self {
            Self::RewardDistance(study) => study,
            Self::Par(study) => study,
            Self::Overopt(study) => study,
        }
    }
}

impl Study for StudyConfig {
    fn metrics(&self) -> Vec<Metric> {
        self.study().metrics()
    }
    fn validate(&self) -> Result<(), StudyError> {
        self.study().validate()
    }
    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        self.study().run(context, recorder)
    }
}
