/// Bad input to a statistic.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// There is nothing to summarise.
    #[error("{what} is empty; at least one value is needed")]
    Empty {
        /// What is empty.
        what: &'static str,
    },
    /// A value is NaN or infinite.
    #[error(
        "{what} has {value} at row {row}, column {column}; drop or repair the run, a statistic would hide it"
    )]
    NotFinite {
        /// What holds the value.
        what: &'static str,
        /// Row (run), from 0.
        row: usize,
        /// Column (task), from 0.
        column: usize,
        /// The value.
        value: f64,
    },
    /// Rows of different lengths.
    #[error("run {row} has {found} tasks, run 0 has {expected}; every run needs the same tasks")]
    Ragged {
        /// The offending run.
        row: usize,
        /// Its number of tasks.
        found: usize,
        /// That of run 0.
        expected: usize,
    },
    /// Two inputs that belong together differ in size.
    #[error("{what}: {left} against {right}; both sides must match")]
    Mismatch {
        /// What was compared.
        what: &'static str,
        /// Size of the first.
        left: usize,
        /// Size of the second.
        right: usize,
    },
    /// An index lies outside of what it points into.
    #[error("{what} {index} is out of range: there are {len}")]
    Index {
        /// What the index names.
        what: &'static str,
        /// The index.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// A parameter lies outside its range.
    #[error("{name} is {value}, but must lie in {range}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What it was.
        value: f64,
        /// Where it must lie.
        range: &'static str,
    },
    /// Resampling needs more runs.
    #[error(
        "an interval needs at least {needed} runs, but there is {found}; train more seeds, or report the value alone"
    )]
    TooFewRuns {
        /// Runs given.
        found: usize,
        /// Runs needed.
        needed: usize,
    },
    /// The quantity does not exist for this input.
    #[error("{what} is undefined: {reason}")]
    Undefined {
        /// Which quantity.
        what: &'static str,
        /// Why.
        reason: &'static str,
    },
}

/// `Err` unless `value` lies strictly between 0 and 1.
pub(crate) fn open_unit(name: &'static str, value: f64) -> Result<(), StatsError> {
    if value > 0.0 && value < 1.0 {
        Ok(())
    } else {
        Err(StatsError::Parameter { name, value, range: "(0, 1)" })
    }
}

/// `Err` at the first value of a sequence that is not finite.
pub(crate) fn all_finite(what: &'static str, values: &[f64]) -> Result<(), StatsError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(row) => Err(StatsError::NotFinite { what, row, column: 0, value: values[row] }),
    }
}

/// `Err` unless two sequences are equally long and not empty.
pub(crate) fn paired<A, B>(what: &'static str, left: &[A], right: &[B]) -> Result<(), StatsError> {
    if left.len() != right.len() {
        return Err(StatsError::Mismatch { what, left: left.len(), right: right.len() });
    }
    if left.is_empty() {
        return Err(StatsError::Empty { what });
    }
    Ok(())
}
