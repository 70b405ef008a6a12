//! Random network distillation (Burda et al., *Exploration by random network distillation*, 2018).
//!
//! A predictor `f̂` learns to imitate a fixed random network `f` on the states that were visited; where it
//! fails, the state is new. For arriving in `s'` with whitened features `x`:
//!
//! ```text
//! e = mean over outputs of (f̂(x) − f(x))²        x = clip((features − μ) / σ, −5, 5)
//! b = e / σ_R                                    σ_R = deviation of R ← γ R + e, per slot
//! ```
//!
//! `μ`, `σ` and `σ_R` take in a batch before it is scored; `R` is never reset, not even where an episode
//! ends. The predictor trains afterwards, in [`Scorer::learn`], on a random share of the same states.
//!
//! Deliberate deviations from the released code: the bonus is one more channel, so it shares one value head
//! and one discount with the outcome instead of having a non-episodic head of its own; the first batch takes
//! the place of a random agent's warm-up for `μ` and `σ`; weights are He-normal instead of orthogonal.

mod config;

use std::sync::Arc;

use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};
use milepost_core::{Batch, Channel, Encoder, Level, Purpose, Stream, StreamKey};
use milepost_policies::{Adam, AdamConfig, CheckpointError, model_from_bytes, model_to_bytes};
use serde::{Deserialize, Serialize};

use crate::perceptron::Perceptron;
use crate::{ForwardFilter, RunningMeanStd, ScoreError, ScoreReport, Scorer, state};
pub use config::RndConfig;

/// The bonus of random network distillation, at turn level `[T]`.
pub struct Rnd<O> {
    config: RndConfig,
    run_seed: u64,
    device: Device,
    encoder: Arc<dyn Encoder<O> + Sync>,
    target: Perceptron,
    predictor: Perceptron,
    optimizer: Adam,
    statistics: Statistics,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Statistics {
    observations: RunningMeanStd,
    filter: ForwardFilter,
    returns: RunningMeanStd,
    updates: u64,
}

impl<O> Rnd<O> {
    /// Networks for the features of `encoder`, with weights from `run_seed`, for a sampler of `slots` places.
    pub fn new(
        config: RndConfig,
        run_seed: u64,
        device: &Device,
        encoder: Arc<dyn Encoder<O> + Sync>,
        slots: usize,
    ) -> Result<Self, ScoreError> {
        config.check()?;
        if encoder.is_empty() {
            return Err(ScoreError::setting(
                &config.channel,
                "the encoder's number of features",
                0,
                "positive",
            ));
        }
        let device = device.clone().inner();
        let widths = |hidden: &[usize]| [&[encoder.len()], hidden, &[config.outputs]].concat();
        let target = Perceptron::new("rnd-target", &widths(&config.target_hidden), run_seed, &device);
        let predictor = Perceptron::new(
            "rnd-predictor",
            &widths(&config.predictor_hidden),
            run_seed,
            &device.clone().autodiff(),
        );
        let statistics = Statistics {
            observations: RunningMeanStd::new(encoder.len()),
            filter: ForwardFilter::new(config.gamma, slots),
            returns: RunningMeanStd::new(1),
            updates: 0,
        };
        let optimizer = Adam::new(adam(&config));
        Ok(Self { config, run_seed, device, encoder, target, predictor, optimizer, statistics })
    }

    /// The features of the states that were arrived in, `[states, features]`, for `states` in that order.
    fn features<'a>(&self, states: impl IntoIterator<Item = (&'a O, u64)>) -> Vec<f32>
    where
        O: 'a,
    {
        let width = self.encoder.len();
        let mut features = Vec::new();
        for (observation, key) in states {
            let start = features.len();
            features.resize(start + width, 0.0);
            self.encoder.encode(observation, key, &mut features[start..]);
        }
        features
    }

    fn whitened(&self, features: &[f32]) -> Tensor<2> {
        let width = self.encoder.len();
        let whitened = self.statistics.observations.whiten(features, 0.0, self.config.clip);
        let values: Vec<f32> = whitened.into_iter().map(|x| x as f32).collect();
        Tensor::from_data(TensorData::new(values, [features.len() / width, width]), &self.device)
    }

    /// `e` of each state, `[states]`.
    fn errors(&self, features: &[f32]) -> Result<Vec<f64>, ScoreError> {
        let x = self.whitened(features);
        let difference = self.predictor.valid().forward(x.clone()) - self.target.forward(x);
        let errors = difference.square().mean_dim(1).try_into_vec_as::<f32>();
        let errors = errors.map_err(|error| self.state_error(&error))?;
        errors.into_iter().map(|error| self.finite("the prediction error", f64::from(error))).collect()
    }

    /// One pass over a random share of the states. The sum of squared errors is left on the device.
    fn epoch(&mut self, states: &[(&O, u64)], epoch: u32) -> (Option<Tensor<1>>, usize) {
        let mut order: Vec<usize> = (0..states.len()).collect();
        Stream::new(StreamKey {
            run_seed: self.run_seed,
            purpose: Purpose::named("rnd-share"),
            task: self.statistics.updates,
            episode: u64::from(epoch),
            step: 0,
        })
        .shuffle(&mut order);
        order.truncate((self.config.share * states.len() as f64).ceil() as usize);
        let mut total: Option<Tensor<1>> = None;
        for chunk in order.chunks(self.config.minibatch) {
            let x = self.whitened(&self.features(chunk.iter().map(|index| states[*index])));
            let wanted = self.target.forward(x.clone());
            let loss = (self.predictor.forward(x) - wanted).square().mean();
            let sum = loss.clone().inner() * chunk.len() as f64;
            total = Some(total.map_or_else(|| sum.clone(), |total| total + sum.clone()));
            let gradients = GradientsParams::from_grads(loss.backward(), &self.predictor);
            self.predictor = self.optimizer.step(self.predictor.clone(), gradients).0;
        }
        (total, order.len())
    }

    fn finite(&self, what: &'static str, value: f64) -> Result<f64, ScoreError> {
        if value.is_finite() {
            Ok(value)
        } else {
            Err(ScoreError::NonFinite { scorer: self.config.channel.clone(), what, value })
        }
    }

    fn state_error(&self, reason: &impl ToString) -> ScoreError {
        ScoreError::State { scorer: self.config.channel.clone(), reason: reason.to_string() }
    }
}

/// The released optimizer: Adam without clipping.
fn adam(config: &RndConfig) -> AdamConfig {
    AdamConfig {
        learning_rate: config.learning_rate,
        epsilon: 1e-8,
        max_grad_norm: None,
        ..AdamConfig::default()
    }
}

/// The states that were arrived in, over the whole batch.
fn arrivals<O>(batch: &Batch<O>) -> impl Iterator<Item = (&O, u64)> {
    batch.trajectories().flat_map(|t| t.observations.iter().zip(t.state_keys.iter().copied()).skip(1))
}

impl<O> Scorer<O> for Rnd<O> {
    fn name(&self) -> &str {
        &self.config.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        let features = self.features(arrivals(batch));
        if let Some(bad) = features.iter().find(|x| !x.is_finite()) {
            self.finite("a feature", f64::from(*bad))?;
        }
        self.statistics.observations.update(&features);
        let errors = if features.is_empty() { Vec::new() } else { self.errors(&features)? };

        let mut rest = errors.iter();
        let mut filtered = Vec::with_capacity(errors.len());
        for trajectory in batch.trajectories() {
            let slot = trajectory.slot as usize;
            let filter = &mut self.statistics.filter;
            filtered.extend(rest.by_ref().take(trajectory.turns.len()).map(|e| filter.push(slot, *e)));
        }
        self.statistics.returns.update(&filtered);
        let deviation = self.statistics.returns.deviation(0.0).next().unwrap_or(1.0);

        let mut rest = errors.iter();
        for trajectory in batch.trajectories_mut() {
            let values = rest.by_ref().take(trajectory.turns.len()).map(|e| e / deviation).collect();
            trajectory.add_channel(Channel::dense(&self.config.channel, Level::Turn, values)?)?;
        }
        let mut report = ScoreReport::default();
        report.count("states", errors.len() as u64);
        report.metric("error", errors.iter().sum::<f64>() / errors.len().max(1) as f64);
        report.metric("return_deviation", deviation);
        Ok(report)
    }

    fn learn(&mut self, batch: &Batch<O>) -> Result<ScoreReport, ScoreError> {
        let states: Vec<(&O, u64)> = arrivals(batch).collect();
        let mut report = ScoreReport::default();
        for epoch in 0..self.config.epochs {
            let (total, trained) = self.epoch(&states, epoch);
            if let Some(total) = total {
                let loss = f64::from(total.into_scalar::<f32>()) / trained as f64;
                report.metric("loss", self.finite("the predictor's loss", loss)?);
                report.count("trained_states", trained as u64);
            }
        }
        self.statistics.updates += 1;
        Ok(report)
    }

    fn state(&self) -> Result<Vec<u8>, ScoreError> {
        let checkpoint = |bytes: Result<Vec<u8>, CheckpointError>| bytes.map_err(|e| self.state_error(&e));
        Ok(state::pack(&[
            state::encode(&self.config.channel, &self.statistics)?,
            checkpoint(model_to_bytes(&self.target))?,
            checkpoint(model_to_bytes(&self.predictor))?,
            checkpoint(self.optimizer.to_bytes())?,
        ]))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), ScoreError> {
        let [statistics, target, predictor, optimizer] = state::unpack(&self.config.channel, bytes)?;
        let statistics: Statistics = state::decode(&self.config.channel, statistics)?;
        let widths = (statistics.observations.mean().len(), self.encoder.len());
        if widths.0 != widths.1 {
            let reason = format!("it is of {} features, but the encoder gives {}", widths.0, widths.1);
            return Err(self.state_error(&reason));
        }
        let target = model_from_bytes(self.target.clone(), target).map_err(|e| self.state_error(&e))?;
        let predictor =
            model_from_bytes(self.predictor.clone(), predictor).map_err(|e| self.state_error(&e))?;
        self.optimizer =
            Adam::from_bytes(adam(&self.config), &predictor, optimizer).map_err(|e| self.state_error(&e))?;
        (self.statistics, self.target, self.predictor) = (statistics, target, predictor);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
