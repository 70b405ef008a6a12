use serde::{Deserialize, Serialize};

use super::verpo::VeRpoConfig;
use crate::TrainError;

/// What a turn gets that no other trajectory of its group reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AloneConfig {
    /// Its return: unbiased.
    #[default]
    Raw,
    /// Nothing: biased, because longer episodes are the ones that lose turns.
    Zero,
}

/// Where the part of a return goes that values did not predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResidualConfig {
    /// Nowhere.
    None,
    /// To the last step.
    #[default]
    Last,
    /// In equal parts to all steps.
    Uniform,
}

/// Which decision earned the reward. Each is a rule of [`milepost_credit`], where formula, source, identity and
/// known failure stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum CreditConfig {
    /// Every decision gets the trajectory's (normalised) return.
    Broadcast,
    /// `A_t = Σ_{k≥t} γ^{k−t} r_k`.
    RewardToGo {
        /// Discount γ.
        gamma: f64,
    },
    /// Generalised advantage estimation against the learned values.
    Gae {
        /// Discount γ.
        gamma: f64,
        /// Trace decay λ.
        lambda: f64,
    },
    /// `n` rewards and a learned value, minus the value of the state.
    NStep {
        /// Discount γ.
        gamma: f64,
        /// Rewards before the value.
        n: usize,
    },
    /// Differences of what the learned values predict of the return (RUDDER, SPA-RL), read as they are.
    Redistribution {
        /// Where the rest goes.
        #[serde(default)]
        residual: ResidualConfig,
    },
    /// The smallest reward that is still to come (PURE).
    MinForm,
    /// Reward-to-go against the others of the group that are still alive at the turn.
    TurnLeaveOneOut {
        /// Discount γ.
        gamma: f64,
        /// What a turn without peers gets.
        #[serde(default)]
        alone: AloneConfig,
    },
    /// The group-normalised return plus the return-to-go normalised among turns that start in the same state
    /// (GiGPO). Both use `normalize`.
    GiGpo {
        /// Discount γ of a turn.
        gamma: f64,
        /// Weight ω of the step part.
        omega: f64,
        /// Count shrinkage κ of small anchor groups.
        #[serde(default)]
        shrinkage: f64,
    },
    /// GiGPO over nested groups that share ever longer histories (HGPO).
    Hgpo {
        /// Discount γ of a turn.
        gamma: f64,
        /// Weight ω of the step part.
        omega: f64,
        /// Earlier states at the deepest level.
        depth: usize,
        /// Exponent α of the levels' weights.
        alpha: f64,
    },
    /// Differences of the mean returns of shared prefixes (SPO, TEMPO).
    PrefixTree,
    /// The return against the group's length-weighted mean (OPO).
    Opo,
    /// Tests weighed by difficulty and density, relative to the group's turns, and success relative to its
    /// trajectories (VeRPO). Uses `normalize` for both.
    #[serde(rename = "verpo")]
    VeRpo(VeRpoConfig),
}

impl CreditConfig {
    /// Whether it cannot do without learned values.
    #[must_use]
    pub const fn needs_values(&self) -> bool {
        matches!(self, Self::Gae { .. } | Self::NStep { .. } | Self::Redistribution { .. })
    }

    /// Whether it compares trajectories that share a task, whatever the normalisation.
    #[must_use]
    pub const fn needs_group(&self) -> bool {
        matches!(
            self,
            Self::TurnLeaveOneOut { .. }
                | Self::GiGpo { .. }
                | Self::Hgpo { .. }
                | Self::PrefixTree
                | Self::Opo
                | Self::VeRpo(_)
        )
    }

    /// Whether the group's normalisation is a part of it.
    #[must_use]
    pub const fn normalizes_groups(&self) -> bool {
        matches!(self, Self::Broadcast | Self::GiGpo { .. } | Self::Hgpo { .. } | Self::VeRpo(_))
    }

    /// The channels that it reads beside the combined reward.
    #[must_use]
    pub const fn reads(&self) -> Vec<&str> {
        Vec::new()
    }

    /// The records that it reads, and the prefixes of those that are numbered.
    #[must_use]
    pub fn records(&self) -> Vec<&str> {
        match self {
            Self::VeRpo(config) => vec![&config.tests, &config.passed],
            _ => Vec::new(),
        }
    }

    /// Its discount; 1 for rules without one.
    #[must_use]
    pub const fn gamma(&self) -> f64 {
        match self {
            Self::RewardToGo { gamma }
            | Self::Gae { gamma, .. }
            | Self::NStep { gamma, .. }
            | Self::TurnLeaveOneOut { gamma, .. }
            | Self::GiGpo { gamma, .. }
            | Self::Hgpo { gamma, .. } => *gamma,
            Self::Broadcast
            | Self::Redistribution { .. }
            | Self::MinForm
            | Self::PrefixTree
            | Self::Opo
            | Self::VeRpo(_) => 1.0,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        let refuse = |key: &str, value: f64, rule: &str| {
            Err(TrainError::Config { reason: format!("`credit.{key}` is {value}; it must {rule}") })
        };
        let mut unit = vec![("gamma", self.gamma())];
        let mut positive = Vec::new();
        match self {
            Self::Gae { lambda, .. } => unit.push(("lambda", *lambda)),
            Self::NStep { n: 0, .. } => return refuse("n", 0.0, "be at least 1"),
            Self::GiGpo { omega, shrinkage, .. } => {
                positive.extend([("omega", *omega), ("shrinkage", *shrinkage)]);
            }
            Self::VeRpo(config) => {
                unit.push(("gamma", config.gamma));
                positive.extend([("alpha", config.alpha), ("delta", config.delta), ("eta", config.eta)]);
                positive.push(("beta", config.beta));
                if config.sigma.is_nan() || config.sigma < 0.0 {
                    return refuse("sigma", config.sigma, "be at least 0");
                }
            }
            Self::Hgpo { omega, alpha, .. } => positive.extend([("omega", *omega), ("alpha", *alpha)]),
            _ => {}
        }
        if let Some((key, value)) = unit.into_iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
            return refuse(key, value, "lie in [0, 1]");
        }
        if let Some((key, value)) = positive.into_iter().find(|(_, v)| !v.is_finite() || *v < 0.0) {
            return refuse(key, value, "be finite and not negative");
        }
        Ok(())
    }
}
