//! Min-form credit: a chain is as good as its weakest later step.

use crate::{CreditError, check};

/// `ĉ_t = min_{k≥t} s_k`: the return of step scores with the sum replaced by the minimum.
///
/// Source: PURE, arXiv 2504.15275. Identities: `ĉ_t ≤ s_t`, `ĉ` never decreases
/// with `t`, and repeating a good step changes nothing. Known failure: one wrongly low score erases the credit of everything before.
///
/// # Errors
/// Empty or unequal slices, a score that is not finite.
pub fn min_form(scores: &[f64], out: &mut [f64]) -> Result<(), CreditError> {
    check::non_empty("scores", scores)?;
    check::len("out", scores.len(), out.len())?;
    check::finite("scores", scores)?;
    let mut lowest = f64::INFINITY;
    for (out, score) in out.iter_mut().zip(scores).rev() {
        lowest = lowest.min(*score);
        *out = lowest;
    }
    Ok(())
}
