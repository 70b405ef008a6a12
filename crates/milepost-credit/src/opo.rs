//! OPO: a baseline weighted by length.

use crate::{CreditError, Groups, Singleton, check};

/// `A_i = R_i − Σ_j L_j R_j/Σ_j L_j` over the group: the variance-optimal constant baseline if the norm of the
/// score function grows like the number `L` of tokens.
///
/// `scores`, `lengths` and `out` have one entry per trajectory. A pool of one gives 0, or its score under
/// [`Singleton::Raw`].
///
/// Source: OPO, arXiv 2505.23585; recorded from verl. Identity: with equal lengths it is Dr. GRPO's centring.
/// Known failure: a group of empty sequences has no baseline and is an error.
///
/// # Errors
/// Slices that do not fit, a score that is not finite, a group of several sequences without a token.
pub fn opo_advantages(
    groups: &Groups,
    scores: &[f64],
    lengths: &[usize],
    singleton: Singleton,
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::len("scores", groups.entries(), scores.len())?;
    check::len("lengths", scores.len(), lengths.len())?;
    check::len("out", scores.len(), out.len())?;
    check::finite("scores", scores)?;
    for members in groups.iter() {
        let baseline = match *members {
            [] => continue,
            [only] if singleton == Singleton::Drop => scores[only],
            [_] => 0.0,
            [first, ..] if members.iter().all(|&member| scores[member] == scores[first]) => scores[first],
            _ => {
                let tokens: usize = members.iter().map(|&member| lengths[member]).sum();
                if tokens == 0 {
                    return Err(CreditError::TooFew { what: "tokens of a group", needed: 1, found: 0 });
                }
                members.iter().map(|&member| lengths[member] as f64 * scores[member]).sum::<f64>()
                    / tokens as f64
            }
        };
        for &member in members {
            out[member] = scores[member] - baseline;
        }
    }
    check::representable("out", out)
}
