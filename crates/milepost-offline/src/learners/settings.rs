use milepost_policies::{Adam, AdamConfig, DeviceError, PolicyError};
use serde::{Deserialize, Serialize};

use crate::data::DataError;

/// Why a learner cannot be built or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LearnerError {
    /// The data do not allow it.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A parameter is out of range.
    #[error("{learner}: `{parameter}` is {value}, but must be {rule}")]
    Parameter {
        /// Which learner.
        learner: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        value: String,
        /// What would be accepted.
        rule: &'static str,
    },
    /// Every member of an ensemble came out as not a number.
    #[error("{model}: no member of the ensemble has a finite validation loss; lower the learning rate")]
    NoFiniteMember {
        /// Which model.
        model: &'static str,
    },
    /// A network could not be built.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// No device.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// Checks parameters of one learner.
#[derive(Clone, Copy)]
pub(crate) struct Check(pub(crate) &'static str);

impl Check {
    pub(crate) fn that(
        self,
        holds: bool,
        parameter: &'static str,
        value: impl std::fmt::Display,
        rule: &'static str,
    ) -> Result<(), LearnerError> {
        if holds {
            return Ok(());
        }
        Err(LearnerError::Parameter { learner: self.0, parameter, value: value.to_string(), rule })
    }

    pub(crate) fn not_negative(self, parameter: &'static str, value: f64) -> Result<(), LearnerError> {
        self.that(value.is_finite() && value >= 0.0, parameter, value, "finite and not negative")
    }
}

/// What all learners share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Networks {
    /// Widths of hidden layers. Default 256, 256.
    pub hidden: Vec<usize>,
    /// Adam's step size. Default 3·10⁻⁴.
    pub learning_rate: f64,
    /// Discount γ. Default 0.99.
    pub gamma: f64,
    /// Polyak rate τ of target networks. Default 0.005.
    pub polyak: f64,
}

impl Default for Networks {
    fn default() -> Self {
        Self { hidden: vec![256, 256], learning_rate: 3e-4, gamma: 0.99, polyak: 0.005 }
    }
}

impl Networks {
    pub(crate) fn check(&self, check: Check) -> Result<(), LearnerError> {
        let positive = self.hidden.iter().all(|width| *width > 0);
        check.that(positive, "hidden", format!("{:?}", self.hidden), "a list of positive widths")?;
        check.not_negative("learning-rate", self.learning_rate)?;
        check.that((0.0..1.0).contains(&self.gamma), "gamma", self.gamma, "in [0, 1)")?;
        check.that(self.polyak > 0.0 && self.polyak <= 1.0, "polyak", self.polyak, "in (0, 1]")
    }

    /// Layer widths from input to output.
    pub(crate) fn widths(&self, inputs: usize, outputs: usize) -> Vec<usize> {
        [&[inputs], self.hidden.as_slice(), &[outputs]].concat()
    }

    /// Adam as PyTorch has it, without clipping.
    pub(crate) fn adam(&self) -> Adam {
        adam(self.learning_rate)
    }
}

pub(crate) fn adam(learning_rate: f64) -> Adam {
    Adam::new(AdamConfig { learning_rate, epsilon: 1e-8, max_grad_norm: None, ..AdamConfig::default() })
}
