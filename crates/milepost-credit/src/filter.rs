//! Which groups teach.

use crate::normalize::mean;
use crate::{CreditError, Groups, check, group};

/// A rule that keeps or drops whole groups by the scores of their members.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GroupFilter {
    /// Keep groups whose scores are not all exactly equal (DAPO, arXiv 2503.14476). Pools of one are dropped.
    ZeroVariance,
    /// Keep groups whose mean score lies in `[low, high]` (PRIME uses 0.2 and 0.8, arXiv 2502.01456).
    AccuracyBand {
        /// Smallest mean that is kept.
        low: f64,
        /// Largest mean that is kept.
        high: f64,
    },
}

impl GroupFilter {
    /// Writes for every trajectory whether its group is kept; returns the number of kept groups.
    ///
    /// # Errors
    /// Slices that do not fit, a score that is not finite, a band that is empty.
    pub fn keep(&self, groups: &Groups, scores: &[f64], keep: &mut [bool]) -> Result<usize, CreditError> {
        check::len("keep", scores.len(), keep.len())?;
        if let Self::AccuracyBand { low, high } = *self
            && (high.is_nan() || low.is_nan() || low > high)
        {
            return Err(CreditError::InvalidParameter {
                name: "low",
                value: low,
                allowed: "at most the upper end of the band",
            });
        }
        let mut kept = 0;
        let mut verdicts = vec![0.0; scores.len()];
        group::for_each_pool(groups, None, scores, &mut verdicts, |pool, verdict| {
            let teaches = match *self {
                Self::ZeroVariance => pool.iter().any(|&score| score != pool[0]),
                Self::AccuracyBand { low, high } => (low..=high).contains(&mean(pool)),
            };
            kept += usize::from(teaches);
            verdict.fill(f64::from(u8::from(teaches)));
            Ok(())
        })?;
        for (keep, verdict) in keep.iter_mut().zip(&verdicts) {
            *keep = *verdict == 1.0;
        }
        Ok(kept)
    }
}

/// Overlong filtering: trajectories that were cut by a budget leave the update. Clears `keep` where `truncated`
/// is set, so that it composes with [`GroupFilter::keep`]; returns how many are kept.
///
/// A truncation is not a failure: its outcome is unknown. Filter *after* normalising if the cut trajectories are
/// to stay in the statistics of their group. Source: DAPO, arXiv 2503.14476, section 3.4.
///
/// # Errors
/// Slices of unequal length.
pub fn keep_finished(truncated: &[bool], keep: &mut [bool]) -> Result<usize, CreditError> {
    check::len("keep", truncated.len(), keep.len())?;
    for (keep, truncated) in keep.iter_mut().zip(truncated) {
        *keep &= !truncated;
    }
    Ok(keep.iter().filter(|keep| **keep).count())
}

/// Soft penalty for long answers: `min(0, −(L − (L_max − L_buf))/L_buf · p)`, to be added to the score.
///
/// 0 up to `L_max − L_buf` tokens, then linear, `−p` at `L_max`; it goes on falling beyond. Source: DAPO, arXiv
/// 2503.14476, equation 13; usual values are a buffer of a fifth of the maximum and `p = 1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlong {
    /// Length at which the full penalty is due.
    pub max_length: usize,
    /// Stretch over which it builds up.
    pub buffer: usize,
    /// Penalty at the maximal length.
    pub penalty: f64,
}

impl Overlong {
    /// The amount to add to the score of an answer of `length` tokens, at most 0.
    ///
    /// # Errors
    /// A buffer of 0 or longer than the maximal length, a negative penalty.
    pub fn shaping(&self, length: usize) -> Result<f64, CreditError> {
        if self.buffer == 0 || self.buffer > self.max_length {
            return Err(CreditError::InvalidParameter {
                name: "buffer",
                value: self.buffer as f64,
                allowed: "at least 1 and at most max_length",
            });
        }
        check::non_negative("penalty", self.penalty)?;
        let excess = length as f64 - (self.max_length - self.buffer) as f64;
        Ok((-excess / self.buffer as f64 * self.penalty).min(0.0))
    }
}
