use serde::{Deserialize, Serialize};

use super::Assigned;
use super::mean::ratio;
use crate::{Batch, NodePolicy};

/// The policy gradient that credit induces, `ĝ = (1/B) Σ_i Σ_t ĉ_{i,t} ∇ log π(a_{i,t}|n_{i,t})`, or
/// `(1/B) Σ_i Σ_t Σ_a ĉ(a) ∇ π(a|n_{i,t})` for credit of all actions, against the exact `g*`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    exact: Vec<f64>,
    sum: Vec<f64>,
    squares: f64,
    fourths: f64,
    products: f64,
    products_squared: f64,
    squares_products: f64,
    errors: f64,
    cosines: f64,
    cosines_squared: f64,
    batches: u64,
    zero: u64,
    scratch: Vec<f64>,
}

/// What [`Gradients`] found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GradientScores {
    /// `cos(Eĝ, g*)`.
    pub mean_cosine: Option<f64>,
    /// `‖Eĝ − g*‖ / ‖g*‖`, where `Eĝ` is the mean over all batches.
    pub mean_error: Option<f64>,
    /// `E‖ĝ − Eĝ‖² / ‖Eĝ‖²`, both estimated without bias; `None` for one batch, or if the mean cannot be told from 0.
    pub normalised_variance: Option<f64>,
    /// Standard error of the normalised variance, for a mean gradient along `g*` (delta method).
    pub normalised_variance_error: Option<f64>,
    /// `‖g*‖² / E‖ĝ − g*‖²`; `None` if there is no error.
    pub signal_to_noise: Option<f64>,
    /// The same in decibel.
    pub signal_to_noise_db: Option<f64>,
    /// Mean over batches of `cos(ĝ, g*)`; a batch whose gradient is 0 counts as 0.
    pub batch_cosine: Option<f64>,
    /// Its standard error.
    pub batch_cosine_error: Option<f64>,
    /// Batches.
    pub batches: u64,
    /// Batches whose gradient was 0.
    pub zero_batches: u64,
}

impl Gradients {
    /// Against the exact gradient.
    pub fn new(exact: Vec<f64>) -> Self {
        let zeros = vec![0.0; exact.len()];
        let sum = zeros.clone();
        Self {
            exact,
            sum,
            squares: 0.0,
            fourths: 0.0,
            products: 0.0,
            products_squared: 0.0,
            squares_products: 0.0,
            errors: 0.0,
            cosines: 0.0,
            cosines_squared: 0.0,
            batches: 0,
            zero: 0,
            scratch: zeros,
        }
    }

    /// The gradient of one batch.
    pub fn of_batch(policy: &NodePolicy, batch: &Batch, credit: &Assigned) -> Vec<f64> {
        let mut gradient = vec![0.0; policy.parameters()];
        add_batch(policy, batch, credit, &mut gradient);
        gradient
    }

    /// Adds a batch and gives back its gradient.
    pub fn push(&mut self, policy: &NodePolicy, batch: &Batch, credit: &Assigned) -> &[f64] {
        self.scratch.fill(0.0);
        add_batch(policy, batch, credit, &mut self.scratch);
        let (mut square, mut error, mut product) = (0.0, 0.0, 0.0);
        for ((g, exact), sum) in self.scratch.iter().zip(&self.exact).zip(&mut self.sum) {
            *sum += g;
            square += g * g;
            error += (g - exact) * (g - exact);
            product += g * exact;
        }
        self.batches += 1;
        self.zero += u64::from(square == 0.0);
        self.squares += square;
        self.fourths += square * square;
        self.products += product;
        self.products_squared += product * product;
        self.squares_products += square * product;
        self.errors += error;
        let cosine = ratio(product, (square * norm_squared(&self.exact)).sqrt()).unwrap_or(0.0);
        self.cosines += cosine;
        self.cosines_squared += cosine * cosine;
        &self.scratch
    }

    /// The mean gradient so far.
    pub fn mean(&self) -> Vec<f64> {
        let n = self.batches.max(1) as f64;
        self.sum.iter().map(|g| g / n).collect()
    }

    /// Standard error of `q / p²` for the mean `q` of `‖ĝ‖²` and the mean `p` of `⟨ĝ, g*⟩ / ‖g*‖`: that of the
    /// mean of its linearisation `q_b / p² − 2 q p_b / p³`.
    fn variance_error(&self) -> Option<f64> {
        let (n, norm) = (self.batches as f64, norm_squared(&self.exact).sqrt());
        let (q, p) = (ratio(self.squares, n)?, ratio(self.products, n * norm)?);
        let (a, b) = (ratio(1.0, p * p)?, ratio(-2.0 * q, p * p * p * norm)?);
        let sum = a * self.squares + b * self.products;
        let squares =
            a * a * self.fourths + 2.0 * a * b * self.squares_products + b * b * self.products_squared;
        standard_error(sum, squares, n)
    }

    /// The scores so far.
    pub fn finish(&self) -> GradientScores {
        let (mean, n) = (self.mean(), self.batches as f64);
        let (exact, squared) = (norm_squared(&self.exact), norm_squared(&mean));
        let product: f64 = mean.iter().zip(&self.exact).map(|(g, e)| g * e).sum();
        let error: f64 = mean.iter().zip(&self.exact).map(|(g, e)| (g - e) * (g - e)).sum();
        let variance = ratio(self.squares - n * squared, n - 1.0).map(|v| v.max(0.0));
        let signal = variance.map(|v| squared - v / n);
        let some = self.batches > 0 && exact > 0.0;
        let nvar = variance.zip(signal).filter(|(_, s)| *s > 0.0).map(|(v, s)| v / s);
        let snr = ratio(exact * n, self.errors).filter(|_| some);
        GradientScores {
            mean_cosine: cosine(product, squared, exact),
            mean_error: ratio(error.sqrt(), exact.sqrt()).filter(|_| some),
            normalised_variance: nvar,
            normalised_variance_error: nvar.and_then(|_| self.variance_error()),
            signal_to_noise: snr,
            signal_to_noise_db: snr.map(|snr| 10.0 * libm::log10(snr)),
            batch_cosine: ratio(self.cosines, n).filter(|_| some),
            batch_cosine_error: standard_error(self.cosines, self.cosines_squared, n).filter(|_| some),
            batches: self.batches,
            zero_batches: self.zero,
        }
    }
}

/// Standard error of a mean, from the sums of `n` values and of their squares.
fn standard_error(sum: f64, squares: f64, n: f64) -> Option<f64> {
    let variance = ratio(squares - sum * sum / n, n - 1.0)?;
    Some((variance.max(0.0) / n).sqrt())
}

fn cosine(product: f64, left: f64, right: f64) -> Option<f64> {
    ratio(product, (left * right).sqrt()).map(|c| c.clamp(-1.0, 1.0))
}

fn norm_squared(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum()
}

fn add_batch(policy: &NodePolicy, batch: &Batch, credit: &Assigned, gradient: &mut [f64]) {
    let weight = 1.0 / batch.episodes().max(1) as f64;
    for (i, (node, action)) in batch.nodes.iter().zip(&batch.actions).enumerate() {
        match &credit.all {
            Some(all) => {
                let actions = all.len() / batch.steps();
                policy.add_all_actions(*node, &all[i * actions..][..actions], weight, gradient);
            }
            None => policy.add_score(*node, *action, weight * credit.taken[i], gradient),
        }
    }
}
