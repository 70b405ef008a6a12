use serde::{Deserialize, Serialize};

use super::mean::ratio;

/// How close credit is to a target in value.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Closeness {
    steps: u64,
    undefined: u64,
    error: f64,
    squared_error: f64,
    credit: f64,
    target: f64,
    product: f64,
}

/// What [`Closeness`] found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClosenessScores {
    /// `E[ĉ − c]`.
    pub bias: Option<f64>,
    /// `√E(ĉ − c)²`.
    pub rmse: Option<f64>,
    /// `min_{α ≥ 0} √E(αĉ − c)²`, the fair number for normalised and rank-type credit.
    pub scaled_rmse: Option<f64>,
    /// The `α` of the scaled error; `None` if all credit is 0.
    pub scale: Option<f64>,
    /// Steps that were compared.
    pub steps: u64,
    /// Steps whose target does not exist.
    pub undefined: u64,
}

impl Closeness {
    /// Adds a step; a target that is NaN does not exist.
    pub fn push(&mut self, credit: f64, target: f64) {
        if target.is_nan() {
            self.undefined += 1;
            return;
        }
        let error = credit - target;
        self.steps += 1;
        self.error += error;
        self.squared_error += error * error;
        self.credit += credit * credit;
        self.target += target * target;
        self.product += credit * target;
    }

    /// The scores so far.
    pub fn finish(&self) -> ClosenessScores {
        let n = self.steps as f64;
        let scale = ratio(self.product, self.credit).map(|alpha| alpha.max(0.0));
        let alpha = scale.unwrap_or(0.0);
        let scaled = self.target - 2.0 * alpha * self.product + alpha * alpha * self.credit;
        ClosenessScores {
            bias: ratio(self.error, n),
            rmse: ratio(self.squared_error, n).map(f64::sqrt),
            scaled_rmse: ratio(scaled.max(0.0), n).map(f64::sqrt),
            scale,
            steps: self.steps,
            undefined: self.undefined,
        }
    }
}
