//! A conformance suite for scorers: anything that adds reward channels to a recorded batch.
//!
//! The suite knows no scorer trait. A scorer enters as a function that makes it and a function that lets it
//! score a `Batch`; the laws are about what the batch looks like afterwards. [`ScorerLaws`] draws recorded
//! batches with every kind of span, ending and missing value.
//!
//! | law | formula |
//! |---|---|
//! | [`Law::WritesOnlyItsChannel`] | afterwards the batch is the batch before plus the named channels |
//! | [`Law::RefusesATakenName`] | a channel of its name that is there already is an error, and stays as it was |
//! | [`Law::IsDeterministic`] | two fresh scorers give the same bits |
//! | [`Law::MissingIsNotZero`] | no value in, no value out |
//! | [`Law::TrajectoriesAreIndependent`] | a trajectory scores the same alone |
//! | [`Law::Telescopes`] | `Σ_t γ^t F_t = γ^T Φ(s_T) − Φ(s_0)`, `Φ(s_T) = 0` where nothing follows |
//! | [`Law::ResumesBitForBit`] | a scorer from saved state goes on as the original does |
//! | [`shaping_regret`] | the best policies under shaped rewards are best under the true ones |

mod invariance;
mod laws;
mod suite;
#[cfg(test)]
mod tests;

pub use invariance::{Transition, shaping_regret};
pub use suite::{Law, ScorerLaws, Violation};
