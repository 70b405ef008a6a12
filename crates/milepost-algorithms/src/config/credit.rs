use serde::{Deserialize, Serialize};

use super::verpo::VeRpoConfig;
use crate::TrainError;

/// What a turn gets that no other trajectory of its group reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AloneConfig {
    /// Its return: unbiased.
    #[default]
    Raw,
    /// Nothing: biased, because longer episodes are the ones that lose turns.
    Zero,
}

/// What a token's process reward is set against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BaselineConfig {
    /// The others' mean token reward (PRIME's paper).
    #[default]
    Others,
    /// The released code's form, which adds what sums to 0 over a response.
    ReleasedCode,
}

/// What a step is credited with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepCreditConfig {
    /// Its own reward.
    #[default]
    Immediate,
    /// The rewards from it on.
    RewardToGo,
}

/// Where iStar's released code differs from the paper; all off unless asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CodeCompat {
    /// Statistics of the first step of each trajectory.
    pub first_step_statistics: bool,
    /// `n/(n−1)` times the distance from the mean instead of mean and deviation: leave-one-out over all `n` steps of a
    /// group, or, with `first-step-statistics`, over its `n` first steps.
    pub leave_one_out: bool,
    /// Divide by the largest step reward of the batch in magnitude, plus 1e-6.
    pub batch_norm: bool,
}

/// Where the part of a return goes that values did not predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
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

/// Among which rewards information gains and outcomes are normalised ([`milepost_credit::GainPools`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GainPoolsConfig {
    /// Gains among gains, outcomes among outcomes.
    #[default]
    Separate,
    /// All together.
    Joint,
    /// Returns of raw rewards, centred among those at the same turn: the released (older) code.
    ByPosition,
}

/// Which decision earned the reward. Each is a rule of [`milepost_credit`], where formula, source, identity and
/// known failure stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum CreditConfig {
    /// Every decision gets the trajectory's (normalised) return.
    Broadcast,
    /// [`CreditConfig::Broadcast`] over the rows of step trees, weighted so that a mean over rows is the sum over the
    /// steps of a tree, averaged over trees: SLATE's objective as it is written. Long trees weigh more.
    StepSum,
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
    /// The return from a turn on, normalised among the trajectories of the group that have such a turn. Uses
    /// `normalize`.
    StepPosition {
        /// Discount γ of a turn; with 0 a turn is judged by its own reward alone.
        gamma: f64,
    },
    /// Normalised information gains and outcomes, summed over the turns to come (IGPO, arXiv 2510.14967). The combined
    /// rewards of a trajectory, added up, are its outcome. Uses `normalize`.
    Igpo {
        /// The turn-level channel that holds the gains; a turn without a value has none.
        #[serde(default = "information_gain")]
        gains: String,
        /// What the pools are.
        #[serde(default)]
        pools: GainPoolsConfig,
        /// Discount γ of a turn.
        #[serde(default = "undiscounted")]
        gamma: f64,
    },
    /// Differences of the mean returns of shared prefixes (SPO, TEMPO).
    PrefixTree,
    /// The return against the group's length-weighted mean (OPO).
    Opo,
    /// Tests weighed by difficulty and density, relative to the group's turns, and success relative to its
    /// trajectories (VeRPO). Uses `normalize` for both.
    #[serde(rename = "verpo")]
    VeRpo(VeRpoConfig),
    /// Leave-one-out over outcomes plus leave-one-out over the process rewards of every token, whitened (PRIME). The
    /// combined reward is the outcome. `normalize` is not used.
    Prime {
        /// The token-level channel of process rewards.
        process: String,
        /// Weight of the process part on that channel's unit.
        #[serde(default = "five")]
        process_scale: f64,
        /// Discount γ of a token.
        #[serde(default = "one")]
        gamma: f64,
        /// What a token is set against.
        #[serde(default)]
        baseline: BaselineConfig,
        /// Divide process rewards by their largest reverse cumulative sum over the batch.
        #[serde(default)]
        batch_norm: bool,
        /// Whiten over the tokens of the batch.
        #[serde(default = "yes")]
        whiten: bool,
    },
    /// The normalised return plus step rewards relative to all steps of the group (iStar). `normalize` is that of
    /// the return; step rewards lose their mean and are divided by their sample deviation + 1e-6.
    ImplicitSteps {
        /// The channel of step rewards: of turns, or of tokens where tokens are credited.
        steps: String,
        /// Weight α of the step part.
        #[serde(default = "one")]
        alpha: f64,
        /// What a step is credited with.
        #[serde(default)]
        credit: StepCreditConfig,
        /// Differences of the released code.
        #[serde(default)]
        code_compat: CodeCompat,
    },
}

const fn one() -> f64 {
    1.0
}

const fn five() -> f64 {
    5.0
}

const fn yes() -> bool {
    true
}

fn information_gain() -> String {
    "information-gain".to_owned()
}

const fn undiscounted() -> f64 {
    1.0
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
                | Self::StepPosition { .. }
                | Self::Igpo { .. }
                | Self::PrefixTree
                | Self::Opo
                | Self::VeRpo(_)
                | Self::Prime { .. }
                | Self::ImplicitSteps { .. }
        )
    }

    /// Whether the group's normalisation is a part of it.
    #[must_use]
    pub const fn normalizes_groups(&self) -> bool {
        matches!(
            self,
            Self::Broadcast
                | Self::StepSum
                | Self::GiGpo { .. }
                | Self::Hgpo { .. }
                | Self::StepPosition { .. }
                | Self::Igpo { .. }
                | Self::VeRpo(_)
                | Self::ImplicitSteps { .. }
        )
    }

    /// Whether it cannot do without a group's normalisation.
    pub(crate) const fn compares_within_groups_by_rule(&self) -> bool {
        self.normalizes_groups() && !matches!(self, Self::Broadcast | Self::StepSum)
    }

    /// Whether it compares turns, and tokens only where a turn is one.
    pub(crate) const fn compares_turns(&self) -> bool {
        self.needs_group() && !matches!(self, Self::Prime { .. } | Self::ImplicitSteps { .. })
    }

    /// The channels that it reads beside the combined reward.
    #[must_use]
    pub fn reads(&self) -> Vec<&str> {
        match self {
            Self::Prime { process: channel, .. } | Self::ImplicitSteps { steps: channel, .. } => {
                vec![channel]
            }
            Self::Igpo { gains, .. } => vec![gains],
            _ => Vec::new(),
        }
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
            | Self::Hgpo { gamma, .. }
            | Self::StepPosition { gamma }
            | Self::Igpo { gamma, .. }
            | Self::Prime { gamma, .. } => *gamma,
            Self::Broadcast
            | Self::StepSum
            | Self::Redistribution { .. }
            | Self::MinForm
            | Self::PrefixTree
            | Self::Opo
            | Self::VeRpo(_)
            | Self::ImplicitSteps { .. } => 1.0,
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
            Self::Prime { process_scale, .. } => positive.push(("process-scale", *process_scale)),
            Self::ImplicitSteps { alpha, .. } => positive.push(("alpha", *alpha)),
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
