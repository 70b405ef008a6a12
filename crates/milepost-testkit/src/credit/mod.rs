//! A conformance suite for credit rules: GAE, group advantages, redistributions, and your own.
//!
//! A rule is a function from a [`CreditCase`] to one number for each position, or a typed error. Normalisers,
//! which see one score a trajectory, enter by [`CreditLaws::of_returns`] and are held to the same laws.
//! [`CreditLaws`] checks the contract that every rule owes and the identities that a rule claims, on ragged
//! batches that shrink to the smallest one that breaks a law. Each law is also a function of its own in
//! [`laws`], to be used inside `proptest!` with [`crate::strategies::credit_case`].
//!
//! | claim | formula |
//! |---|---|
//! | [`CreditLaws::conserves`] | `Σ_t c = R`, `Σ_t c = R + b − V_0`, `Σ_{i∈g} c_i = 0`, or `Σ c = 0` |
//! | [`CreditLaws::ignores_environment_positions`] | `c` at policy positions is unchanged by inserting any others |
//! | [`CreditLaws::scales`], [`CreditLaws::shifts`] | `c(aR)` and `c(R + b)` |
//! | [`CreditLaws::equal_groups_are_zero`] | `R_i = R_j` for all of a group gives exactly `c = 0` |
//! | [`CreditLaws::singletons`] | what a group of one gets |
//! | [`CreditLaws::groups_are_independent`], [`CreditLaws::trajectories_are_independent`] | `c` of a part is `c` of the whole, there |
//! | [`CreditLaws::is_causal`] | `∂c_t/∂r_s = 0` for `s < t` |
//! | [`CreditLaws::telescopes`] | `r_t + γΦ_{t+1} − Φ_t` moves `c` by a known amount |
//! | [`CreditLaws::gradient`] | `E Σ_t c_t ∇ log π(a_t∣s_t) = k ∇J`, by enumeration of all groups |

mod case;
mod claims;
mod gradient;
pub mod laws;
mod rule;
mod suite;
#[cfg(test)]
mod tests;
mod transform;

pub use case::{CaseTrajectory, CreditCase, Position};
pub use claims::{Conserved, Scaling, Shift, Singletons, Telescoping};
pub use gradient::{GradientReport, case_of, gradient_is_exact, gradient_of};
pub use rule::{Law, Rule, Violation};
pub use suite::{Coverage, CreditLaws};
