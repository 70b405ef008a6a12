//! From advantages to a loss.
//!
//! Losses are computed on the host, in double precision, by the pure functions of
//! [`milepost_objectives`]; what reaches the tensor library is `Σ c_t · log π_t` with constant coefficients
//! `c_t = ∂L/∂ log π_t`, whose gradient is that of the loss.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_credit::Rows;
use milepost_objectives::{PairBatch, SequenceLogProb, TokenBatch, ValueBatch};

use crate::TrainError;
use crate::config::ObjectiveConfig;
use crate::host::host;

/// The decisions of one minibatch.
#[derive(Debug, Clone)]
pub struct Minibatch {
    /// The token that was drawn, `[n]`, on the device of the plain (untracked) data.
    pub actions: Tensor<1, Int>,
    /// What is known of each decision, on the host.
    pub tokens: Tokens,
}

/// What is known of the decisions of a minibatch, `[n]` each and flat: sequence after sequence.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The sequences. Minibatches that are counted in tokens are one.
    pub rows: Rows,
    /// The turns of the sequences, as shorter rows of the same tokens.
    pub turns: Rows,
    /// Log-probability of the token under the policy that drew it, recomputed by the training forward pass.
    pub old_log_probs: Vec<f64>,
    /// Log-probability under the policy that training began with, if the method asks for it.
    pub reference: Option<Vec<f64>>,
    /// Its advantage.
    pub advantages: Vec<f64>,
    /// Target of the value.
    pub returns: Vec<f64>,
    /// The value before the update.
    pub old_values: Vec<f64>,
    /// A constant factor on its policy loss, if the method has one.
    pub correction: Option<Vec<f64>>,
}

impl Minibatch {
    /// Numbers of the host as a tensor beside [`Minibatch::actions`].
    #[must_use]
    pub fn tensor(&self, values: &[f64]) -> Tensor<1> {
        floats(values, &self.actions.device())
    }
}

/// A loss and what it is made of.
#[derive(Debug)]
pub struct Loss {
    /// What is minimised, `[1]`.
    pub total: Tensor<1>,
    /// Named numbers for the record that live on the device, `[1]` each, untracked.
    pub metrics: Vec<(&'static str, Tensor<1>)>,
    /// Named numbers for the record that are known already.
    pub numbers: Vec<(&'static str, f64)>,
}

/// An objective: the network's outputs for a minibatch in, a loss out. Give your own to
/// [`Trainer::with_objective`](crate::Trainer::with_objective).
pub trait Objective: Send {
    /// `logits` are `[n, A]`, `values` `[n]`, both tracked.
    fn loss(&self, logits: Tensor<2>, values: Tensor<1>, minibatch: &Minibatch) -> Result<Loss, TrainError>;
}

impl Objective for ObjectiveConfig {
    fn loss(&self, logits: Tensor<2>, values: Tensor<1>, minibatch: &Minibatch) -> Result<Loss, TrainError> {
        let tokens = &minibatch.tokens;
        let all = log_softmax(logits, 1);
        let logp: Tensor<1> =
            all.clone().gather(1, minibatch.actions.clone().unsqueeze_dim(1)).squeeze_dim(1);
        // Both in one transfer.
        let mut read = host(Tensor::cat(vec![logp.clone().inner(), values.clone().inner()], 0))?;
        let on_host = |part: Vec<f32>| part.into_iter().map(f64::from).collect::<Vec<f64>>();
        let value_now = on_host(read.split_off(tokens.advantages.len()));
        let log_probs = on_host(read);

        let mut coefficients = vec![0.0; log_probs.len()];
        let (policy, mut numbers) = self.policy_loss(tokens, &log_probs, &mut coefficients)?;
        let mut total = linear(logp, &coefficients, &log_probs, policy);
        if self.value_coefficient > 0.0 {
            let batch = ValueBatch {
                rows: &tokens.rows,
                mask: None,
                values: &value_now,
                returns: &tokens.returns,
                old_values: Some(&tokens.old_values),
            };
            let report = self.value().evaluate(&batch, None, &mut coefficients)?;
            for coefficient in &mut coefficients {
                *coefficient *= self.value_coefficient;
            }
            let weighted = self.value_coefficient * report.loss;
            total = total + linear(values, &coefficients, &value_now, weighted);
            numbers.push(("value_loss", report.loss));
        }
        // With token-mean weights this is the mean entropy.
        let entropy = (all.clone().exp() * all).sum_dim(1).squeeze_dim::<1>(1).neg();
        let entropy = (entropy * minibatch.tensor(&self.token_weights(self.sequence.rows(tokens))?)).sum();
        let mut metrics = vec![("entropy", entropy.clone().inner())];
        if self.entropy_coefficient > 0.0 {
            total = total - entropy * self.entropy_coefficient;
        }
        metrics.push(("loss", total.clone().inner()));
        Ok(Loss { total, metrics, numbers })
    }
}

/// Named numbers for the record.
type Numbers = Vec<(&'static str, f64)>;

impl ObjectiveConfig {
    /// The policy's loss with `coefficients[t] = ∂L/∂ log π_t`.
    fn policy_loss(
        &self,
        tokens: &Tokens,
        log_probs: &[f64],
        coefficients: &mut [f64],
    ) -> Result<(f64, Numbers), TrainError> {
        let Some(policy) = self.policy() else {
            return self.preference_loss(tokens, log_probs, coefficients);
        };
        let batch = TokenBatch {
            reference: tokens.reference.as_deref(),
            correction: tokens.correction.as_deref(),
            ..TokenBatch::new(
                self.sequence.rows(tokens),
                log_probs,
                &tokens.old_log_probs,
                &tokens.advantages,
            )
        };
        let report = policy.evaluate(&batch, None, coefficients)?;
        let mut numbers = vec![
            ("policy_loss", report.policy_loss),
            ("approx_kl", report.approx_kl_k3()),
            ("clip_fraction", report.outside_fraction()),
        ];
        if self.kl.is_some() {
            numbers.extend([("kl_loss", report.kl_loss), ("reference_kl", report.mean_kl())]);
        }
        Ok((report.loss, numbers))
    }

    /// The same for pairs: rows `2k` are preferred, rows `2k + 1` the others.
    fn preference_loss(
        &self,
        tokens: &Tokens,
        log_probs: &[f64],
        coefficients: &mut [f64],
    ) -> Result<(f64, Numbers), TrainError> {
        let pairs_need =
            |what: &str| TrainError::Config { reason: format!("a preference objective needs {what}") };
        let preference = self.preference.ok_or_else(|| pairs_need("`objective.preference`"))?;
        let reference = tokens.reference.as_deref().ok_or_else(|| pairs_need("a reference policy"))?;
        if !tokens.rows.len().is_multiple_of(2) {
            return Err(pairs_need("rows in pairs: use `learner.unit = \"pair\"`"));
        }
        let sequences = SequenceLogProb::sum(&tokens.rows, None)?;
        let sides = |values: Vec<f64>| -> (Vec<f64>, Vec<f64>) {
            let side = |first: usize| values.iter().skip(first).step_by(2).copied().collect();
            (side(0), side(1))
        };
        let (chosen, rejected) = sides(sequences.values(log_probs)?);
        let (reference_chosen, reference_rejected) = sides(sequences.values(reference)?);
        let lengths = sequences.lengths();
        let side = |first: usize| lengths.iter().skip(first).step_by(2).copied().collect::<Vec<_>>();
        let (chosen_lengths, rejected_lengths) = (side(0), side(1));
        let pairs = PairBatch::new(&chosen, &rejected)
            .with_reference(&reference_chosen, &reference_rejected)
            .with_lengths(&chosen_lengths, &rejected_lengths);
        let (mut by_chosen, mut by_rejected) = (vec![0.0; chosen.len()], vec![0.0; rejected.len()]);
        let report = preference.objective().evaluate(&pairs, None, &mut by_chosen, &mut by_rejected)?;
        let per_sequence: Vec<f64> = by_chosen.iter().zip(&by_rejected).flat_map(|(c, r)| [*c, *r]).collect();
        sequences.pull_back(&per_sequence, coefficients)?;
        let numbers = vec![
            ("policy_loss", report.loss),
            ("preference_accuracy", report.accuracy()),
            ("implicit_reward_margin", report.margin()),
        ];
        Ok((report.loss, numbers))
    }

    /// The weight of each token in a sum over the minibatch.
    fn token_weights(&self, rows: &Rows) -> Result<Vec<f64>, TrainError> {
        let lengths: Vec<usize> = rows.iter().map(|row| row.len()).collect();
        let weights = self.reduction().weights(None, &lengths)?;
        Ok(lengths.iter().zip(weights).flat_map(|(n, w)| std::iter::repeat_n(w, *n)).collect())
    }
}

/// A tensor whose value is `value` and whose derivative by `x` is `coefficients`; `now` is what `x` is.
pub(crate) fn linear(x: Tensor<1>, coefficients: &[f64], now: &[f64], value: f64) -> Tensor<1> {
    let offset: f64 = value - coefficients.iter().zip(now).map(|(c, x)| c * x).sum::<f64>();
    let coefficients = floats(coefficients, &x.device());
    (x * coefficients).sum() + offset
}

fn floats(values: &[f64], device: &Device) -> Tensor<1> {
    let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}
