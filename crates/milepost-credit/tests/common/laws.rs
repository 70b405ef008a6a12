//! Comparing what two rules say.

use milepost_credit::{Groups, Normalize};
use proptest::prelude::*;

/// Fails with the first entry that differs by more than `tolerance`, relative above 1.
pub fn close_within(got: &[f64], want: &[f64], tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.len(), want.len());
    for (index, (g, w)) in got.iter().zip(want).enumerate() {
        prop_assert!((g - w).abs() <= tolerance * (1.0 + w.abs()), "[{}]: {} is not {}", index, g, w);
    }
    Ok(())
}

/// [`close_within`] rounding.
pub fn close(got: &[f64], want: &[f64]) -> Result<(), TestCaseError> {
    close_within(got, want, 1e-9)
}

/// One pool, normalised.
pub fn apply(rule: Normalize, scores: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; scores.len()];
    rule.apply(scores, &mut out).expect("valid");
    out
}

/// A batch of pools, normalised.
pub fn apply_groups(rule: Normalize, groups: &Groups, scores: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; scores.len()];
    rule.apply_groups(groups, scores, &mut out).expect("valid");
    out
}
