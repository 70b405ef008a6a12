//! Group centring with the scale of the whole batch.

use crate::normalize::{mean, standard_deviation};
use crate::{CreditError, check};

/// Divides advantages that were centred within their groups by `std + ε` of all `scores` of the batch.
///
/// Entries with `valid = false` leave the statistic and become 0. A batch of equal scores becomes zeros.
///
/// Source: the `batch` scaling recorded from TRL (sample standard deviation, `ε = 1e-4`). Identity: a common
/// factor for all prompts, so prompts are not re-weighted by difficulty as under GRPO. Known failure: one group
/// of outliers shrinks the signal of all others.
///
/// # Errors
/// Slices that do not fit, a valid score that is not finite, `ε < 0`, fewer valid scores than `ddof + 1`.
pub fn scale_by_batch(
    scores: &[f64],
    valid: Option<&[bool]>,
    ddof: u8,
    epsilon: f64,
    advantages: &mut [f64],
) -> Result<(), CreditError> {
    check::non_empty("scores", scores)?;
    check::len("advantages", scores.len(), advantages.len())?;
    check::len("valid", scores.len(), valid.map_or(scores.len(), <[bool]>::len))?;
    check::non_negative("epsilon", epsilon)?;
    let counts = |index: usize| valid.is_none_or(|valid| valid[index]);
    let counted: Vec<f64> = (0..scores.len()).filter(|&i| counts(i)).map(|i| scores[i]).collect();
    check::finite("scores", &counted)?;
    let divisor = standard_deviation(&counted, mean(&counted), ddof)? + epsilon;
    check::representable("deviation", &[divisor])?;
    let constant = counted.iter().all(|&score| score == counted[0]);
    for (index, advantage) in advantages.iter_mut().enumerate() {
        *advantage = if constant || !counts(index) { 0.0 } else { *advantage / divisor };
    }
    Ok(())
}
