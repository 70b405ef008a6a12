use serde::{Deserialize, Serialize};

use crate::PolicyError;

/// Settings of an [`Autoencoder`](crate::Autoencoder). The defaults are those of the TAXONS release, but for the
/// layers: fully connected instead of convolutional, for small pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AutoencoderConfig {
    /// Widths of the layers between input and code, mirrored behind it. Default `[64]`.
    pub hidden: Vec<usize>,
    /// Width of the code. Default 10.
    pub code: usize,
    /// Adam's step size. Default 10⁻³.
    pub learning_rate: f64,
    /// Rows of a batch. Default 128.
    pub batch: usize,
    /// Passes over the data at most. Default 100.
    pub epochs: u32,
    /// Share of the rows that is held out to judge by. Default 0.2.
    pub holdout: f64,
    /// Training stops when the loss on the rows held out has risen more often than this in a row. Default 3.
    pub patience: u32,
}

impl Default for AutoencoderConfig {
    fn default() -> Self {
        Self {
            hidden: vec![64],
            code: 10,
            learning_rate: 1e-3,
            batch: 128,
            epochs: 100,
            holdout: 0.2,
            patience: 3,
        }
    }
}

impl AutoencoderConfig {
    /// Whether every number is in its range.
    pub fn check(&self, inputs: usize) -> Result<(), PolicyError> {
        let rules = [
            ("inputs", inputs > 0, "at least 1"),
            ("hidden", self.hidden.iter().all(|width| *width > 0), "widths of at least 1"),
            ("code", self.code > 0, "at least 1"),
            ("batch", self.batch > 0, "at least 1"),
            ("learning-rate", (0.0..f64::INFINITY).contains(&self.learning_rate), "finite and not negative"),
            ("holdout", (0.0..1.0).contains(&self.holdout), "in [0, 1)"),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            None => Ok(()),
            Some((setting, _, rule)) => Err(PolicyError::autoencoder(format!("`{setting}` must be {rule}"))),
        }
    }

    /// Widths from the input to the code.
    pub(super) fn widths(&self, inputs: usize) -> Vec<usize> {
        [&[inputs], self.hidden.as_slice(), &[self.code]].concat()
    }
}
