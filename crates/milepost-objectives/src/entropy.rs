//! Entropy of the policy.

use milepost_credit::{BatchTotals, Rows};
use serde::{Deserialize, Serialize};

use crate::{ObjectiveError, Reduction, check, math};

/// `H = Σ W_{i,t} H_{i,t}`, `H_{i,t} = −Σ_a p_a log p_a` in nats, from logits `z`.
///
/// `dH_{i,t}/dz_a = −p_a (log p_a + H_{i,t})`. To favour entropy, subtract a multiple of value and gradient
/// from those of the loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EntropyLoss {
    /// How positions become one number.
    pub reduction: Reduction,
}

impl EntropyLoss {
    /// The entropy, with `gradient = dH/dz`. `logits` and `gradient` are `[positions, classes]`; a logit of
    /// `−∞` is a forbidden action. Positions where `mask` is false get a gradient of 0 and are never read.
    ///
    /// # Errors
    /// A parameter outside its domain; slices that do not fit; a NaN or `+∞`, or nothing but `−∞`, at a
    /// position that counts; no such position.
    pub fn evaluate(
        &self,
        rows: &Rows,
        mask: Option<&[bool]>,
        logits: &[f64],
        classes: usize,
        totals: Option<BatchTotals>,
        gradient: &mut [f64],
    ) -> Result<f64, ObjectiveError> {
        if classes == 0 {
            return Err(ObjectiveError::Empty { what: "classes" });
        }
        check::len("logits", rows.entries() * classes, logits.len())?;
        check::len("gradient", logits.len(), gradient.len())?;
        if let Some(mask) = mask {
            check::len("mask", rows.entries(), mask.len())?;
        }
        let counts = |index: &usize| mask.is_none_or(|mask| mask[*index]);
        let lengths: Vec<usize> = rows.iter().map(|range| range.filter(counts).count()).collect();
        let weights = self.reduction.weights(totals, &lengths)?;

        gradient.fill(0.0);
        let mut total = 0.0;
        for (row, (range, weight)) in rows.iter().zip(weights).enumerate() {
            for position in range.filter(counts) {
                let classes = position * classes..(position + 1) * classes;
                let logits = &logits[classes.clone()];
                let normalizer = math::log_sum_exp(logits.iter().copied());
                if let Some(bad) = logits.iter().position(|z| z.is_nan() || *z == f64::INFINITY) {
                    let (index, value) = (classes.start + bad, logits[bad]);
                    return Err(ObjectiveError::NotFinite { what: "logits", row, index, value });
                }
                if normalizer == f64::NEG_INFINITY {
                    let (index, value) = (classes.start, normalizer);
                    return Err(ObjectiveError::NotFinite { what: "logits", row, index, value });
                }
                let entropy: f64 = logits.iter().map(|z| surprise(z - normalizer)).sum();
                for (slot, z) in gradient[classes].iter_mut().zip(logits) {
                    let log_p = z - normalizer;
                    *slot = weight * (surprise(log_p) - math::exp(log_p) * entropy);
                }
                total += weight * entropy;
            }
        }
        Ok(total)
    }
}

/// `−p log p`, 0 at `p = 0`.
fn surprise(log_p: f64) -> f64 {
    if log_p == f64::NEG_INFINITY { 0.0 } else { -math::exp(log_p) * log_p }
}
