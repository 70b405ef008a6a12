//! Advantages reweighted by a statistic of each decision: its entropy, surprisal or saliency.

use crate::{CreditError, check};

/// Entropy of a decision, `−Σ_a π(a) log π(a)`, in nats; `0 log 0 = 0`.
///
/// # Errors
/// No action, a probability outside `[0, 1]`.
pub fn entropy(probabilities: &[f64]) -> Result<f64, CreditError> {
    check::non_empty("probabilities", probabilities)?;
    let mut sum = 0.0;
    for &p in probabilities {
        check::unit_interval("probability", p)?;
        sum -= if p > 0.0 { p * libm::log(p) } else { 0.0 };
    }
    Ok(sum)
}

/// Surprisal of what was drawn, `−log π(a_t|s_t)`, in nats.
#[must_use]
pub fn surprisal(log_prob: f64) -> f64 {
    -log_prob
}

/// Saliency of what was drawn: the norm of its score function with respect to the logits,
/// `‖∇ log π(a_t)‖ = √(1 − 2π(a_t) + Σ_a π(a)²)`.
#[must_use]
pub fn saliency(probability: f64, sum_pi_squared: f64) -> f64 {
    (1.0 - 2.0 * probability + sum_pi_squared).max(0.0).sqrt()
}

/// How a statistic `h_t ≥ 0` of each policy position becomes a factor of its advantage.
///
/// The factors multiply any advantage, usually RLOO's at every position of the trajectory.
///
/// Source: CARL, the high-entropy minority of arXiv 2506.01939, HICRA (arXiv 2509.03646). Identities: equal
/// statistics, a fraction of 1 under [`Self::Top`], or `α = 0` leave every advantage as it is; the unit in which
/// the statistic is measured does not matter. Known failure: uncertainty is not criticality; a decision that
/// matters and is almost settled gets the smallest factor, and the gradient is biased.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reweighting {
    /// `w_t = h_t/mean(h)`, the mean over the policy positions of the batch. If all are 0, `w = 1`.
    Proportional,
    /// 1 for the positions with the largest statistic, 0 for the others. Equals are all in.
    Top {
        /// Share of the policy positions, in `(0, 1]`, rounded up to whole positions.
        fraction: f64,
    },
    /// `A + α|A|` for the positions with the largest statistic, `A` for the others: praise grows, blame shrinks.
    Amplify {
        /// Share of the policy positions, in `(0, 1]`, rounded up to whole positions.
        fraction: f64,
        /// `α`, in `[0, 1]`.
        alpha: f64,
    },
}

impl Reweighting {
    /// Reweights in place. All slices are flat with one entry per position; where `mask` is false the statistic
    /// is not looked at and the advantage becomes 0.
    ///
    /// # Errors
    /// Unequal slices, an advantage that is not finite, a statistic that is negative or not finite, a parameter
    /// outside its domain.
    pub fn apply(
        &self,
        statistics: &[f64],
        mask: Option<&[bool]>,
        advantages: &mut [f64],
    ) -> Result<(), CreditError> {
        check::len("statistics", advantages.len(), statistics.len())?;
        check::len("mask", advantages.len(), mask.map_or(advantages.len(), <[bool]>::len))?;
        self.check()?;
        check::finite("advantages", advantages)?;
        let counts = |at: usize| mask.is_none_or(|mask| mask[at]);
        let mut counted = Vec::with_capacity(statistics.len());
        for (index, &value) in statistics.iter().enumerate().filter(|(index, _)| counts(*index)) {
            if !value.is_finite() {
                return Err(CreditError::NotFinite { what: "statistics", index, value });
            }
            check::non_negative("statistic", value)?;
            counted.push(value);
        }
        let mean = counted.iter().sum::<f64>() / counted.len().max(1) as f64;
        let flat = counted.iter().all(|value| *value == counted[0]);
        let threshold = self.threshold(&mut counted);
        for (at, advantage) in advantages.iter_mut().enumerate() {
            let large = statistics[at] >= threshold;
            *advantage = match *self {
                _ if !counts(at) => 0.0,
                Self::Proportional if flat => *advantage,
                Self::Proportional => *advantage * (statistics[at] / mean),
                Self::Top { .. } if large => *advantage,
                Self::Top { .. } => 0.0,
                Self::Amplify { alpha, .. } if large => *advantage + alpha * advantage.abs(),
                Self::Amplify { .. } => *advantage,
            };
        }
        check::representable("advantages", advantages)
    }

    fn check(&self) -> Result<(), CreditError> {
        if let Self::Amplify { alpha, .. } = *self {
            check::unit_interval("alpha", alpha)?;
        }
        match *self {
            Self::Top { fraction } | Self::Amplify { fraction, .. } => {
                check::unit_interval("fraction", fraction)?;
                check::positive("fraction", fraction)
            }
            Self::Proportional => Ok(()),
        }
    }

    /// The smallest statistic among the largest of them. Reorders.
    fn threshold(&self, statistics: &mut [f64]) -> f64 {
        let (Self::Top { fraction } | Self::Amplify { fraction, .. }) = *self else { return 0.0 };
        let kept = (fraction * statistics.len() as f64).ceil() as usize;
        if kept == 0 {
            return f64::INFINITY;
        }
        *statistics.select_nth_unstable_by(kept - 1, |a, b| b.total_cmp(a)).1
    }
}
