//! Argument checks shared by all objectives.

use milepost_credit::Rows;

use crate::ObjectiveError;

/// `found == expected`.
pub(crate) fn len(what: &'static str, expected: usize, found: usize) -> Result<(), ObjectiveError> {
    if found == expected { Ok(()) } else { Err(ObjectiveError::LengthMismatch { what, expected, found }) }
}

/// At least one entry.
pub(crate) fn non_empty<T>(what: &'static str, entries: &[T]) -> Result<(), ObjectiveError> {
    if entries.is_empty() { Err(ObjectiveError::Empty { what }) } else { Ok(()) }
}

/// Every entry is finite; an entry is its own row.
pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<(), ObjectiveError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(ObjectiveError::NotFinite { what, row: index, index, value: values[index] }),
    }
}

/// A slice of the expected length whose entries are finite.
pub(crate) fn finite_len(what: &'static str, expected: usize, values: &[f64]) -> Result<(), ObjectiveError> {
    len(what, expected, values.len())?;
    finite(what, values)
}

/// Every entry at a position of the policy is finite. What stands elsewhere is never read.
pub(crate) fn finite_where(
    what: &'static str,
    rows: &Rows,
    mask: Option<&[bool]>,
    values: &[f64],
) -> Result<(), ObjectiveError> {
    len(what, rows.entries(), values.len())?;
    for (row, range) in rows.iter().enumerate() {
        for index in range {
            if mask.is_none_or(|mask| mask[index]) && !values[index].is_finite() {
                return Err(ObjectiveError::NotFinite { what, row, index, value: values[index] });
            }
        }
    }
    Ok(())
}

/// `value` satisfies `allowed`.
fn parameter(name: &'static str, value: f64, ok: bool, allowed: &'static str) -> Result<(), ObjectiveError> {
    if ok { Ok(()) } else { Err(ObjectiveError::InvalidParameter { name, value, allowed }) }
}

/// `value > 0` and finite.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<(), ObjectiveError> {
    parameter(name, value, value > 0.0 && value.is_finite(), "finite and greater than 0")
}

/// `value ≥ 0` and finite.
pub(crate) fn non_negative(name: &'static str, value: f64) -> Result<(), ObjectiveError> {
    parameter(name, value, value >= 0.0 && value.is_finite(), "finite and at least 0")
}

/// `value > 1` and finite.
pub(crate) fn above_one(name: &'static str, value: f64) -> Result<(), ObjectiveError> {
    parameter(name, value, value > 1.0 && value.is_finite(), "finite and greater than 1")
}

/// `0 < value ≤ 1`.
pub(crate) fn fraction(name: &'static str, value: f64) -> Result<(), ObjectiveError> {
    parameter(name, value, value > 0.0 && value <= 1.0, "in (0, 1]")
}

/// `0 ≤ value ≤ 1`.
pub(crate) fn unit_interval(name: &'static str, value: f64) -> Result<(), ObjectiveError> {
    parameter(name, value, (0.0..=1.0).contains(&value), "in [0, 1]")
}

/// `0 ≤ value < ½`: the probability that a label is wrong.
pub(crate) fn smoothing(name: &'static str, value: f64) -> Result<(), ObjectiveError> {
    parameter(name, value, (0.0..0.5).contains(&value), "in [0, 0.5)")
}
