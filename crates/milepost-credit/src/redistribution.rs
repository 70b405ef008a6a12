//! Redistribution of a return by a model that predicts it.

use crate::{CreditError, check};

/// Where the part of the return goes that the model did not predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residual {
    /// Nowhere: the redistributed rewards sum to the prediction.
    None,
    /// To the last step.
    Last,
    /// In equal parts to all steps.
    Uniform,
}

/// Differences of a return predictor: `r̃_t = ĝ_t − ĝ_{t−1}` with `ĝ_{−1} = start`, plus a residual.
///
/// `predictions[t] = ĝ_t` is the return predicted after step `t`; `start` is the prediction before the first
/// step (0, or the value of the first state); `total` is the return that was observed. `out` has length `T`.
///
/// Source: RUDDER, arXiv 1806.07857; SPA-RL. Identities: with a residual `Σ r̃ = total − start`, exactly up to
/// rounding; with the exact `ĝ_t = Σ_{k<t} r_k + Q_t` and `start = V_0` the result is `A_t + L_{t−1}`, the
/// advantage plus the luck of the step before. Known failure: a predictor that is only right at the end puts
/// all credit there.
///
/// # Errors
/// Empty or unequal slices, a number that is not finite.
pub fn redistribute(
    predictions: &[f64],
    start: f64,
    total: f64,
    residual: Residual,
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::non_empty("predictions", predictions)?;
    check::len("out", predictions.len(), out.len())?;
    check::finite("predictions", predictions)?;
    check::finite_scalar("start", start)?;
    check::finite_scalar("total", total)?;
    let mut before = start;
    for (out, prediction) in out.iter_mut().zip(predictions) {
        *out = prediction - before;
        before = *prediction;
    }
    let unexplained = total - before;
    let last = out.len() - 1;
    match residual {
        Residual::None => {}
        Residual::Last => out[last] += unexplained,
        Residual::Uniform => {
            let share = unexplained / out.len() as f64;
            for reward in out.iter_mut() {
                *reward += share;
            }
        }
    }
    check::representable("out", out)
}
