//! Everything that a run recorded as tables, for programs that know nothing of Milepost.
//!
//! `series` has a row for each number at each point of a run's course, of arms and seeds that are not finished too;
//! `results` has a row for each metric of each finished arm and seed. A number that is not finite is missing.

mod study;
mod training;

use crate::record::{AnyRun, RecordError};
use milepost_sheet::Sheet;

/// Why a run cannot be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ExportError {
    /// The run's files.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A run that has tables of its own.
    #[error(
        "a run of kind credit-fidelity has its numbers in metrics.csv and records.jsonl already; use those"
    )]
    Fidelity,
}

/// The tables of a run by name.
pub(crate) fn tables(run: &AnyRun) -> Result<Vec<(&'static str, Sheet)>, ExportError> {
    let (series, results) = match run {
        AnyRun::Training(run) => (training::series(run)?, training::results(run)?),
        AnyRun::Study(run) => (study::series(run)?, study::results(run)?),
        AnyRun::Fidelity(_) => return Err(ExportError::Fidelity),
    };
    Ok(vec![("series", series), ("results", results)])
}

/// Columns of the table of results.
const RESULTS: [&str; 4] = ["arm", "seed", "metric", "value"];
