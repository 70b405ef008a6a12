use serde::{Deserialize, Serialize};

use crate::math::mean;
use crate::{PreferenceError, error};

/// The scores of the reference answers to a prompt: at least one, all finite. Made once, before training, by the
/// frozen policy that training starts from, and kept with the prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct References(Vec<f64>);

impl References {
    /// The scores of the reference answers.
    pub fn new(scores: Vec<f64>) -> Result<Self, PreferenceError> {
        error::not_empty("the list of reference scores", &scores)?;
        error::finite("the list of reference scores", &scores)?;
        Ok(Self(scores))
    }

    /// The scores, `[M]`.
    #[must_use]
    pub fn scores(&self) -> &[f64] {
        &self.0
    }

    /// `(1/M) Σ_m f(r − r_ref^m)`.
    pub(super) fn average(&self, raw: f64, f: impl Fn(f64) -> f64) -> f64 {
        mean(self.0.iter().map(|reference| f(raw - reference)))
    }

    /// Mean and population standard deviation.
    pub(super) fn moments(&self) -> (f64, f64) {
        let middle = mean(self.0.iter().copied());
        let variance = mean(self.0.iter().map(|score| (score - middle) * (score - middle)));
        (middle, variance.sqrt())
    }
}

impl TryFrom<Vec<f64>> for References {
    type Error = PreferenceError;

    fn try_from(scores: Vec<f64>) -> Result<Self, PreferenceError> {
        Self::new(scores)
    }
}

impl From<References> for Vec<f64> {
    fn from(references: References) -> Self {
        references.0
    }
}

/// The references, or the error that names who asked.
pub(super) const fn required<'a>(
    references: Option<&'a References>,
    transform: &'static str,
) -> Result<&'a References, PreferenceError> {
    match references {
        Some(references) => Ok(references),
        None => Err(PreferenceError::NoReferences { transform }),
    }
}
