//! Argument checks shared by all rules.

use crate::CreditError;

/// `found == expected`.
#[inline]
pub(crate) fn len(what: &'static str, expected: usize, found: usize) -> Result<(), CreditError> {
    if found == expected { Ok(()) } else { Err(CreditError::LengthMismatch { what, expected, found }) }
}

/// At least one entry.
#[inline]
pub(crate) fn non_empty<T>(what: &'static str, entries: &[T]) -> Result<(), CreditError> {
    if entries.is_empty() { Err(CreditError::Empty { what }) } else { Ok(()) }
}

/// Every entry is finite. The conjunction has no early exit, so it runs at memory speed; the index is
/// looked up only on failure.
#[inline]
pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<(), CreditError> {
    if values.iter().fold(true, |ok, value| ok & value.is_finite()) {
        return Ok(());
    }
    let index = values.iter().position(|value| !value.is_finite()).unwrap_or_default();
    Err(CreditError::NotFinite { what, index, value: values.get(index).copied().unwrap_or(f64::NAN) })
}

/// [`finite`] for a part of a slice; the index is that in the whole.
#[inline]
pub(crate) fn finite_within(
    what: &'static str,
    values: &[f64],
    range: std::ops::Range<usize>,
) -> Result<(), CreditError> {
    finite(what, &values[range.clone()]).map_err(|error| match error {
        CreditError::NotFinite { what, index, value } => {
            CreditError::NotFinite { what, index: range.start + index, value }
        }
        other => other,
    })
}

/// Every entry of a result is finite: arguments of `1e300` can add up to an infinity, and a deviation that
/// overflows turns every score into 0.
#[inline]
pub(crate) fn representable(what: &'static str, values: &[f64]) -> Result<(), CreditError> {
    match finite(what, values) {
        Err(CreditError::NotFinite { what, index, .. }) => Err(CreditError::Overflow { what, index }),
        other => other,
    }
}

/// One finite number.
#[inline]
pub(crate) fn finite_scalar(what: &'static str, value: f64) -> Result<(), CreditError> {
    finite(what, &[value])
}

/// `0 ≤ value ≤ 1`.
#[inline]
pub(crate) fn unit_interval(name: &'static str, value: f64) -> Result<(), CreditError> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(CreditError::InvalidParameter { name, value, allowed: "in [0, 1]" })
    }
}

/// `value ≥ 0` and finite.
#[inline]
pub(crate) fn non_negative(name: &'static str, value: f64) -> Result<(), CreditError> {
    if value >= 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(CreditError::InvalidParameter { name, value, allowed: "finite and at least 0" })
    }
}

/// `value > 0` and finite.
#[inline]
pub(crate) fn positive(name: &'static str, value: f64) -> Result<(), CreditError> {
    if value > 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(CreditError::InvalidParameter { name, value, allowed: "finite and greater than 0" })
    }
}
