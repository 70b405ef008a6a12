//! Fixtures, conformance suites and property-test strategies, for our parts and for a user's own.
//!
//! Fixture tests read recorded data through one root, [`fixtures::root`], so that the same test runs
//! against other data of the same layout: set the variable `MILEPOST_FIXTURES`.

pub mod aggregation;
pub mod attacks;
pub mod credit;
pub mod enumeration;
pub mod environment;
pub mod fixtures;
pub mod golden;
pub mod scorer;
mod search;
pub mod strategies;
pub mod tokens;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;

/// The book's page on testing one's own parts, so that its examples compile and pass.
#[doc = include_str!("../../../docs/src/conformance.md")]
#[cfg(doctest)]
struct Page;
