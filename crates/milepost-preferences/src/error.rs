use milepost_objectives::ObjectiveError;

/// Bad input to a function of preferences. Every variant names the offending thing and the remedy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PreferenceError {
    /// There is nothing to work on.
    #[error("{what} is empty; pass at least one entry")]
    Empty {
        /// What is empty.
        what: &'static str,
    },
    /// Two arguments that describe the same entries differ in length.
    #[error("{what} has {found} entries where {expected} are needed; pass one per entry")]
    Length {
        /// The argument.
        what: &'static str,
        /// Entries it should have.
        expected: usize,
        /// Entries it has.
        found: usize,
    },
    /// A number is NaN or infinite.
    #[error("{what}[{index}] is {value}; reject what produced it before it reaches a preference")]
    NotFinite {
        /// The argument.
        what: &'static str,
        /// Where.
        index: usize,
        /// The number.
        value: f64,
    },
    /// A parameter lies outside its domain.
    #[error("{name} is {value}, but must be {allowed}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What was passed.
        value: f64,
        /// Its domain in words.
        allowed: &'static str,
    },
    /// An index points outside of what it indexes.
    #[error("{what} {index} is out of range: there are {len}")]
    Index {
        /// What the index names.
        what: &'static str,
        /// The index.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// A transform that compares with references got none.
    #[error(
        "the transform `{transform}` compares with reference answers, but the prompt has none; sample \
         references for every prompt when the data set is made"
    )]
    NoReferences {
        /// The transform.
        transform: &'static str,
    },
    /// A transform that runs on statistics has not seen a score.
    #[error("the transform `{transform}` has seen no score yet; let it observe a training batch first")]
    NoStatistics {
        /// The transform.
        transform: &'static str,
    },
    /// The quantity does not exist for this input.
    #[error("{what} is undefined: {reason}")]
    Undefined {
        /// Which quantity.
        what: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// The loss refused.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
}

/// The first value that is not finite, as an error.
pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<(), PreferenceError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(PreferenceError::NotFinite { what, index, value: values[index] }),
    }
}

/// `Err` unless there is an entry.
pub(crate) const fn not_empty<T>(what: &'static str, entries: &[T]) -> Result<(), PreferenceError> {
    if entries.is_empty() { Err(PreferenceError::Empty { what }) } else { Ok(()) }
}

/// `Err` unless `found == expected`.
pub(crate) const fn same_length(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), PreferenceError> {
    if expected == found { Ok(()) } else { Err(PreferenceError::Length { what, expected, found }) }
}

/// `Err` unless `holds`.
pub(crate) const fn parameter(
    name: &'static str,
    value: f64,
    holds: bool,
    allowed: &'static str,
) -> Result<(), PreferenceError> {
    if holds { Ok(()) } else { Err(PreferenceError::Parameter { name, value, allowed }) }
}

/// `value` is a probability.
pub(crate) fn probability(name: &'static str, value: f64) -> Result<(), PreferenceError> {
    parameter(name, value, (0.0..=1.0).contains(&value), "a probability, from 0 to 1")
}

/// `value` is finite and above 0.
pub(crate) const fn positive(name: &'static str, value: f64) -> Result<(), PreferenceError> {
    parameter(name, value, value > 0.0 && value.is_finite(), "finite and above 0")
}

/// `value` is finite and not below 0.
pub(crate) const fn not_negative(name: &'static str, value: f64) -> Result<(), PreferenceError> {
    parameter(name, value, value >= 0.0 && value.is_finite(), "finite and at least 0")
}
