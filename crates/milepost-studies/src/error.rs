use milepost_core::ParameterError;

/// The user asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Why a study cannot be run, or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The user asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// A setting with which it cannot be run.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// A result that the study did not announce.
    #[error("the study reported `{metric}`, which is none of its metrics: {known}")]
    UnknownMetric {
        /// What it reported.
        metric: String,
        /// What it announced.
        known: String,
    },
    /// A result that was reported twice.
    #[error("the study reported `{metric}` twice")]
    ReportedTwice {
        /// The metric.
        metric: String,
    },
    /// A result that is missing at the end.
    #[error("the study ended without a value for `{metric}`; report it, or report why it is undefined")]
    Unreported {
        /// The metric.
        metric: String,
    },
    /// A table whose rows and columns disagree.
    #[error("row `{row}` of table `{table}` has {found} numbers for {wanted} columns")]
    Table {
        /// The table.
        table: String,
        /// The row.
        row: String,
        /// Numbers in it.
        found: usize,
        /// Columns there are.
        wanted: usize,
    },
    /// A part of the study failed.
    #[error("{part}: {source}")]
    Part {
        /// Which part.
        part: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StudyError {
    /// Names the part that failed; for `map_err`.
    pub fn part<E: Into<Box<dyn std::error::Error + Send + Sync>>>(part: &'static str) -> impl Fn(E) -> Self {
        move |source| Self::Part { part, source: source.into() }
    }
}
