use milepost_credit::BeliefBasis;
use serde::{Deserialize, Serialize};

use super::{ImplicitReference, ImplicitRewardConfig};
use crate::TrainError;
use crate::model_scorer::{ExplorationConfig, IntrinsicKind};

/// In which unit beliefs are compared ([`milepost_credit::BeliefBasis`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BeliefBasisConfig {
    /// Mean log-probability of the answer's tokens.
    #[default]
    LogProb,
    /// Their geometric-mean probability.
    Prob,
}

/// A reward that is read off a network, as it stands in an experiment file. Each is a
/// [`ModelScorer`](crate::ModelScorer).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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
    /// What each turn adds to the policy's belief in the true answer ([`InformationGain`](crate::InformationGain);
    /// IGPO, arXiv 2510.14967). For policies over tokens, in worlds that lend their answers.
    InformationGain {
        /// The channel it writes.
        #[serde(default = "information_gain")]
        channel: String,
        /// In which unit beliefs are compared.
        #[serde(default)]
        basis: BeliefBasisConfig,
        /// Whether beliefs are also scored between a turn and the world's reply, to tell what the policy's own words
        /// did from what it was told. Doubles the cost, and changes no reward.
        #[serde(default = "yes")]
        own_text: bool,
    },
    /// Whether the policy itself calls its turn right ([`SelfVerification`](crate::SelfVerification)). For policies over
    /// tokens, in worlds that lend a question about a turn.
    SelfVerification {
        /// The channel it writes.
        #[serde(default = "self_verification")]
        channel: String,
        /// At which temperature its verdicts are drawn. Default 1.
        #[serde(default = "one")]
        temperature: f64,
    },
}

impl From<BeliefBasisConfig> for BeliefBasis {
    fn from(config: BeliefBasisConfig) -> Self {
        match config {
            BeliefBasisConfig::LogProb => Self::LogProb,
            BeliefBasisConfig::Prob => Self::Prob,
        }
    }
}

fn intrinsic() -> String {
    "intrinsic".to_owned()
}

const fn one() -> f64 {
    1.0
}

fn self_verification() -> String {
    "self-verification".to_owned()
}

fn information_gain() -> String {
    "information-gain".to_owned()
}

const fn yes() -> bool {
    true
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
            Self::InformationGain { .. } => "information-gain",
            Self::SelfVerification { .. } => "self-verification",
        }
    }

    /// The channel that it writes.
    #[must_use]
    pub fn channel(&self) -> &str {
        match self {
            Self::ImplicitReward(config) => &config.channel,
            Self::LogProbability { channel }
            | Self::Intrinsic { channel, .. }
            | Self::InformationGain { channel, .. }
            | Self::SelfVerification { channel, .. } => channel,
            Self::Exploration(config) => &config.channel,
        }
    }

    /// The channels that it reads.
    #[must_use]
    pub fn reads(&self) -> Vec<&str> {
        match self {
            Self::ImplicitReward(config) => vec![&config.outcome],
            Self::LogProbability { .. }
            | Self::Intrinsic { .. }
            | Self::InformationGain { .. }
            | Self::SelfVerification { .. } => Vec::new(),
            Self::Exploration(config) => vec![&config.reward],
        }
    }

    /// Whether it needs the network that training began with, after a resume too.
    #[must_use]
    pub fn needs_start(&self) -> bool {
        match self {
            Self::ImplicitReward(config) => config.reference == ImplicitReference::Start,
            Self::LogProbability { .. }
            | Self::Intrinsic { .. }
            | Self::Exploration(_)
            | Self::InformationGain { .. }
            | Self::SelfVerification { .. } => false,
        }
    }

    /// Checks its settings.
    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        if self.channel().is_empty() {
            return Err(self.refused("a channel with a name"));
        }
        match self {
            Self::ImplicitReward(config) => config.validate(),
            Self::LogProbability { .. } | Self::Intrinsic { .. } | Self::InformationGain { .. } => Ok(()),
            Self::SelfVerification { temperature, .. } => {
                let positive = temperature.is_finite() && *temperature > 0.0;
                let need = format!("a `temperature` above 0; it is {temperature}");
                if positive { Ok(()) } else { Err(self.refused(&need)) }
            }
            Self::Exploration(config) => config.flaw().map_or(Ok(()), |flaw| Err(self.refused(&flaw))),
        }
    }

    /// That it cannot be had, because it needs what is not there.
    pub(crate) fn refused(&self, need: &str) -> TrainError {
        let reason = format!("`model-scorers.kind = \"{}\"` needs {need}", self.kind());
        TrainError::Config { reason }
    }
}
