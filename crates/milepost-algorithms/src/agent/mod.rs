//! What the loop acts with: a world, a policy, and how the two are joined.

mod features;
mod kind;
mod rollout;
mod tokens;

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use milepost_core::{Batch, Encoder, TaskSeed, Version};

pub use features::{
    ActionMode, Actor, EvaluationPolicy, FeatureAgent, GroupSampler, SegmentSampler, SegmentState,
    TrainerParts, draw_groups,
};
pub use kind::SamplerState;
pub use rollout::{Companion, EpisodeSummary, MovedToken, Rollout};
pub use tokens::{
    AnswerForm, AnswerGrammar, BeliefAid, CallAid, HintedPrompt, MetaWords, SamplerAids, TokenAgent,
    TokenParts, TokenSettings, TokenTable, TurnJudge, VerificationAid,
};

pub(crate) use tokens::first_mistake;

use crate::TrainError;
use crate::config::ModelScorerConfig;
use crate::model_scorer::ModelScorer;

/// Draws trajectories with a model, and says how the model reads them again.
///
/// [`FeatureAgent`] reads states as feature vectors and draws one token a turn; [`TokenAgent`] reads contexts of
/// tokens and draws turns of one or more.
pub trait Agent: Send {
    /// What its trajectories hold of each state.
    type Observation: Clone + 'static;
    /// The network.
    type Model: Module;
    /// A batch as the network reads it.
    type Table: DecisionTable<Self::Model>;

    /// Draws what one iteration learns from. `model` is an inference copy.
    fn sample(
        &mut self,
        model: &Self::Model,
        version: Version,
    ) -> Result<Rollout<Self::Observation>, TrainError>;

    /// Draws `group_size` episodes on one task, from the evaluation stream: training is not affected.
    fn watch(
        &mut self,
        model: &Self::Model,
        version: Version,
        task: TaskSeed,
        group_size: usize,
    ) -> Result<Rollout<Self::Observation>, TrainError>;

    /// The batch as the network reads it.
    fn table(&self, batch: &Batch<Self::Observation>) -> Result<Self::Table, TrainError>;

    /// The model scorer that `config` names. `start` is the network that training begins with.
    fn model_scorer(
        &self,
        config: &ModelScorerConfig,
        start: &Self::Model,
    ) -> Result<Box<dyn ModelScorer<Self>>, TrainError>
    where
        Self: Sized;

    /// What scorers with networks read of a state.
    fn encoder(&self) -> Arc<dyn Encoder<Self::Observation> + Sync>;

    /// The plain device.
    fn device(&self) -> &Device;

    /// The run's seed.
    fn run_seed(&self) -> u64;

    /// Where the sampler stands.
    fn state(&self) -> SamplerState;

    /// Goes on where a sampler of the same configuration stood.
    fn restore(&mut self, state: SamplerState) -> Result<(), TrainError>;
}

/// The decisions (trained tokens) of a batch, `[D]` in order of trajectories and tokens.
pub trait DecisionTable<M> {
    /// First decision of each trajectory, and one past the last, `[N + 1]`.
    fn offsets(&self) -> &[usize];

    /// The turn that each decision belongs to, `[D]`; never decreasing within a trajectory.
    fn turns(&self) -> &[u32];

    /// What an inference copy of the model says about every decision.
    fn score(&self, model: &M) -> Result<Scores, TrainError>;

    /// The training forward pass over some decisions, in the order given.
    fn forward(&self, model: &M, decisions: &[usize]) -> Result<Forward, TrainError>;

    /// The scores of the model, with the log-probabilities of a reference model beside them.
    fn score_with(&self, model: &M, reference: Option<&M>) -> Result<Scores, TrainError> {
        let reference = reference.map(|reference| self.score(reference)).transpose()?;
        Ok(Scores { reference: reference.map(|scores| scores.logp), ..self.score(model)? })
    }
}

/// What a model says about the decisions of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// Log-probability of the token that was drawn, by the training forward pass, `[D]`.
    pub logp: Vec<f32>,
    /// Value before the token, `[D]`.
    pub values: Vec<f32>,
    /// Value of the state after the last turn of each trajectory, `[N]`.
    pub final_values: Vec<f32>,
    /// Log-probability of the token under the policy that training began with, if asked for, `[D]`.
    pub reference: Option<Vec<f32>>,
}

/// A forward pass over `n` decisions.
#[derive(Debug)]
pub struct Forward {
    /// `[n, A]`; what cannot be drawn is masked.
    pub logits: Tensor<2>,
    /// `[n]`
    pub values: Tensor<1>,
    /// The tokens that were drawn, `[n]`.
    pub actions: Tensor<1, Int>,
}
