use burn::tensor::Device;
use milepost_core::{ParameterCheck, ParameterError, Purpose, Stream, StreamKey};
use milepost_offline::data::{Dataset, Normalizer, Sampler, Transitions};
use milepost_offline::learners::{
    Actor, Batches, BcConfig, BcPolicy, BehaviourCloning, Conservative, Iql, IqlConfig, MarkovActor,
    Networks, OfflineLearner, Sac, SacConfig, Td3Bc, Td3BcConfig,
};
use milepost_offline::model::{
    BellmanInconsistency, Dynamics, DynamicsConfig, ModelBased, ModelBasedConfig, RollOutConfig,
};
use milepost_offline::sequence::{Contexts, DecisionTransformer, DecisionTransformerConfig};
use serde::{Deserialize, Serialize};

use crate::{Recorder, StudyError};

/// Who learns from the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Learner {
    /// Deterministic behaviour cloning.
    Bc,
    /// Gaussian behaviour cloning.
    GaussianBc,
    /// Cloning of the best tenth of trajectories.
    PercentBc,
    /// TD3+BC.
    Td3Bc,
    /// Implicit Q-learning.
    Iql,
    /// Conservative Q-learning.
    Cql,
    /// A decision transformer.
    Dt,
    /// SAC in a learned model, with or without a reward penalty.
    Mopo,
    /// SAC in a learned model with MOBILE's target penalty.
    Mobile,
}

/// What every learner may spend, and the settings that are not each method's default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Budget {
    /// Gradient updates of learners without a sequence model.
    pub updates: u64,
    /// Updates of the decision transformer, which cost several times as much.
    pub sequence_updates: u64,
    /// Rows in a batch.
    pub batch: usize,
    /// Width of both hidden layers.
    pub width: usize,
    /// Adam's step size.
    pub learning_rate: f64,
    /// Discount.
    pub gamma: f64,
    /// Polyak rate of target networks.
    pub polyak: f64,
    /// TD3+BC's α.
    pub td3_alpha: f64,
    /// IQL's expectile.
    pub expectile: f64,
    /// IQL's inverse temperature.
    pub beta: f64,
    /// CQL's α_c.
    pub conservative: f64,
    /// MOPO's λ.
    pub penalty_weight: f64,
    /// MOBILE's c.
    pub inconsistency: f64,
    /// Steps of a model roll-out.
    pub horizon: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            updates: 3000,
            sequence_updates: 1500,
            batch: 256,
            width: 64,
            learning_rate: 1e-3,
            gamma: 0.97,
            polyak: 0.01,
            td3_alpha: 2.5,
            expectile: 0.7,
            beta: 3.0,
            conservative: 5.0,
            penalty_weight: 1.0,
            inconsistency: 1.0,
            horizon: 5,
        }
    }
}

impl Budget {
    /// Counts that must not be zero; the learners check the rest.
    pub(crate) fn check(&self, check: ParameterCheck) -> Result<(), ParameterError> {
        check.that(self.updates > 0, "budget.updates", self.updates, "at least 1")?;
        check.that(
            self.sequence_updates > 0,
            "budget.sequence-updates",
            self.sequence_updates,
            "at least 1",
        )?;
        check.that(self.batch > 0, "budget.batch", self.batch, "at least 1")?;
        check.that(self.width > 0, "budget.width", self.width, "at least 1")
    }

    fn networks(&self) -> Networks {
        let hidden = vec![self.width; 2];
        let (learning_rate, gamma, polyak) = (self.learning_rate, self.gamma, self.polyak);
        Networks { hidden, learning_rate, gamma, polyak }
    }
}

/// The discount with which percentage BC ranks trajectories, CORL's.
const TOP_GAMMA: f64 = 0.99;
/// Updates between two calls of [`Recorder::advance`].
const BEAT: u64 = 200;

/// Trains on `data`, every trajectory of which has actions, and returns the last policy. `certainty` is the
/// temperature τ of the weights exp(−u/τ) of proxy actions, if they are weighted.
#[allow(clippy::too_many_arguments, reason = "two call sites; a struct would name them a second time")]
pub(crate) fn train(
    learner: Learner,
    data: &Dataset,
    normalizer: &Normalizer,
    budget: &Budget,
    certainty: Option<f64>,
    seed: u64,
    device: &Device,
    recorder: &mut dyn Recorder,
) -> Result<Box<dyn Actor>, StudyError> {
    let failed = StudyError::part("learner");
    data.require_actions().map_err(StudyError::part("learner"))?;
    let (states, actions) = (data.state_width(), data.action_space().width());
    let (networks, tape) = (budget.networks(), &device.clone().autodiff());
    let markov = |data: &Dataset, learner: &mut dyn OfflineLearner, recorder: &mut dyn Recorder| {
        run(learner, data, normalizer, budget, certainty, seed, device, recorder)
    };
    let cloning = |policy: BcPolicy| {
        let config = BcConfig { networks: budget.networks(), policy, ..BcConfig::default() };
        BehaviourCloning::new(config, states, actions, seed, tape).map_err(StudyError::part("cloning"))
    };
    match learner {
        Learner::Bc => markov(data, &mut cloning(BcPolicy::Deterministic)?, recorder),
        Learner::GaussianBc => markov(data, &mut cloning(BcPolicy::Gaussian)?, recorder),
        Learner::PercentBc => {
            let top = data.top_fraction(0.1, TOP_GAMMA).map_err(StudyError::part("percentage BC"))?;
            markov(&top, &mut cloning(BcPolicy::Deterministic)?, recorder)
        }
        Learner::Td3Bc => {
            let config = Td3BcConfig { networks, alpha: budget.td3_alpha, ..Td3BcConfig::default() };
            let mut learner = Td3Bc::new(config, states, actions, seed, tape).map_err(failed)?;
            markov(data, &mut learner, recorder)
        }
        Learner::Iql => {
            let (expectile, beta) = (budget.expectile, budget.beta);
            let decay = Some(budget.updates);
            let config = IqlConfig { networks, expectile, beta, decay, ..IqlConfig::default() };
            let mut learner = Iql::new(config, states, actions, seed, tape).map_err(failed)?;
            markov(data, &mut learner, recorder)
        }
        Learner::Cql => {
            // Four actions of each law instead of ten: a third of the time.
            let conservative = Conservative { weight: budget.conservative, samples: 4, lagrange: None };
            let config = SacConfig {
                networks,
                conservative: Some(conservative),
                deterministic_backup: true,
                ..SacConfig::default()
            };
            let mut learner = Sac::new(config, states, actions, seed, tape).map_err(failed)?;
            markov(data, &mut learner, recorder)
        }
        Learner::Mopo | Learner::Mobile => imagine(learner, data, normalizer, budget, seed, device, recorder),
        Learner::Dt => continue_sequences(data, normalizer, budget, seed, device, recorder),
    }
}

#[allow(clippy::too_many_arguments, reason = "one call site; a struct would name them a second time")]
fn run(
    learner: &mut dyn OfflineLearner,
    data: &Dataset,
    normalizer: &Normalizer,
    budget: &Budget,
    certainty: Option<f64>,
    seed: u64,
    device: &Device,
    recorder: &mut dyn Recorder,
) -> Result<Box<dyn Actor>, StudyError> {
    let part = StudyError::part("batches");
    let rows = Transitions::of(data).and_then(|rows| rows.normalized(normalizer)).map_err(&part)?;
    let sampler = match certainty {
        None => rows.sampler(),
        Some(temperature) => {
            rows.certainty_weights(temperature).and_then(|weights| Sampler::weighted(&weights))
        }
    };
    let mut batches = Batches::new(&rows, sampler.map_err(&part)?, seed, device);
    for update in 0..budget.updates {
        if update.is_multiple_of(BEAT) {
            recorder.advance(update, budget.updates)?;
        }
        learner.update(&batches.draw(budget.batch));
    }
    Ok(Box::new(MarkovActor::new(learner.greedy(), normalizer.clone(), device.clone())))
}

fn imagine(
    learner: Learner,
    data: &Dataset,
    normalizer: &Normalizer,
    budget: &Budget,
    seed: u64,
    device: &Device,
    recorder: &mut dyn Recorder,
) -> Result<Box<dyn Actor>, StudyError> {
    let rows = Transitions::of(data)
        .and_then(|rows| rows.normalized(normalizer))
        .map_err(StudyError::part("batches"))?;
    let tape = device.clone().autodiff();
    let dynamics =
        DynamicsConfig { hidden: vec![budget.width; 2], max_epochs: 12, ..DynamicsConfig::default() };
    let dynamics = Dynamics::fit(&rows, &dynamics, seed, &tape).map_err(StudyError::part("dynamics"))?;
    let mobile = learner == Learner::Mobile;
    let config = ModelBasedConfig {
        sac: SacConfig { networks: budget.networks(), deterministic_backup: mobile, ..SacConfig::default() },
        roll_out: RollOutConfig {
            starts: 1000,
            horizon: budget.horizon,
            penalty_weight: if mobile { 0.0 } else { budget.penalty_weight },
            ..RollOutConfig::default()
        },
        // Two next states of each elite instead of ten.
        inconsistency: mobile.then_some(BellmanInconsistency { weight: budget.inconsistency, draws: 2 }),
        every: 250,
        capacity: 20_000,
        batch: budget.batch,
        ..ModelBasedConfig::default()
    };
    let part = StudyError::part("model-based learner");
    let mut learner = ModelBased::new(config, &rows, &dynamics, seed, &tape).map_err(&part)?;
    for update in 0..budget.updates {
        if update.is_multiple_of(BEAT) {
            recorder.advance(update, budget.updates)?;
        }
        // The arena never ends an episode before its budget.
        learner.update(&|_, _, _| false).map_err(&part)?;
    }
    recorder.count("imagined states that left the clip in the last roll-out", learner.report().left as u64);
    Ok(Box::new(MarkovActor::new(learner.greedy(), normalizer.clone(), device.clone())))
}

fn continue_sequences(
    data: &Dataset,
    normalizer: &Normalizer,
    budget: &Budget,
    seed: u64,
    device: &Device,
    recorder: &mut dyn Recorder,
) -> Result<Box<dyn Actor>, StudyError> {
    let config = DecisionTransformerConfig {
        context: 10,
        layers: 2,
        width: budget.width,
        dropout: 0.0,
        learning_rate: budget.learning_rate,
        scale: 100.0,
        max_steps: 200,
        ..DecisionTransformerConfig::default()
    };
    let part = StudyError::part("decision transformer");
    let (states, actions) = (data.state_width(), data.action_space().width());
    let contexts = Contexts::new(data, normalizer, config.context, config.scale)
        .map_err(StudyError::part("contexts"))?;
    let mut learner =
        DecisionTransformer::new(config, states, actions, seed, &device.clone().autodiff()).map_err(part)?;
    let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("offline contexts")));
    for update in 0..budget.sequence_updates {
        if update.is_multiple_of(BEAT) {
            recorder.advance(update, budget.sequence_updates)?;
        }
        learner.update(&contexts.draw(64, &mut stream, device));
    }
    Ok(Box::new(learner.actor(contexts.best_return(), normalizer, device)))
}
