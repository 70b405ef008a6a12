use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_policies::{Adam, AdamConfig, SequenceModel, final_values};
use milepost_preferences::loss::PairLoss;
use milepost_preferences::{PreferencePair, PreferenceSet};
use serde::{Deserialize, Serialize};

use super::{Columns, RewardModel, RewardModelError, host, sides};

/// How a reward model is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RewardModelTraining {
    /// The loss of comparisons.
    pub loss: PairLoss,
    /// `c` of `c · mean r²`, added to the loss (Reg; its source has 0.005). Default 0.
    pub regularization: f64,
    /// Passes over the pairs. Default 1.
    pub epochs: usize,
    /// Pairs of one update. Default 32.
    pub minibatch: usize,
    /// Adam's step size. Default 10⁻³.
    pub learning_rate: f64,
    /// Largest joint norm of all gradients. Default 1.
    pub max_grad_norm: f64,
}

impl Default for RewardModelTraining {
    fn default() -> Self {
        Self {
            loss: PairLoss::default(),
            regularization: 0.0,
            epochs: 1,
            minibatch: 32,
            learning_rate: 1e-3,
            max_grad_norm: 1.0,
        }
    }
}

impl RewardModelTraining {
    /// Refuses settings under which nothing could be learned.
    pub fn validate(&self) -> Result<(), RewardModelError> {
        self.loss.validate()?;
        let rules = [
            (
                "regularization",
                self.regularization,
                self.regularization >= 0.0 && self.regularization.is_finite(),
                "finite and not negative",
            ),
            ("epochs", self.epochs as f64, self.epochs > 0, "at least 1"),
            ("minibatch", self.minibatch as f64, self.minibatch > 0, "at least 1"),
            (
                "learning-rate",
                self.learning_rate,
                self.learning_rate > 0.0 && self.learning_rate.is_finite(),
                "positive and finite",
            ),
            ("max-grad-norm", self.max_grad_norm, self.max_grad_norm > 0.0, "positive"),
        ];
        match rules.into_iter().find(|(_, _, holds, _)| !holds) {
            None => Ok(()),
            Some((setting, value, _, rule)) => Err(RewardModelError::Setting { setting, value, rule }),
        }
    }
}

/// What training did.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrainingReport {
    /// Pairs that taught.
    pub pairs: usize,
    /// Pairs that did not: skipped, or of weight 0.
    pub skipped: usize,
    /// Mean loss of each epoch, each minibatch's before its update.
    pub losses: Vec<f64>,
}

impl<M: SequenceModel> RewardModel<M> {
    /// Fits the model to the pairs, in an order that depends on `run_seed` alone. The version goes up by one.
    ///
    /// The loss and its derivative by each score are computed in `f64` by [`PairLoss`]; the network sees the derivative
    /// only, so that no loss is written twice. An error leaves the model as it was.
    pub fn train(
        &mut self,
        set: &PreferenceSet<Vec<u32>>,
        settings: &RewardModelTraining,
        run_seed: u64,
    ) -> Result<TrainingReport, RewardModelError> {
        settings.validate()?;
        let mut pairs: Vec<&PreferencePair<Vec<u32>>> = set.teaching().collect();
        if pairs.is_empty() {
            return Err(RewardModelError::NothingToLearn {
                pairs: set.pairs().len(),
                skipped: set.skipped(),
            });
        }
        let mut report = TrainingReport {
            pairs: pairs.len(),
            skipped: set.pairs().len() - pairs.len(),
            losses: Vec::new(),
        };
        let mut adam = Adam::new(AdamConfig {
            learning_rate: settings.learning_rate,
            max_grad_norm: Some(settings.max_grad_norm),
            ..AdamConfig::default()
        });
        let mut network = self.network.clone();
        for epoch in 0..settings.epochs {
            let key = StreamKey::new(run_seed, Purpose::named("reward-model/order"));
            Stream::new(StreamKey { episode: epoch as u64, ..key }).shuffle(&mut pairs);
            let mut total = 0.0;
            for batch in pairs.chunks(settings.minibatch) {
                let (loss, gradient) = step(&network, batch, settings, epoch)?;
                total += loss * batch.len() as f64;
                let gradients = GradientsParams::from_grads(gradient.backward(), &network);
                network = adam.step(network, gradients).0;
            }
            report.losses.push(total / pairs.len() as f64);
        }
        (self.network, self.version) = (network, self.version.next());
        Ok(report)
    }
}

/// The loss of a minibatch, and a tensor whose gradient is that of the loss.
fn step<M: SequenceModel>(
    network: &M,
    batch: &[&PreferencePair<Vec<u32>>],
    settings: &RewardModelTraining,
    epoch: usize,
) -> Result<(f64, Tensor<1>), RewardModelError> {
    let scores = final_values(network, &sides(batch))?;
    let now = host(scores.clone().inner())?;
    if let Some(value) = now.iter().copied().find(|score| !score.is_finite()) {
        return Err(RewardModelError::Diverged { epoch, value });
    }
    let mut slopes = vec![0.0; now.len()];
    let (first, second) = now.split_at(batch.len());
    let (up, down) = slopes.split_at_mut(batch.len());
    let mut loss = settings.loss.evaluate(&Columns::of(batch).scores(first, second), up, down)?.loss;
    let share = settings.regularization / now.len() as f64;
    for (slope, score) in slopes.iter_mut().zip(&now) {
        loss += share * score * score;
        *slope += 2.0 * share * score;
    }
    let slopes: Vec<f32> = slopes.into_iter().map(|slope| slope as f32).collect();
    let slopes = Tensor::<1>::from_data(TensorData::new(slopes, [now.len()]), &scores.device());
    Ok((loss, (scores * slopes).sum()))
}
