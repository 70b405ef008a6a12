//! Scores relative to a pool: what is subtracted, what is divided by.

use crate::{CreditError, check};

/// What is subtracted from each score of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Centre {
    /// The mean of the pool.
    Mean,
    /// The mean of the other members, `(Σ_j x_j − x_i)/(n−1)`.
    LeaveOneOut,
    /// Nothing.
    None,
}

/// What each centred score is divided by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// `std + ε`, the standard deviation of the pool with divisor `n − ddof`.
    Std {
        /// 1 for the sample, 0 for the population standard deviation.
        ddof: u8,
        /// Added to the standard deviation, at least 0.
        epsilon: f64,
    },
    /// The largest magnitude among the centred scores.
    MaxAbs,
    /// Nothing.
    None,
}

/// Normalisation of the scores of one pool (a group, a step, an anchor state, a channel, a batch).
///
/// | constructor | formula | source |
/// |---|---|---|
/// | [`Normalize::grpo`] | `(R − mean)/(std + ε)` | DeepSeekMath, arXiv 2402.03300 |
/// | [`Normalize::dr_grpo`] | `R − mean` | arXiv 2503.20783 |
/// | [`Normalize::rloo`] | `R_i − mean_{j≠i} R_j` | arXiv 2402.14740 |
///
/// Identities: every centred form sums to 0 over its pool; leave-one-out is `n/(n−1)` times mean-centred.
/// Known failure: dividing by the standard deviation weighs prompts by the inverse of their difficulty
/// spread, so the policy gradient is biased; a constant pool teaches nothing and is only counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalize {
    /// What is subtracted.
    pub centre: Centre,
    /// What is divided by.
    pub scale: Scale,
}

/// What happened to one pool.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PoolReport {
    /// Members that took part.
    pub size: usize,
    /// All members have exactly the same score.
    pub zero_range: bool,
    /// The pool has one member, so a score relative to it is undefined; the output is 0.
    pub dropped: bool,
    /// Mean score.
    pub mean: f64,
    /// What the centred scores were divided by; 1 if by nothing.
    pub divisor: f64,
}

impl Normalize {
    /// `(R − mean)/(std + 1e-6)`, sample standard deviation.
    #[must_use]
    pub const fn grpo() -> Self {
        Self { centre: Centre::Mean, scale: Scale::Std { ddof: 1, epsilon: 1e-6 } }
    }

    /// `R − mean`. Dr. GRPO also asks for [`crate::Aggregation::SeqMeanTokenSumNorm`].
    #[must_use]
    pub const fn dr_grpo() -> Self {
        Self { centre: Centre::Mean, scale: Scale::None }
    }

    /// `R_i` minus the mean of the others.
    #[must_use]
    pub const fn rloo() -> Self {
        Self { centre: Centre::LeaveOneOut, scale: Scale::None }
    }

    /// Normalises one pool. `scores` and `out` have length `n`.
    ///
    /// A pool of equal scores gives exact zeros under every centring, and under [`Scale::Std`] whatever the
    /// centring: the range is tested first, so rounding of the mean never turns into an advantage. A pool of
    /// one is dropped (0 and reported) unless neither part looks at other members.
    ///
    /// # Errors
    /// An empty pool, unequal slices, a score that is not finite, `ε < 0`, or `ddof` not below `n`.
    pub fn apply(&self, scores: &[f64], out: &mut [f64]) -> Result<PoolReport, CreditError> {
        check::non_empty("scores", scores)?;
        check::len("out", scores.len(), out.len())?;
        check::finite("scores", scores)?;
        self.check()?;
        let report = self.apply_pool(scores, out)?;
        check::representable("out", out)?;
        Ok(report)
    }

    pub(crate) fn check(&self) -> Result<(), CreditError> {
        match self.scale {
            Scale::Std { epsilon, .. } => check::non_negative("epsilon", epsilon),
            Scale::MaxAbs | Scale::None => Ok(()),
        }
    }

    /// [`Normalize::apply`] where the slices are known to be equal in length, not empty, and finite. Whether the
    /// results are finite is left to the caller, who sees the whole batch.
    #[inline]
    pub(crate) fn apply_pool(&self, scores: &[f64], out: &mut [f64]) -> Result<PoolReport, CreditError> {
        let size = scores.len();
        let first = scores[0];
        let zero_range = scores.iter().all(|&score| score == first);
        if zero_range {
            return Ok(self.constant_pool(first, size, out));
        }
        let mean = mean(scores);
        match self.centre {
            Centre::Mean => shift(scores, mean, 1.0, out),
            Centre::LeaveOneOut => shift(scores, mean, size as f64 / (size - 1) as f64, out),
            Centre::None => out.copy_from_slice(scores),
        }
        let divisor = match self.scale {
            Scale::None => 1.0,
            Scale::MaxAbs => out.iter().fold(0.0, |max: f64, value| max.max(value.abs())),
            Scale::Std { ddof, epsilon } => standard_deviation(scores, mean, ddof)? + epsilon,
        };
        if divisor != 1.0 && divisor > 0.0 {
            for value in out.iter_mut() {
                *value /= divisor;
            }
        }
        check::representable("divisor", &[divisor])?;
        Ok(PoolReport { size, zero_range, dropped: false, mean, divisor })
    }

    fn constant_pool(&self, score: f64, size: usize, out: &mut [f64]) -> PoolReport {
        let relative = self.compares();
        let (value, divisor) = match self.scale {
            _ if relative => (0.0, 1.0),
            Scale::MaxAbs if score != 0.0 => (score.signum(), score.abs()),
            _ => (score, 1.0),
        };
        out.fill(value);
        PoolReport { size, zero_range: true, dropped: relative && size == 1, mean: score, divisor }
    }

    /// Whether a score is set against those of other members.
    #[inline]
    pub(crate) fn compares(&self) -> bool {
        self.centre != Centre::None || matches!(self.scale, Scale::Std { .. })
    }
}

/// Mean by four independent partial sums, so that the additions overlap.
pub(crate) fn mean(values: &[f64]) -> f64 {
    sum_of(values, |value| value) / values.len() as f64
}

/// [`mean`], and exactly the common value where all are equal: three times 0.1 over three is not 0.1.
pub(crate) fn exact_mean(values: &[f64]) -> f64 {
    if values.iter().all(|value| *value == values[0]) { values[0] } else { mean(values) }
}

/// Standard deviation around `mean` with divisor `n − ddof`.
pub(crate) fn standard_deviation(values: &[f64], mean: f64, ddof: u8) -> Result<f64, CreditError> {
    let squares = sum_of(values, |value| (value - mean) * (value - mean));
    deviation(squares, values.len(), ddof)
}

/// Standard deviation of `found` numbers from the sum of their squared deviations.
#[inline]
pub(crate) fn deviation(squares: f64, found: usize, ddof: u8) -> Result<f64, CreditError> {
    let ddof = usize::from(ddof);
    if found <= ddof {
        return Err(CreditError::TooFew { what: "standard deviation", needed: ddof + 1, found });
    }
    Ok((squares / (found - ddof) as f64).sqrt())
}

/// Number of partial sums behind every sum: four that take turns, and one for what is left over.
pub(crate) const LANES: usize = 5;

/// The partial sum to which term `rank` of `terms` is added.
#[inline]
pub(crate) const fn lane(rank: u32, terms: u32) -> u32 {
    let whole = if terms < 8 { 0 } else { terms & !3 };
    if rank < whole { rank & 3 } else { 4 }
}

/// The sum whose partial sums these are.
#[inline]
pub(crate) fn total(lanes: &[f64; LANES]) -> f64 {
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + lanes[4]
}

#[inline]
fn sum_of(values: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    if values.len() < 8 {
        return values.iter().map(|&value| term(value)).sum();
    }
    let mut lanes = [0.0_f64; LANES - 1];
    let chunks = values.chunks_exact(4);
    let rest: f64 = chunks.remainder().iter().map(|&value| term(value)).sum();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += term(value);
        }
    }
    total(&[lanes[0], lanes[1], lanes[2], lanes[3], rest])
}

fn shift(scores: &[f64], centre: f64, factor: f64, out: &mut [f64]) {
    for (out, score) in out.iter_mut().zip(scores) {
        *out = factor * (score - centre);
    }
}
