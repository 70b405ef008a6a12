use serde::{Deserialize, Serialize};

use crate::{Interrupted, StudyError};

/// A number, or why there is none. Undefined is not zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measured {
    /// The number; finite.
    Value(f64),
    /// Why it does not exist for this seed. Such a seed is left out of comparisons, and counted.
    Undefined(String),
}

/// Rows of numbers for a report, averaged over seeds cell by cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name; equal names (of arms or seeds) have equal columns and rows.
    pub name: String,
    /// What it shows, in a sentence.
    pub caption: String,
    /// Names of the columns of numbers.
    pub columns: Vec<String>,
    /// The name and the numbers of each row; `None` where a number is undefined.
    pub rows: Vec<(String, Vec<Option<f64>>)>,
}

/// Where a study says what it found. Nothing that depends on the clock may be recorded.
pub trait Recorder {
    /// Says how far the work is. Fails when the user asked to stop.
    fn advance(&mut self, done: u64, total: u64) -> Result<(), Interrupted>;

    /// A point of learning curves: costs so far by name (the first is the usual horizontal axis), and values
    /// by name. A value that is not finite is left out and counted.
    fn point(&mut self, costs: &[(&str, f64)], values: &[(&str, f64)]) -> Result<(), StudyError>;

    /// The final number of one of [`Study::metrics`](crate::Study::metrics). Once for each.
    fn result(&mut self, metric: &str, value: Measured) -> Result<(), StudyError>;

    /// Adds to a counter of something that a reader should know: fallbacks, skipped items, clipped values.
    fn count(&mut self, what: &str, times: u64);

    /// A table for the report.
    fn table(&mut self, table: Table) -> Result<(), StudyError>;

    /// Something expensive that several arms of a seed share, such as a pretrained model: made once, then
    /// read. `key` must name everything that it depends on, the seed included.
    fn shared(
        &mut self,
        key: &str,
        make: &mut dyn FnMut() -> Result<Vec<u8>, StudyError>,
    ) -> Result<Vec<u8>, StudyError>;

    /// The state that this arm and seed kept last, if it was interrupted since: go on from there. Everything recorded is
    /// then what had been recorded when the state was kept, so what comes before this call may record, too. A study
    /// that keeps states calls this once, before the first [`Recorder::keep`].
    fn resume(&mut self) -> Result<Option<State>, StudyError> {
        Ok(None)
    }

    /// Offers a state to go on from; `state` is asked for it where it is due to be stored. With a state restored, what
    /// follows must be equal to the bit to what would have followed. Call it before [`Recorder::advance`], so that an
    /// interruption loses nothing. What is never interrupted is never asked.
    fn keep(&mut self, state: &mut dyn FnMut() -> Result<State, StudyError>) -> Result<(), StudyError> {
        let _ = state;
        Ok(())
    }
}

/// A state in named parts.
pub type State = Vec<(String, Vec<u8>)>;

impl From<f64> for Measured {
    /// Infinities and NaN become undefined.
    fn from(value: f64) -> Self {
        if value.is_finite() {
            Self::Value(value)
        } else {
            Self::Undefined(format!("it came out as {value}"))
        }
    }
}

impl<E: std::fmt::Display> From<Result<f64, E>> for Measured {
    /// An error is the reason why there is no number.
    fn from(result: Result<f64, E>) -> Self {
        result.map_or_else(|error| Self::Undefined(error.to_string()), Self::from)
    }
}

/// Values that can be drawn, and the names of those that are not finite.
#[must_use]
pub fn split_finite(values: &[(&str, f64)]) -> (Vec<(String, f64)>, Vec<String>) {
    let (finite, other): (Vec<_>, Vec<_>) = values.iter().partition(|(_, value)| value.is_finite());
    let owned = finite.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    (owned, other.into_iter().map(|(name, _)| name.to_owned()).collect())
}
