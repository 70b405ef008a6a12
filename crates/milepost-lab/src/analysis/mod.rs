//! From a run's records to its table, verdict and report.

pub(crate) mod page;
pub(crate) mod recorded;
pub(crate) mod summary;
pub(crate) mod table;
mod warm_start;

use std::path::{Path, PathBuf};

use milepost_eval::StatsError;

use crate::record::directory::write_json;
use crate::record::{RecordError, RunDirectory, atomic};
use crate::report::{self, ReportData, ReportError};

pub use summary::{ArmSummary, Comparison, Curve, Summary, Value};
pub(crate) use table::aligned;

/// Why the records could not be turned into numbers or pages.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnalysisError {
    /// A record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A statistic.
    #[error("the statistics of this run: {0}")]
    Statistics(#[from] StatsError),
    /// A page.
    #[error("the report: {0}")]
    Report(#[from] ReportError),
}

/// What was made of a run.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The numbers.
    pub summary: Summary,
    /// The table for the terminal.
    pub table: String,
    /// What the report was made from.
    pub data: ReportData,
    /// Where the report is.
    pub report: PathBuf,
}

/// Computes the numbers of a run and writes `summary.json`, `report.html` and `report.md`.
pub fn analyse(run: &RunDirectory) -> Result<Analysis, AnalysisError> {
    let arms = recorded::read(run)?;
    let summary = summary::summarize(run.experiment(), &run.meta().config, &arms)?;
    write_json(&run.path().join("summary.json"), &summary)?;
    let data = page::report_data(run, &arms, &summary)?;
    let report = run.path().join("report.html");
    atomic::write(&report, report::build_html(&data)?.as_bytes())?;
    atomic::write(&run.path().join("report.md"), report::build_markdown(&data)?.as_bytes())?;
    Ok(Analysis { table: table::render(&summary), summary, data, report })
}

/// Writes a page that compares several runs.
pub fn compare(runs: &[ReportData], place: &Path) -> Result<(), AnalysisError> {
    Ok(atomic::write(place, report::build_comparison_html(runs)?.as_bytes())?)
}

#[cfg(test)]
mod tests;
