//! Whitening of all positions of a batch.

use crate::{CreditError, check};

/// Where the epsilon of a whitening stands. Libraries differ, and for small variances so do the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Whitening {
    /// `(x − mean)/√(var + ε)`; recorded from verl.
    #[default]
    InsideRoot,
    /// `(x − mean)/(std + ε)`; recorded from Stable-Baselines3 and TRL.
    OutsideRoot,
}

/// Whitens in place with the epsilon inside the root: `(x − mean)/√(var + ε)`, sample variance (`n − 1`).
///
/// With a mask only positions with `mask = true` count and change; the others become 0. Equal values become
/// exact zeros.
///
/// # Errors
/// Unequal slices, a counted value that is not finite, `ε < 0`, or fewer than two counted positions (their
/// variance is undefined).
pub fn whiten(values: &mut [f64], mask: Option<&[bool]>, epsilon: f64) -> Result<(), CreditError> {
    whiten_with(Whitening::InsideRoot, values, mask, epsilon)
}

/// [`whiten`] with the stated place of the epsilon.
///
/// # Errors
/// As [`whiten`].
pub fn whiten_with(
    convention: Whitening,
    values: &mut [f64],
    mask: Option<&[bool]>,
    epsilon: f64,
) -> Result<(), CreditError> {
    check::non_negative("epsilon", epsilon)?;
    match mask {
        None => whiten_where(convention, values, epsilon, |_| true),
        Some(mask) => {
            check::len("mask", values.len(), mask.len())?;
            whiten_where(convention, values, epsilon, |index| mask[index])
        }
    }
}

#[inline]
fn whiten_where(
    convention: Whitening,
    values: &mut [f64],
    epsilon: f64,
    counts: impl Fn(usize) -> bool,
) -> Result<(), CreditError> {
    let (mut found, mut sum) = (0_usize, 0.0);
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (index, &value) in values.iter().enumerate() {
        if counts(index) {
            if !value.is_finite() {
                return Err(CreditError::NotFinite { what: "values", index, value });
            }
            found += 1;
            sum += value;
            (low, high) = (low.min(value), high.max(value));
        }
    }
    if found < 2 {
        return Err(CreditError::TooFew { what: "whitening", needed: 2, found });
    }
    if low == high {
        values.fill(0.0);
        return Ok(());
    }
    let mean = sum / found as f64;
    let mut squares = 0.0;
    for (index, value) in values.iter_mut().enumerate() {
        if counts(index) {
            *value -= mean;
            squares += *value * *value;
        } else {
            *value = 0.0;
        }
    }
    let variance = squares / (found - 1) as f64;
    let divisor = match convention {
        Whitening::InsideRoot => (variance + epsilon).sqrt(),
        Whitening::OutsideRoot => variance.sqrt() + epsilon,
    };
    check::representable("deviation", &[divisor])?;
    for value in values.iter_mut() {
        *value /= divisor;
    }
    check::representable("values", values)
}
