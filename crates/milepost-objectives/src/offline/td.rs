//! Temporal-difference targets and errors of an ensemble of critics.

use serde::{Deserialize, Serialize};

use crate::{ObjectiveError, check};

/// `y_i = r_i + γ (1 − d_i) V(s'_i)`. `terminals` are true ends only: a time-out bootstraps.
///
/// # Errors
/// No transition, unequal slices, a number that is not finite, `γ` outside `[0, 1]`.
pub fn td_targets(
    rewards: &[f64],
    terminals: &[bool],
    next_values: &[f64],
    gamma: f64,
) -> Result<Vec<f64>, ObjectiveError> {
    check::non_empty("rewards", rewards)?;
    check::finite("rewards", rewards)?;
    check::len("terminals", rewards.len(), terminals.len())?;
    check::finite_len("next_values", rewards.len(), next_values)?;
    check::unit_interval("gamma", gamma)?;
    let step = |i: usize| rewards[i] + if terminals[i] { 0.0 } else { gamma * next_values[i] };
    Ok((0..rewards.len()).map(step).collect())
}

/// The smallest value of an ensemble at each entry; `values` is `[critics, n]`.
///
/// # Errors
/// No critic, a length that is no multiple of `critics`, a number that is not finite.
pub fn min_over_critics(values: &[f64], critics: usize) -> Result<Vec<f64>, ObjectiveError> {
    let n = entries(values, critics)?;
    Ok((0..n).map(|i| (0..critics).map(|c| values[c * n + i]).fold(f64::INFINITY, f64::min)).collect())
}

/// Entries per critic of `[critics, n]` values.
pub(crate) fn entries(values: &[f64], critics: usize) -> Result<usize, ObjectiveError> {
    check::non_empty("values", values)?;
    if critics == 0 {
        return Err(ObjectiveError::Empty { what: "critics" });
    }
    let n = values.len() / critics;
    check::finite_len("values", critics * n, values)?;
    Ok(n)
}

/// How far a value may be from its target, and what that costs. `e = q − y`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum TdLoss {
    /// `e²`, without a ½.
    Squared {},
    /// `½ e²` up to `∣e∣ = width`, `width (∣e∣ − width/2)` beyond.
    Huber {
        /// Where the loss becomes linear (d3rlpy: 1).
        width: f64,
    },
}

impl TdLoss {
    /// The loss of an error and its derivative.
    pub(crate) fn at(self, error: f64) -> (f64, f64) {
        match self {
            Self::Squared {} => (error * error, 2.0 * error),
            Self::Huber { width } => {
                let bounded = error.clamp(-width, width);
                (bounded * (error - 0.5 * bounded), bounded)
            }
        }
    }

    /// `L = Σ_c (1/n) Σ_i l(q_{c,i} − y_i)`: summed over critics, averaged over transitions. `values` and
    /// `gradient` are `[critics, n]`.
    ///
    /// # Errors
    /// No transition or critic, slices that do not fit, a number that is not finite, a width that is not
    /// positive.
    pub fn evaluate(
        self,
        values: &[f64],
        targets: &[f64],
        critics: usize,
        gradient: &mut [f64],
    ) -> Result<f64, ObjectiveError> {
        if let Self::Huber { width } = self {
            check::positive("width", width)?;
        }
        let n = entries(values, critics)?;
        check::finite_len("targets", n, targets)?;
        check::len("gradient", values.len(), gradient.len())?;
        let mut total = 0.0;
        for (index, value) in values.iter().enumerate() {
            let (loss, slope) = self.at(value - targets[index % n]);
            total += loss / n as f64;
            gradient[index] = slope / n as f64;
        }
        Ok(total)
    }
}
