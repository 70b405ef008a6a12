//! The testkit's conformance suites, applied to every rule of this crate.

mod adapt;
mod aggregation;
mod critics;
mod gradients;
mod groups;
mod steps;

/// Batches tried for each rule.
const CASES: u32 = 60;
