use serde::{Deserialize, Serialize};

use super::{ImplicitReference, ImplicitRewardConfig};
use crate::TrainError;
use crate::model_scorer::{ExplorationConfig, IntrinsicKind};

/// A reward that is read off a network, as it stands in an experiment file. Each is a
/// [`ModelScorer`](crate::ModelScorer).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum ModelScorerConfig {
    /// The log-probability of each token under the policy that drew it ([`LogProbability`](crate::LogProbability)).
    LogProbability {
        /// The channel it writes.
        #[serde(default = "log_probability")]
        channel: String,
    },
    /// The log-ratio of a second network to a reference, trained from outcomes
    /// ([`ImplicitRewardModel`](crate::ImplicitRewardModel)).
    ImplicitReward(ImplicitRewardConfig),
    /// How sure of a trajectory the policy was that drew it ([`Intrinsic`](crate::Intrinsic)).
    Intrinsic {
        /// The channel it writes.
        #[serde(default = "intrinsic")]
        channel: String,
        /// In which sense.
        reward: IntrinsicKind,
    },
    /// Rewards shaped by the novelty of responses ([`Exploration`](crate::Exploration); G²RL). For policies over tokens.
    Exploration(ExplorationConfig),
}

fn intrinsic() -> String {
    "intrinsic".to_owned()
}

fn log_probability() -> String {
    "log-probability".to_owned()
}

impl ModelScorerConfig {
    /// Its kind, as an experiment file calls it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::LogProbability { .. } => "log-probability",
            Self::ImplicitReward(_) => "implicit-reward",
            Self::Intrinsic { .. } => "intrinsic",
            Self::Exploration(_) => "exploration",
        }
    }

    /// The channel that it writes.
    #[must_use]
    pub fn channel(&self) -> &str {
        match self {
            Self::ImplicitReward(config) => &config.channel,
            Self::LogProbability { channel } | Self::Intrinsic { channel, .. } => channel,
            Self::Exploration(config) => &config.channel,
        }
    }

    /// The channels that it reads.
    #[must_use]
    pub fn reads(&self) -> Vec<&str> {
        match self {
            Self::ImplicitReward(config) => vec![&config.outcome],
            Self::LogProbability { .. } | Self::Intrinsic { .. } => Vec::new(),
            Self::Exploration(config) => vec![&config.reward],
        }
    }

    /// Whether it needs the network that training began with, after a resume too.
    #[must_use]
    pub fn needs_start(&self) -> bool {
        match self {
            Self::ImplicitReward(config) => config.reference == ImplicitReference::Start,
            Self::LogProbability { .. } | Self::Intrinsic { .. } | Self::Exploration(_) => false,
        }
    }

    /// Checks its settings.
    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        if self.channel().is_empty() {
            return Err(self.refused("a channel with a name"));
        }
        match self {
            Self::ImplicitReward(config) => config.validate(),
            Self::LogProbability { .. } | Self::Intrinsic { .. } => Ok(()),
            Self::Exploration(config) => config.flaw().map_or(Ok(()), |flaw| Err(self.refused(&flaw))),
        }
    }

    /// That it cannot be had, because it needs what is not there.
    pub(crate) fn refused(&self, need: &str) -> TrainError {
        let reason = format!("`model-scorers.kind = \"{}\"` needs {need}", self.kind());
        TrainError::Config { reason }
    }
}
