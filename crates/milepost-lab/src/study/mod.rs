//! Runs of studies: the same matrix of processes as runs that train, other records, one page.
//!
//! An arm and seed is the unit of resumption: what was finished stays, what was interrupted starts afresh and,
//! being a function of configuration and seed, comes out the same.

mod analysis;
mod recorder;
mod records;
mod worker;

pub(crate) use analysis::analyse;
pub(crate) use worker::work;

/// The folder of one run.
pub(crate) type StudyRun = crate::record::RunFolder<crate::config::StudyExperiment>;
