use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Device;
use burn::tensor::activation::log_softmax;
use milepost_algorithms::config::{AggregationConfig, ObjectiveConfig};
use milepost_algorithms::objectives::profiles::plain;
use milepost_algorithms::objectives::{Clip, KlBounds, KlTerm, LogRatio, Surrogate};
use milepost_algorithms::{Minibatch, Objective, Tokens};
use milepost_credit::{KlEstimator, Rows as Lengths};
use milepost_policies::{ActorCritic, Adam, Network};
use serde::{Deserialize, Serialize};

use super::episode::{Episode, floats};
use super::rows::{Rows, ints, minibatches, shuffle_key};
use crate::StudyError;

/// Rows that go through a network together where nothing is learned.
const ROWS: usize = 4096;
/// Largest weight of advantage-weighted regression.
const LARGEST_WEIGHT: f64 = 20.0;

/// How the policy follows its advantages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Update {
    /// Not at all: the cloned policy as it is.
    Sft,
    /// MiRA: `(β log(π/π_ref) − A)²` on fresh and replayed data, Huber's beyond 5.
    #[default]
    Regression,
    /// `−A log π` and `β` times k3 of `π_ref`, on the same data. On samples of `π` the gradient of k3 is that of
    /// `KL(π_ref ‖ π)`, so that the best policy is `β π_ref/(μ − A)` and not the regression's `π_ref exp(A/β)/Z`. With k2
    /// it would be the regression itself, divided by `2β`.
    Divergence,
    /// Advantage-weighted regression: `−min(exp(A/β), 20) log π`, on the same data.
    Awr,
    /// PPO: ratios clipped at 0.2, on fresh data alone.
    Ppo,
}

impl Update {
    /// Whether it learns from replayed episodes too.
    pub(super) const fn replays(self) -> bool {
        matches!(self, Self::Regression | Self::Divergence | Self::Awr)
    }

    fn objective(self, beta: f64) -> ObjectiveConfig {
        let (surrogate, kl) = match self {
            // No bound on the log-ratio, beyond which there would be no gradient: outliers are Huber's.
            Self::Regression => return ObjectiveConfig::from_policy(plain::mira(beta)),
            Self::Divergence => {
                (Surrogate::PolicyGradient {}, Some(KlTerm::new(beta, KlEstimator::K3, KlBounds::None)))
            }
            Self::Sft | Self::Awr => (Surrogate::PolicyGradient {}, None),
            Self::Ppo => (Surrogate::Clip(Clip::symmetric(0.2)), None),
        };
        ObjectiveConfig {
            surrogate: Some(surrogate),
            ratio: LogRatio::token_within(20.0),
            aggregation: AggregationConfig::TokenMean,
            kl,
            value_coefficient: 0.0,
            entropy_coefficient: if self == Self::Ppo { 0.01 } else { 0.0 },
            ..ObjectiveConfig::ppo()
        }
    }

    /// What the objective is given for an advantage.
    fn weight(self, advantage: f64, beta: f64) -> f64 {
        if self == Self::Awr { libm::exp(advantage / beta).min(LARGEST_WEIGHT) } else { advantage }
    }
}

/// A policy and its optimizer.
pub(super) struct Learner {
    pub(super) policy: Network,
    pub(super) adam: Adam,
    pub(super) run_seed: u64,
}

/// The steps that an update learns from.
pub(super) struct Lessons {
    rows: Rows,
    /// The row of each step.
    steps: Vec<usize>,
    actions: Vec<i32>,
    /// Log-probability of the action under the policy before the update: `π_ref`.
    reference: Vec<f64>,
    advantages: Vec<f64>,
}

impl Lessons {
    /// `log_probs` and `advantages` are `[T]` for each episode.
    pub(super) fn new(
        episodes: &[&Episode],
        log_probs: &[Vec<f64>],
        advantages: &[Vec<f64>],
        device: &Device,
    ) -> Self {
        let rows = Rows::of(episodes.iter().copied(), device);
        let owned = |episode: usize| rows.offsets[episode]..rows.offsets[episode + 1] - 1;
        Self {
            steps: (0..episodes.len()).flat_map(owned).collect(),
            actions: episodes.iter().flat_map(|e| &e.actions).map(|action| *action as i32).collect(),
            reference: log_probs.iter().flatten().copied().collect(),
            advantages: advantages.iter().flatten().copied().collect(),
            rows,
        }
    }
}

/// Mean numbers of an update.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Learned {
    pub(super) loss: f64,
    /// Steps whose residual was beyond Huber's threshold.
    pub(super) outliers: u64,
}

impl Learner {
    /// Log-probability of every action of some episodes, `[T]` each.
    pub(super) fn log_probs(
        &self,
        episodes: &[&Episode],
        device: &Device,
    ) -> Result<Vec<Vec<f64>>, StudyError> {
        let zeros = |e: &&Episode| vec![0.0; e.steps()];
        let none: Vec<Vec<f64>> = episodes.iter().map(zeros).collect();
        let lessons = Lessons::new(episodes, &none, &none, device);
        let network = self.policy.clone().valid();
        let mut flat = Vec::with_capacity(lessons.steps.len());
        for (steps, actions) in lessons.steps.chunks(ROWS).zip(lessons.actions.chunks(ROWS)) {
            let (logits, _) = network.forward(lessons.rows.select(steps));
            let actions = ints(actions.to_vec(), device).unsqueeze_dim(1);
            flat.extend(floats(log_softmax(logits, 1).gather(1, actions))?.into_iter().map(f64::from));
        }
        let mut flat = flat.into_iter();
        Ok(episodes.iter().map(|episode| flat.by_ref().take(episode.steps()).collect()).collect())
    }

    /// `updates` minibatches of the steps.
    pub(super) fn update(
        &mut self,
        update: Update,
        beta: f64,
        lessons: &Lessons,
        [updates, minibatch]: [usize; 2],
        phase: u64,
        device: &Device,
    ) -> Result<Learned, StudyError> {
        let objective = update.objective(beta);
        let key = shuffle_key(self.run_seed, "mira/policy", phase);
        let mut learned = Learned::default();
        for batch in minibatches(lessons.steps.len(), minibatch, updates, key) {
            let pick = |from: &[f64]| batch.iter().map(|step| from[*step]).collect::<Vec<f64>>();
            let rows: Vec<usize> = batch.iter().map(|step| lessons.steps[*step]).collect();
            let (logits, values) = self.policy.forward(lessons.rows.select(&rows));
            let reference = pick(&lessons.reference);
            let advantages = pick(&lessons.advantages);
            let tokens = Tokens {
                rows: Lengths::ragged(&[batch.len()]),
                turns: Lengths::ragged(&vec![1; batch.len()]),
                old_log_probs: reference.clone(),
                reference: Some(reference),
                advantages: advantages.iter().map(|advantage| update.weight(*advantage, beta)).collect(),
                returns: vec![0.0; batch.len()],
                old_values: vec![0.0; batch.len()],
                correction: None,
            };
            let actions = ints(batch.iter().map(|step| lessons.actions[*step]).collect(), device);
            let loss = objective.loss(logits, values, &Minibatch { actions, tokens });
            let loss = loss.map_err(StudyError::part("the policy's loss"))?;
            let number = |name: &str| loss.numbers.iter().find(|(n, _)| *n == name).map_or(0.0, |(_, v)| *v);
            learned.loss += number("policy_loss") / updates as f64;
            if update == Update::Regression {
                learned.outliers += (number("clip_fraction") * batch.len() as f64).round() as u64;
            }
            let gradients = GradientsParams::from_grads(loss.total.backward(), &self.policy);
            self.policy = self.adam.step(self.policy.clone(), gradients).0;
        }
        Ok(learned)
    }

    /// Cloning: `−log π` of what was shown, the mean of each minibatch.
    pub(super) fn clone_from(
        &mut self,
        shown: &[&Episode],
        epochs: usize,
        minibatch: usize,
        device: &Device,
    ) -> Result<(), StudyError> {
        let filled = |with: f64| shown.iter().map(|e| vec![with; e.steps()]).collect::<Vec<_>>();
        let lessons = Lessons::new(shown, &filled(0.0), &filled(1.0), device);
        let updates = epochs * lessons.steps.len().div_ceil(minibatch);
        self.update(Update::Sft, 1.0, &lessons, [updates, minibatch], u64::MAX, device)?;
        Ok(())
    }
}
