//! The laws, each a function of a rule and one batch.

mod arithmetic;
mod contract;
mod layout;

pub use arithmetic::{
    answers_scale, answers_shift, conserves, equal_groups_are_zero, is_causal, telescopes, treats_singletons,
};
pub use contract::{
    accepts_lawful_input, is_deterministic, masked_positions_are_zero, refuses_what_is_not_finite,
    stays_finite,
};
pub use layout::{
    follows_the_order_of_trajectories, groups_are_independent, ignores_environment_positions,
    ignores_names_of_groups, ignores_names_of_states, ignores_padding, trajectories_are_independent,
};

use super::{CreditCase, Law, Violation};

/// `|found − expected| ≤ tolerance · (1 + |expected|)`; numbers that are not finite are never close.
fn is_close(found: f64, expected: f64, tolerance: f64) -> bool {
    found == expected || (found - expected).abs() <= tolerance * (1.0 + expected.abs())
}

/// `Err` at the first position of `case` at which `found` is not close to `expected(position)`.
fn close(
    law: Law,
    case: &CreditCase,
    what: &str,
    found: &[f64],
    expected: impl Fn(usize) -> f64,
    tolerance: f64,
) -> Result<(), Violation> {
    for (at, &found) in found.iter().enumerate() {
        let expected = expected(at);
        if !is_close(found, expected, tolerance) {
            let what = format!("{what}: position {at} has {found}, expected {expected}");
            return Err(Violation::new(law, case, what));
        }
    }
    Ok(())
}
