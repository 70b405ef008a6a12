//! The card that every estimator carries: what it claims to estimate and how (six fields and an evidence
//! tier, after the survey *From Reasoning to Agentic: Credit Assignment in RL for LLMs*, arXiv 2604.09459 v3,
//! known here from reading notes).

use serde::{Deserialize, Serialize};

/// Which action the taken one is compared with, `q` in `Δ_t(q; ρ)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Contrast {
    /// An action of the policy: `Δ = A`.
    Policy,
    /// Another action of the policy: `Δ = A / (1 − π(a|s))`.
    OtherAction,
    /// A fixed action: `Δ = Q(a) − Q(action)`.
    Default {
        /// The action.
        action: u32,
    },
    /// Not a contrast of actions (a broadcast, a control): scored against the advantage alone.
    None,
}

/// What a credited unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A single decision of the policy.
    Step,
    /// A turn of several decisions.
    Turn,
    /// The whole trajectory.
    Trajectory,
}

/// How the state before the decision is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PreState {
    /// As recorded.
    Observed,
    /// Matched with equal states of other episodes.
    Matched,
    /// Restored in full.
    Restored,
    /// Read from a model's inside.
    Latent,
}

/// Where the alternative comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intervention {
    /// There is none.
    None,
    /// A real second run.
    RealRerun,
    /// A restored decoder.
    DecoderRestore,
    /// A restored environment.
    EnvironmentRestore,
    /// A match in the log.
    LogMatch,
    /// A model of the world, of values or of hindsight.
    SurrogateModel,
}

/// How what follows the alternative is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Downstream {
    /// As recorded.
    Recorded,
    /// The policy continues.
    ContinuePolicy,
    /// Recorded later actions are replayed.
    FrozenActions,
    /// A model's expectation.
    ModelExpectation,
}

/// How the loss uses the credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interface {
    /// A reward of the step.
    Reward,
    /// An advantage.
    Advantage,
    /// A mask.
    Mask,
    /// A weight of another advantage.
    Weight,
}

/// How strong the evidence behind the credit is, strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Predicts success.
    PredictiveProxy,
    /// Counterfactual within a model.
    ModelRelativeCounterfactual,
    /// Causal from observation, under stated assumptions.
    ObservationalCausal,
    /// An intervention in a restored state.
    RestoredInterventional,
}

/// The CA-ID card of an estimator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaIdCard {
    /// Unit that is credited.
    pub unit: Unit,
    /// The contrast that is estimated.
    pub contrast: Contrast,
    /// Effective pre-state.
    pub pre_state: PreState,
    /// Source of the intervention.
    pub intervention: Intervention,
    /// Downstream protocol.
    pub downstream: Downstream,
    /// Support and uncertainty, in words: overlap of actions, repeats.
    pub support: String,
    /// Optimisation interface.
    pub interface: Interface,
    /// Evidence tier.
    pub evidence: Evidence,
}
