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

/// A rule that keeps trajectories that the policy finds neither too familiar nor too foreign: those whose
/// perplexity lies between two quantiles of all: the lowest `⌊low · n⌋` and the
/// highest `⌊(1 − high) · n⌋` of `n` are left out, equals of those that are kept are not.
///
/// `out` is written for every trajectory, from its mean negative log-likelihood under the current policy, of which perplexity
/// is the exponential. Source: MiRA, arXiv 2603.19685, for replayed data; the quantiles 0.1 and 0.9 are ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerplexityBand {
    /// Lower quantile, in `[0, 1]`.
    pub low: f64,
    /// Upper quantile, in `[low, 1]`.
    pub high: f64,
}

impl PerplexityBand {
    /// Writes for every trajectory whether it is kept; returns how many are.
    ///
    /// # Errors
    /// Slices that do not fit, a number that is not finite, quantiles out of order.
    pub fn keep(&self, negative_log_likelihood: &[f64], keep: &mut [bool]) -> Result<usize, CreditError> {
        check::len("keep", negative_log_likelihood.len(), keep.len())?;
        check::finite("negative_log_likelihood", negative_log_likelihood)?;
        check::unit_interval("low", self.low)?;
        check::unit_interval("high", self.high)?;
        if self.low > self.high {
            let (name, allowed) = ("low", "at most the upper quantile");
            return Err(CreditError::InvalidParameter { name, value: self.low, allowed });
        }
        let mut sorted = negative_log_likelihood.to_vec();
        sorted.sort_by(f64::total_cmp);
        let Some(last) = sorted.len().checked_sub(1) else { return Ok(0) };
        // Trimmed are the whole trajectories that lie beyond: of a few, none.
        let trimmed = |share: f64| libm::floor(share * sorted.len() as f64 + 1e-9) as usize;
        let first = trimmed(self.low).min(last);
        let (low, high) = (sorted[first], sorted[last.saturating_sub(trimmed(1.0 - self.high)).max(first)]);
        for (keep, value) in keep.iter_mut().zip(negative_log_likelihood) {
            *keep = (low..=high).contains(value);
        }
        Ok(keep.iter().filter(|keep| **keep).count())
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TENTHS: PerplexityBand = PerplexityBand { low: 0.1, high: 0.9 };

    proptest! {
        #[test]
        fn of_different_perplexities_a_tenth_is_trimmed_at_each_end(values in prop::collection::btree_set(0u32..9999, 1..60)) {
            let mut values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let n = values.len();
            let mut keep = vec![false; n];
            prop_assert_eq!(TENTHS.keep(&values, &mut keep).expect("valid"), n - 2 * (n / 10));
            // They ascend.
            prop_assert!(keep.iter().enumerate().all(|(i, kept)| *kept == (i >= n / 10 && i < n - n / 10)));
            values.reverse();
            keep.reverse();
            let mut mirrored = vec![false; n];
            TENTHS.keep(&values, &mut mirrored).expect("valid");
            prop_assert_eq!(keep, mirrored);
        }
    }

    #[test]
    fn equals_are_kept_and_nonsense_is_refused() {
        let mut keep = [false; 12];
        assert_eq!(TENTHS.keep(&[2.0; 12], &mut keep), Ok(12));
        assert_eq!(TENTHS.keep(&[], &mut []), Ok(0));
        let band = |low, high| PerplexityBand { low, high }.keep(&[1.0], &mut [false]);
        assert!(matches!(band(0.9, 0.1), Err(CreditError::InvalidParameter { name: "low", .. })));
        assert!(band(-0.1, 0.5).is_err() && band(0.0, f64::NAN).is_err());
        assert_eq!(band(0.5, 0.5), Ok(1));
        assert!(TENTHS.keep(&[f64::NAN], &mut [false]).is_err());
    }
}
