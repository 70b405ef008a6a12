use serde::{Deserialize, Serialize};

use crate::data::{Padding, WindowEncoding};
use crate::learners::LearnerError;
use crate::learners::settings::Check;

/// Settings of an inverse dynamics model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct InverseConfig {
    /// States before the present one that it sees, k. Default 1.
    pub past: usize,
    /// Members of the ensemble. Default 1.
    pub members: usize,
    /// Hidden widths. Default two layers of 1024.
    pub hidden: Vec<usize>,
    /// Share of hidden units dropped while fitting. Default 0.1.
    pub dropout: f64,
    /// Adam's step size. Default 10⁻⁴.
    pub learning_rate: f64,
    /// Rows in a batch. Default 1024.
    pub batch: usize,
    /// Gradient steps. Default 10 000.
    pub steps: u64,
    /// Steps between validations. Default 100.
    pub validate_every: u64,
    /// Share of labelled *trajectories* held out for validation, at least one; none where there is only one.
    /// Default 0.1.
    pub validation: f64,
    /// What stands before the first state of a trajectory. Default the mean state.
    pub padding: Padding,
    /// How a window is written. Changes are standardised with the labelled windows. Default states.
    pub encoding: WindowEncoding,
}

impl Default for InverseConfig {
    fn default() -> Self {
        Self {
            past: 1,
            members: 1,
            hidden: vec![1024, 1024],
            dropout: 0.1,
            learning_rate: 1e-4,
            batch: 1024,
            steps: 10_000,
            validate_every: 100,
            validation: 0.1,
            padding: Padding::default(),
            encoding: WindowEncoding::default(),
        }
    }
}

impl InverseConfig {
    /// Whether every number is in its range.
    pub fn check(&self) -> Result<(), LearnerError> {
        let check = Check("inverse dynamics");
        check.that(self.members > 0, "members", self.members, "at least 1")?;
        let widths = self.hidden.iter().all(|width| *width > 0);
        check.that(widths, "hidden", format!("{:?}", self.hidden), "a list of positive widths")?;
        check.that((0.0..1.0).contains(&self.dropout), "dropout", self.dropout, "in [0, 1)")?;
        check.not_negative("learning-rate", self.learning_rate)?;
        check.that(self.batch > 0, "batch", self.batch, "at least 1")?;
        check.that(self.steps > 0, "steps", self.steps, "at least 1")?;
        check.that(self.validate_every > 0, "validate-every", self.validate_every, "at least 1")?;
        check.that((0.0..1.0).contains(&self.validation), "validation", self.validation, "in [0, 1)")
    }
}
