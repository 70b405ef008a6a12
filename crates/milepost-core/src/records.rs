use serde::{Deserialize, Serialize};

use crate::SignalError;

/// Reads one number from a world while a trajectory is sampled: distance to the goal, a stage, a count
/// of tests. Rewards that need more than the observation are computed from what probes recorded, so
/// any stored trajectory can be scored again.
pub trait Probe<E>: Send {
    /// The name under which the numbers are recorded.
    fn name(&self) -> &str;
    /// Reads the current state.
    fn read(&mut self, environment: &E) -> f64;
}

/// Named numbers read from each state of a trajectory: one row a name, one entry a state, `[T + 1]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StateRecords {
    rows: Vec<(String, Vec<f64>)>,
}

impl StateRecords {
    /// Empty rows of these names.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { rows: names.into_iter().map(|name| (name.to_owned(), Vec::new())).collect() }
    }

    /// Appends one state: a value for each row, in the order of the names.
    ///
    /// # Panics
    /// If the number of values is not the number of rows.
    pub fn push(&mut self, values: &[f64]) {
        assert_eq!(values.len(), self.rows.len(), "one value is needed for each record");
        for ((_, row), value) in self.rows.iter_mut().zip(values) {
            row.push(*value);
        }
    }

    /// The row called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        self.rows.iter().find(|(row, _)| row == name).map(|(_, values)| values.as_slice())
    }

    /// The row called `name`, or an error that names the ones there are.
    pub fn require(&self, name: &str) -> Result<&[f64], SignalError> {
        self.get(name).ok_or_else(|| SignalError::Missing {
            channel: name.to_owned(),
            present: self.rows.iter().map(|(row, _)| row.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// All rows with their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &[f64])> {
        self.rows.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }
}
