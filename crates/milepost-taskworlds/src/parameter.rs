use std::fmt::Display;

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

/// Checks the parameters of one world.
#[derive(Clone, Copy)]
pub(crate) struct Check(pub(crate) &'static str);

impl Check {
    pub(crate) fn that(
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

    pub(crate) fn probability(self, parameter: &'static str, value: f64) -> Result<(), ParameterError> {
        self.that((0.0..=1.0).contains(&value), parameter, value, "a probability, from 0 to 1")
    }

    pub(crate) fn not_negative(self, parameter: &'static str, value: f64) -> Result<(), ParameterError> {
        self.that(value.is_finite() && value >= 0.0, parameter, value, "a finite number, at least 0")
    }

    pub(crate) fn between(
        self,
        parameter: &'static str,
        value: u32,
        least: u32,
        most: u32,
    ) -> Result<(), ParameterError> {
        self.that((least..=most).contains(&value), parameter, value, format!("from {least} to {most}"))
    }
}
