//! From advantages to a loss.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};

use crate::config::{ObjectiveConfig, SurrogateConfig};

/// The decisions of one minibatch, `[n]` each, on the device of the plain (untracked) data.
#[derive(Debug, Clone)]
pub struct Minibatch {
    /// The token that was drawn.
    pub actions: Tensor<1, Int>,
    /// Its log-probability under the policy that drew it, recomputed by the training forward pass.
    pub old_logp: Tensor<1>,
    /// Its advantage.
    pub advantages: Tensor<1>,
    /// Target of the value.
    pub returns: Tensor<1>,
    /// The value before the update.
    pub old_values: Tensor<1>,
    /// Aggregation weights: the policy loss is `Σ w · l`.
    pub weights: Tensor<1>,
}

/// A loss and what it is made of.
#[derive(Debug)]
pub struct Loss {
    /// What is minimised, `[1]`.
    pub total: Tensor<1>,
    /// Named numbers for the record, `[1]` each, untracked.
    pub metrics: Vec<(&'static str, Tensor<1>)>,
}

/// An objective: the network's outputs for a minibatch in, a loss out. Give your own to
/// [`Trainer::with_objective`](crate::Trainer::with_objective).
pub trait Objective: Send {
    /// `logits` are `[n, A]`, `values` `[n]`, both tracked.
    fn loss(&self, logits: Tensor<2>, values: Tensor<1>, minibatch: &Minibatch) -> Loss;
}

impl Objective for ObjectiveConfig {
    fn loss(&self, logits: Tensor<2>, values: Tensor<1>, minibatch: &Minibatch) -> Loss {
        let weights = || minibatch.weights.clone();
        let all = log_softmax(logits, 1);
        let logp: Tensor<1> =
            all.clone().gather(1, minibatch.actions.clone().unsqueeze_dim(1)).squeeze_dim(1);
        let log_ratio = (logp.clone() - minibatch.old_logp.clone()).clamp(-20.0, 20.0);
        let plain_log_ratio = log_ratio.clone().inner();
        let plain_ratio = plain_log_ratio.clone().exp();
        let n = plain_ratio.dims()[0].max(1) as f64;

        let (policy, clipped) = self.surrogate.loss(logp, log_ratio, &plain_ratio, &minibatch.advantages);
        let policy = (policy * weights()).sum();
        let negative_entropy = (all.clone().exp() * all).sum_dim(1).squeeze_dim::<1>(1);
        let negative_entropy = (negative_entropy * weights()).sum();
        let mut metrics = vec![
            ("policy_loss", policy.clone().inner()),
            // With token-mean weights this is the mean entropy.
            ("entropy", negative_entropy.clone().inner().neg()),
            ("approx_kl", (plain_ratio - plain_log_ratio - 1.0).sum() / n),
        ];
        metrics.extend(clipped.map(|count| ("clip_fraction", count / n)));

        let mut total = policy;
        if self.entropy_coefficient > 0.0 {
            total = total + negative_entropy * self.entropy_coefficient;
        }
        if self.value_coefficient > 0.0 {
            let value = value_loss(values, minibatch, self.value_clip);
            metrics.push(("value_loss", value.clone().inner()));
            total = total + value * self.value_coefficient;
        }
        metrics.push(("loss", total.clone().inner()));
        Loss { total, metrics }
    }
}

impl SurrogateConfig {
    /// The loss of each token, and how many ratios lie outside the clip range.
    fn loss(
        &self,
        logp: Tensor<1>,
        log_ratio: Tensor<1>,
        plain_ratio: &Tensor<1>,
        advantages: &Tensor<1>,
    ) -> (Tensor<1>, Option<Tensor<1>>) {
        match self {
            Self::PolicyGradient => ((logp * advantages.clone()).neg(), None),
            Self::Clip { low, high, dual } => {
                let ratio = log_ratio.exp();
                let clipped = ratio.clone().clamp(1.0 - low, 1.0 + high) * advantages.clone();
                let loss = (ratio * advantages.clone()).min_pair(clipped).neg();
                let loss = match dual {
                    None => loss,
                    Some(c) => {
                        // −A·c is an upper bound where A < 0 and would be a lower one elsewhere.
                        let bound = advantages.clone().neg() * *c;
                        let negative = advantages.clone().lower_elem(0.0);
                        loss.clone().mask_where(negative, loss.min_pair(bound))
                    }
                };
                let outside = plain_ratio
                    .clone()
                    .lower_elem(1.0 - low)
                    .float()
                    .add(plain_ratio.clone().greater_elem(1.0 + high).float())
                    .sum();
                (loss, Some(outside))
            }
        }
    }
}

/// `½ mean max((v − v̂)², (clip(v, v_old ± ε) − v̂)²)`, without the second term if there is no clip.
fn value_loss(values: Tensor<1>, minibatch: &Minibatch, clip: Option<f64>) -> Tensor<1> {
    let squared = (values.clone() - minibatch.returns.clone()).square();
    let squared = match clip {
        None => squared,
        Some(range) => {
            let moved = (values - minibatch.old_values.clone()).clamp(-range, range);
            let clipped = (minibatch.old_values.clone() + moved - minibatch.returns.clone()).square();
            squared.max_pair(clipped)
        }
    };
    squared.mean() * 0.5
}
