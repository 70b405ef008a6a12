//! Runs of studies: the same matrix of processes as runs that train, other records, one page.
//!
//! What was finished stays. An arm and seed that was interrupted goes on from the state that its study kept last, if that
//! study keeps states, and otherwise starts afresh; being a function of configuration and seed, it comes out the same.

mod analysis;
mod files;
mod recorder;
mod records;
mod worker;

pub(crate) use analysis::analyse;
pub(crate) use records::{Point, read};
pub(crate) use worker::work;

/// The folder of one run.
pub(crate) type StudyRun = crate::record::RunFolder<crate::config::StudyExperiment>;
