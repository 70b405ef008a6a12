//! Experiment files, runs, records and reports: the milepost command.

pub mod analysis;
pub mod audit;
#[cfg(any(test, feature = "bench"))]
#[doc(hidden)]
pub mod bench;
mod claim;
pub mod cli;
mod clock;
pub mod config;
mod credit_order;
mod export;
mod fidelity;
mod launch;
pub mod measures;
pub mod record;
pub mod recredit;
pub mod report;
pub mod run;
mod study;
pub mod tensorboard;
mod terminal;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
