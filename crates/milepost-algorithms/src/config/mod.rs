//! A training method as a value: one choice for each part of the loop.

mod credit;
mod distillation;
mod implicit_reward;
mod learner;
mod model_scorer;
mod normalize;
mod objective;
mod oversample;
mod sampler;
mod unit;
mod verpo;

use milepost_objectives::{PreferenceLoss, PreferenceObjective};
use milepost_rewards::{CombineConfig, OutcomeSource, ScorerConfig};
use serde::{Deserialize, Serialize};

pub use credit::{
    AloneConfig, BaselineConfig, CodeCompat, CreditConfig, GainPoolsConfig, ResidualConfig, StepCreditConfig,
};
pub use distillation::{DistillationConfig, GateConfig, MovedWeight};
pub use implicit_reward::{
    ImplicitLevel, ImplicitReference, ImplicitRewardConfig, ImplicitUpdate, NonFinite,
};
pub use learner::{LearnerConfig, MinibatchUnit};
pub use model_scorer::{BeliefBasisConfig, ModelScorerConfig};
pub use normalize::{CentreConfig, NormalizeConfig, Pool, ScaleConfig};
pub use objective::{AggregationConfig, ObjectiveConfig, Pairing, PreferenceConfig, SequenceUnit};
pub use oversample::{GroupFilterConfig, OversampleConfig};
pub use sampler::{JudgeConfig, ReviewerConfig, SamplerConfig};
pub use unit::{CreditUnit, KlInReward};
pub use verpo::VeRpoConfig;

use crate::TrainError;

/// A method: a value of parts. Every field is a table of an experiment file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MethodConfig {
    /// Which trajectories are drawn.
    pub sampler: SamplerConfig,
    /// Draws on until enough groups teach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oversample: Option<OversampleConfig>,
    /// What each turn is worth: one named channel a scorer. May be empty where the sampler writes a channel.
    pub scorers: Vec<ScorerConfig>,
    /// What networks say: one named channel each, computed after those of the scorers.
    #[serde(default)]
    pub model_scorers: Vec<ModelScorerConfig>,
    /// How the channels become one reward a turn.
    pub combine: CombineConfig,
    /// Leave out groups whose returns are all exactly equal: they carry no advantage.
    #[serde(default)]
    pub drop_zero_variance: bool,
    /// Relative to whom a trajectory or token is judged.
    pub normalize: NormalizeConfig,
    /// Which decision earned the reward.
    pub credit: CreditConfig,
    /// What an advantage belongs to.
    #[serde(default)]
    pub credit_unit: CreditUnit,
    /// A divergence charged to the reward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kl_in_reward: Option<KlInReward>,
    /// What the policy loss of tokens is multiplied by that a sampler moved into another context.
    #[serde(default)]
    pub moved_weight: MovedWeight,
    /// How the policy moves.
    pub objective: ObjectiveConfig,
    /// Distillation from a teacher beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distillation: Option<DistillationConfig>,
    /// How often, in what portions and how far.
    pub learner: LearnerConfig,
}

impl MethodConfig {
    /// PPO (Schulman et al., arXiv 1707.06347) with GAE, as stable-baselines3 runs it: 8 environments,
    /// segments of 128 steps, 4 epochs of minibatches of 256, advantages normalised in each minibatch.
    #[must_use]
    pub fn ppo() -> Self {
        Self {
            sampler: SamplerConfig::Segments { environments: 8, steps: 128 },
            scorers: vec![ScorerConfig::Outcome {
                channel: "outcome".to_owned(),
                source: OutcomeSource::default(),
                format_penalty: None,
            }],
            oversample: None,
            model_scorers: Vec::new(),
            combine: CombineConfig::default(),
            drop_zero_variance: false,
            normalize: NormalizeConfig::sb3_minibatch(),
            credit: CreditConfig::Gae { gamma: 0.99, lambda: 0.95 },
            credit_unit: CreditUnit::Turn,
            kl_in_reward: None,
            moved_weight: MovedWeight::One,
            objective: ObjectiveConfig::ppo(),
            distillation: None,
            learner: LearnerConfig::default(),
        }
    }

    /// REINFORCE (Williams 1992): reward-to-go against the batch mean, one pass, no clipping, no critic.
    #[must_use]
    pub fn reinforce() -> Self {
        Self {
            normalize: NormalizeConfig {
                pool: Pool::Batch,
                centre: CentreConfig::Mean,
                scale: ScaleConfig::None,
            },
            credit: CreditConfig::RewardToGo { gamma: 0.99 },
            objective: ObjectiveConfig::policy_gradient(),
            learner: LearnerConfig { epochs: 1, minibatch: 1024, ..LearnerConfig::default() },
            ..Self::ppo()
        }
    }

    /// GRPO (arXiv 2402.03300): groups of 8 on one task, returns normalised by the group's mean and
    /// sample deviation, spread over the whole trajectory, clipped surrogate, no critic.
    #[must_use]
    pub fn grpo() -> Self {
        Self {
            sampler: SamplerConfig::Groups { tasks: 8, group_size: 8 },
            drop_zero_variance: true,
            normalize: NormalizeConfig::grpo(),
            credit: CreditConfig::Broadcast,
            objective: ObjectiveConfig {
                value_coefficient: 0.0,
                aggregation: AggregationConfig::SeqMeanTokenMean,
                ..ObjectiveConfig::ppo()
            },
            learner: LearnerConfig {
                epochs: 1,
                minibatch: 64,
                unit: MinibatchUnit::Trajectory,
                ..LearnerConfig::default()
            },
            ..Self::ppo()
        }
    }

    /// RLOO (arXiv 2402.14740): as [`MethodConfig::grpo`], but each return against the mean of the others,
    /// unscaled, and a plain policy gradient summed over tokens.
    #[must_use]
    pub fn rloo() -> Self {
        Self {
            normalize: NormalizeConfig::rloo(),
            objective: ObjectiveConfig {
                aggregation: AggregationConfig::SeqMeanTokenSum,
                ..ObjectiveConfig::policy_gradient()
            },
            ..Self::grpo()
        }
    }

    /// Trajectory DPO (arXiv 2305.18290), on-policy: of each group of 8 the best against the worst by return, β = 0.1.
    #[must_use]
    pub fn dpo() -> Self {
        let dpo = PreferenceObjective { loss: PreferenceLoss::dpo(), beta: 0.1 };
        Self {
            drop_zero_variance: false,
            normalize: NormalizeConfig {
                pool: Pool::None,
                centre: CentreConfig::None,
                scale: ScaleConfig::None,
            },
            objective: ObjectiveConfig::from_preference(dpo, Pairing::BestWorst),
            learner: LearnerConfig { unit: MinibatchUnit::Pair, minibatch: 8, ..Self::grpo().learner },
            ..Self::grpo()
        }
    }

    /// Whether it compares with the policy that training began with.
    #[must_use]
    pub const fn needs_reference(&self) -> bool {
        self.objective.needs_reference() || self.kl_in_reward.is_some()
    }

    /// Whether it needs the network that training began with, after a resume too.
    #[must_use]
    pub fn needs_start(&self) -> bool {
        self.needs_reference() || self.model_scorers.iter().any(ModelScorerConfig::needs_start)
    }

    /// The records that its parts read, and the prefixes of those that are numbered.
    #[must_use]
    pub fn records(&self) -> Vec<&str> {
        self.scorers.iter().flat_map(ScorerConfig::records).chain(self.credit.records()).collect()
    }

    /// The channels that are written before rewards are combined, in order.
    #[must_use]
    pub fn written(&self) -> Vec<&str> {
        let scored = self.scorers.iter().map(ScorerConfig::channel);
        let by_models = self.model_scorers.iter().map(ModelScorerConfig::channel);
        self.sampler.channels().iter().copied().chain(scored).chain(by_models).collect()
    }

    /// The channels that are read, each with the key that reads it.
    #[must_use]
    pub fn read(&self) -> Vec<(&'static str, &str)> {
        let scorers = self.scorers.iter().flat_map(ScorerConfig::reads);
        let models = self.model_scorers.iter().flat_map(ModelScorerConfig::reads);
        let gate = self.distillation.as_ref().and_then(|distillation| distillation.gate.channel());
        let combined = self.combine.terms.iter();
        let combined =
            combined.flat_map(|term| [Some(term.channel.as_str()), term.gate.as_deref()]).flatten();
        scorers
            .map(|channel| ("scorers", channel))
            .chain(models.map(|channel| ("model-scorers", channel)))
            .chain(self.credit.reads().into_iter().map(|channel| ("credit", channel)))
            .chain(combined.map(|channel| ("combine", channel)))
            .chain(gate.map(|channel| ("distillation.gate", channel)))
            .collect()
    }

    /// Checks that the parts fit together.
    pub fn validate(&self) -> Result<(), TrainError> {
        let refuse = |reason: String| Err(TrainError::Config { reason });
        self.sampler.validate()?;
        self.objective.validate()?;
        self.learner.validate()?;
        self.credit.validate()?;
        self.model_scorers.iter().try_for_each(ModelScorerConfig::validate)?;
        self.oversample.as_ref().map_or(Ok(()), OversampleConfig::validate)?;
        if self.oversample.is_some() && !self.sampler.draws_one_group_a_task() {
            return refuse(
                "`oversample` replaces groups of whole episodes: use a sampler that draws one group a task"
                    .into(),
            );
        }
        self.kl_in_reward.as_ref().map_or(Ok(()), KlInReward::validate)?;
        self.distillation.as_ref().map_or(Ok(()), DistillationConfig::validate)?;
        self.moved_weight.validate()?;
        let by_step = matches!(self.credit, CreditConfig::Broadcast | CreditConfig::StepSum);
        if self.sampler.compares_steps() && !by_step {
            return refuse(
                "a step tree compares the candidates of one step: use `credit.kind = \"broadcast\"`, by which each \
                 has its own value, or \"step-sum\""
                    .into(),
            );
        }
        if self.credit == CreditConfig::StepSum && !self.sampler.compares_steps() {
            return refuse(
                "`credit.kind = \"step-sum\"` adds up the steps of step trees: use `sampler.kind = \"step-tree\"` \
                 with two candidates or more, or \"broadcast\""
                    .into(),
            );
        }
        if self.sampler.trains_decisions()
            && (self.credit != CreditConfig::Broadcast
                || self.objective.preference.is_some()
                || self.distillation.is_some())
        {
            return refuse(
                "decisions on drafts are trained with the advantage of a whole trajectory: use \
                 `credit.kind = \"broadcast\"` without preferences or distillation, or `sampler.train-meta = false`"
                    .into(),
            );
        }
        if self.written().is_empty() {
            return refuse("`scorers` is empty; list at least one, such as { kind = \"outcome\" }".into());
        }
        if self.distillation.is_some() && self.drop_zero_variance {
            return refuse(
                "groups without variance can still be distilled: set `drop-zero-variance = false` beside `distillation`"
                    .into(),
            );
        }
        if self.distillation.is_some() && self.learner.unit == MinibatchUnit::Token {
            return refuse("whole trajectories are distilled: use `learner.unit = \"trajectory\"`".into());
        }
        if !self.moved_weight.is_one() && self.objective.preference.is_some() {
            return refuse(
                "`moved-weight` is for surrogates; a `preference` compares whole trajectories".into(),
            );
        }
        let grouped = matches!(self.normalize.pool, Pool::Group);
        if grouped && !self.credit.normalizes_groups() {
            return refuse(
                "normalising over the group judges whole trajectories, so it needs `credit.kind = \"broadcast\"`, \
                 \"gi-gpo\", \"hgpo\", \"step-position\" or \"igpo\""
                    .into(),
            );
        }
        if !grouped && self.credit.compares_within_groups_by_rule() {
            return refuse(
                "this credit rule compares turns of a group, and normalises within groups: use `normalize.pool = \"group\"`"
                    .into(),
            );
        }
        if matches!(self.credit, CreditConfig::Prime { .. }) && self.credit_unit == CreditUnit::Turn {
            return refuse("PRIME credits tokens: use `credit-unit = \"token\"`".into());
        }
        if self.objective.sequence == SequenceUnit::Turn && matches!(self.learner.unit, MinibatchUnit::Token)
        {
            return refuse(
                "`objective.sequence = \"turn\"` needs whole turns: use `learner.unit = \"trajectory\"`"
                    .into(),
            );
        }
        if self.credit.needs_group() && matches!(self.sampler, SamplerConfig::Segments { .. }) {
            return refuse(
                "this credit rule compares trajectories that share a task: use `sampler.kind = \"groups\"`"
                    .into(),
            );
        }
        if self.credit.needs_values() && self.objective.value_coefficient == 0.0 {
            return refuse(
                "this credit rule asks learned values: give `objective.value-coefficient` a value above 0"
                    .into(),
            );
        }
        if matches!(self.normalize.pool, Pool::Group)
            && matches!(self.sampler, SamplerConfig::Segments { .. })
        {
            return refuse(
                "normalising over the group needs trajectories that share a task: use `sampler.kind = \"groups\"`"
                    .into(),
            );
        }
        if self.credit.compares_turns() && self.credit_unit == CreditUnit::Token {
            return refuse("this credit rule compares turns: use `credit-unit = \"turn\"`".into());
        }
        if matches!(self.learner.unit, MinibatchUnit::Token)
            && !matches!(self.objective.aggregation, AggregationConfig::TokenMean)
        {
            return refuse(
                "this `objective.aggregation` weighs whole sequences: use `learner.unit = \"trajectory\"` or \"token-mean\""
                    .into(),
            );
        }
        if self.objective.preference.is_some() != matches!(self.learner.unit, MinibatchUnit::Pair) {
            return refuse("`learner.unit = \"pair\"` and `objective.preference` need each other".into());
        }
        if self.objective.preference.is_some() && matches!(self.sampler, SamplerConfig::Segments { .. }) {
            return refuse(
                "preferences compare trajectories that share a task: use `sampler.kind = \"groups\"`".into(),
            );
        }
        if matches!(self.normalize.centre, CentreConfig::LeaveOneOut)
            && !matches!(self.normalize.pool, Pool::Group)
        {
            return refuse(
                "leave-one-out centring is defined over a group: use `normalize.pool = \"group\"`".into(),
            );
        }
        Ok(())
    }
}
