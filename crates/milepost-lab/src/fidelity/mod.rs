//! Runs of the credit-fidelity benchmark: arms × instances × seeds, appended to one file of records, scored
//! against exact truth, and reported.

mod execute;
mod expectations;
mod page;
mod records;

pub(crate) use execute::{Ended, Settings, carry_out};

/// The folder of one run.
pub(crate) type FidelityRun = crate::record::RunFolder<crate::config::FidelityExperiment>;
