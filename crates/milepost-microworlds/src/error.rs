use std::fmt::{Debug, Display};

use milepost_core::VocabularyError;

/// A parameter with which a world cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{world}: `{parameter}` is {value}, but must be {requirement}")]
#[non_exhaustive]
pub struct TaskError {
    /// The world.
    pub world: &'static str,
    /// The parameter, as an experiment file spells it.
    pub parameter: &'static str,
    /// Its value.
    pub value: String,
    /// What would be accepted.
    pub requirement: String,
}

/// Checks the parameters of one world.
#[derive(Clone, Copy)]
pub(crate) struct Check(pub(crate) &'static str);

impl TaskError {
    /// The words of a task make no vocabulary.
    pub(crate) fn words(world: &'static str, error: &VocabularyError) -> Self {
        let requirement = "distinct words without white space".to_owned();
        Self { world, parameter: "vocabulary", value: error.to_string(), requirement }
    }
}

impl Check {
    /// `Err` with what is required, unless `holds`.
    pub(crate) fn that(
        self,
        holds: bool,
        parameter: &'static str,
        value: impl Display,
        requirement: impl Into<String>,
    ) -> Result<(), TaskError> {
        if holds {
            return Ok(());
        }
        let (value, requirement) = (value.to_string(), requirement.into());
        Err(TaskError { world: self.0, parameter, value, requirement })
    }

    pub(crate) fn probability(self, parameter: &'static str, value: f64) -> Result<(), TaskError> {
        self.that((0.0..=1.0).contains(&value), parameter, value, "a probability, from 0 to 1")
    }

    pub(crate) fn finite(self, parameter: &'static str, value: f64) -> Result<(), TaskError> {
        self.that(value.is_finite(), parameter, value, "a finite number")
    }

    pub(crate) fn not_negative(self, parameter: &'static str, value: f64) -> Result<(), TaskError> {
        self.that(value.is_finite() && value >= 0.0, parameter, value, "a finite number, at least 0")
    }

    pub(crate) fn between(
        self,
        parameter: &'static str,
        value: u32,
        least: u32,
        most: u32,
    ) -> Result<(), TaskError> {
        let requirement = format!("from {least} to {most}");
        self.that((least..=most).contains(&value), parameter, value, requirement)
    }
    /// At least one item, none listed twice.
    pub(crate) fn listed<T: PartialEq + Debug>(
        self,
        parameter: &'static str,
        items: &[T],
    ) -> Result<(), TaskError> {
        let distinct = items.iter().enumerate().all(|(index, item)| !items[..index].contains(item));
        let holds = !items.is_empty() && distinct;
        self.that(holds, parameter, format!("{items:?}"), "a list of at least one, none twice")
    }
}
