//! Several reward channels, each normalised by itself.

use crate::{CreditError, Groups, Normalize, Pooling, check};

/// One reward channel: a score per trajectory, possibly missing, and its weight.
#[derive(Debug, Clone, Copy)]
pub struct Channel<'a> {
    /// Scores, one per trajectory.
    pub scores: &'a [f64],
    /// Which scores exist; a missing score is not a 0 and leaves the statistics of its channel.
    pub valid: Option<&'a [bool]>,
    /// Weight in the sum.
    pub weight: f64,
}

/// Normalise, then sum: each channel is normalised within its groups, then `out_i = Σ_c w_c Â_{c,i}`.
///
/// Whiten the result over the batch as the paper does: over policy tokens with [`crate::whiten`] (recorded from
/// verl), or over trajectories with [`crate::whiten_with`] and an epsilon outside the root (recorded from TRL).
///
/// Source: GDPO (group reward-decoupled normalisation). Identity: with one channel of weight 1 it is
/// [`Normalize::apply_groups`]. Known failure: a channel that almost never varies is blown up to the scale of
/// the others whenever it does.
///
/// # Errors
/// No channel, slices that do not fit, a number that is not finite.
pub fn normalize_then_sum(
    rule: &Normalize,
    groups: &Groups,
    channels: &[Channel<'_>],
    pooling: Pooling<'_>,
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::non_empty("channels", channels)?;
    check::len("out", groups.entries(), out.len())?;
    out.fill(0.0);
    let mut normalized = vec![0.0; out.len()];
    for channel in channels {
        check::finite_scalar("weight", channel.weight)?;
        let pooling = Pooling { valid: channel.valid.or(pooling.valid), ..pooling };
        rule.apply_groups_with(groups, pooling, channel.scores, &mut normalized)?;
        for (out, value) in out.iter_mut().zip(&normalized) {
            *out += channel.weight * value;
        }
    }
    check::representable("out", out)
}

/// Sum, then normalise elsewhere: `scores_i = Σ_c w_c s_{c,i}` over the channels that scored trajectory `i`;
/// `valid_i` tells whether any did.
///
/// # Errors
/// No channel, slices that do not fit, a valid score that is not finite.
pub fn sum_channels(
    channels: &[Channel<'_>],
    scores: &mut [f64],
    valid: &mut [bool],
) -> Result<(), CreditError> {
    check::non_empty("channels", channels)?;
    check::len("valid", scores.len(), valid.len())?;
    scores.fill(0.0);
    valid.fill(false);
    for channel in channels {
        check::len("channel scores", scores.len(), channel.scores.len())?;
        check::len("channel valid", scores.len(), channel.valid.map_or(scores.len(), <[bool]>::len))?;
        check::finite_scalar("weight", channel.weight)?;
        for (index, &value) in channel.scores.iter().enumerate() {
            if channel.valid.is_none_or(|valid| valid[index]) {
                if !value.is_finite() {
                    return Err(CreditError::NotFinite { what: "channel scores", index, value });
                }
                scores[index] += channel.weight * value;
                valid[index] = true;
            }
        }
    }
    check::representable("scores", scores)
}
