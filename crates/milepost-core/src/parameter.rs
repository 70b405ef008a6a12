use std::fmt::{Debug, Display};

use crate::VocabularyError;

/// A parameter with which a world cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{world}: `{parameter}` is {value}, but must be {requirement}")]
#[non_exhaustive]
pub struct ParameterError {
    /// The world.
    pub world: &'static str,
    /// The parameter, as an experiment file spells it.
    pub parameter: &'static str,
    /// Its value.
    pub value: String,
    /// What would be accepted.
    pub requirement: String,
}

/// Checks the parameters of one world, so that all worlds refuse in the same words.
#[derive(Debug, Clone, Copy)]
pub struct ParameterCheck(
    /// The world's name, for messages.
    pub &'static str,
);

impl ParameterError {
    /// The words of a task make no vocabulary.
    #[must_use]
    pub fn words(world: &'static str, error: &VocabularyError) -> Self {
        let requirement = "distinct words without white space".to_owned();
        Self { world, parameter: "vocabulary", value: error.to_string(), requirement }
    }
}

impl ParameterCheck {
    /// `Err` with what is required, unless `holds`.
    pub fn that(
        self,
        holds: bool,
        parameter: &'static str,
        value: impl Display,
        requirement: impl Into<String>,
    ) -> Result<(), ParameterError> {
        if holds {
            return Ok(());
        }
        let (value, requirement) = (value.to_string(), requirement.into());
        Err(ParameterError { world: self.0, parameter, value, requirement })
    }

    /// A number from 0 to 1.
    pub fn probability(self, parameter: &'static str, value: f64) -> Result<(), ParameterError> {
        self.that((0.0..=1.0).contains(&value), parameter, value, "a probability, from 0 to 1")
    }

    /// A finite number.
    pub fn finite(self, parameter: &'static str, value: f64) -> Result<(), ParameterError> {
        self.that(value.is_finite(), parameter, value, "a finite number")
    }

    /// A finite number, at least 0.
    pub fn not_negative(self, parameter: &'static str, value: f64) -> Result<(), ParameterError> {
        self.that(value.is_finite() && value >= 0.0, parameter, value, "a finite number, at least 0")
    }

    /// A count within bounds, both included.
    pub fn between(
        self,
        parameter: &'static str,
        value: u32,
        least: u32,
        most: u32,
    ) -> Result<(), ParameterError> {
        let requirement = format!("from {least} to {most}");
        self.that((least..=most).contains(&value), parameter, value, requirement)
    }

    /// At least one item, none listed twice.
    pub fn listed<T: PartialEq + Debug>(
        self,
        parameter: &'static str,
        items: &[T],
    ) -> Result<(), ParameterError> {
        let distinct = items.iter().enumerate().all(|(index, item)| !items[..index].contains(item));
        let holds = !items.is_empty() && distinct;
        self.that(holds, parameter, format!("{items:?}"), "a list of at least one, none twice")
    }
}
