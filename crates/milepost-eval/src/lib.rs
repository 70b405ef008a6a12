//! Statistics with intervals, verdicts, and exact solutions of enumerable worlds.
//!
//! This crate computes in `f64` on plain slices. It must not know Burn, any particular environment, or
//! anything about training; training must not know it, so that [`Gold`] cannot reach a reward.

pub mod aggregate;
pub mod audit;
pub mod best_play;
pub mod bootstrap;
pub mod calibration;
pub mod classification;
pub mod collapse;
pub mod correlation;
pub mod coverage;
pub mod energy;
mod error;
mod evaluate;
pub mod exact;
mod interval;
mod normal;
mod ordering;
pub mod overoptimization;
mod paired;
pub mod progress;
mod replicates;
pub mod reward_distance;
mod scores;
pub mod value_order;
pub mod verdict;

pub use bootstrap::{Bootstrap, Resampling};
pub use error::StatsError;
pub use evaluate::{Gold, Measure, Running, evaluate, evaluate_within};
pub use interval::{Estimate, Interval, quantile_sorted};
pub use paired::{PairedDifferences, Signs};
pub use scores::Scores;
pub use verdict::{Verdict, VerdictRule};

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
