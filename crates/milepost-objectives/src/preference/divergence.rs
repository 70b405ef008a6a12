//! Which divergence the implicit reward belongs to.

use serde::{Deserialize, Serialize};

use crate::{ObjectiveError, math};

/// The score of a sequence from its log-ratio `u`: `f′(e^u)`. With the reverse divergence it is `u` and the
/// loss that of DPO. Source: f-DPO, arXiv 2309.16240, as in TRL.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Divergence {
    /// `u`.
    ReverseKl {},
    /// `1 − e^{−u}`.
    ForwardKl {},
    /// `log 2 + log σ(u)`.
    JensenShannon {},
    /// `(e^{(α−1) u} − 1)/(α − 1)`, the exponent at most 80; `u` at `α = 1`.
    Alpha {
        /// `α`.
        alpha: f64,
    },
}

impl Default for Divergence {
    fn default() -> Self {
        Self::ReverseKl {}
    }
}

impl Divergence {
    /// The score and its derivative.
    pub(crate) fn score(self, u: f64) -> (f64, f64) {
        match self {
            Self::ReverseKl {} => (u, 1.0),
            Self::ForwardKl {} => (-libm::expm1(-u), math::exp(-u)),
            Self::JensenShannon {} => (std::f64::consts::LN_2 + math::log_sigmoid(u), math::sigmoid(-u)),
            Self::Alpha { alpha } if (alpha - 1.0).abs() < 1e-6 => (u, 1.0),
            Self::Alpha { alpha } => {
                let exponent = (alpha - 1.0) * u;
                if exponent > 80.0 {
                    (libm::expm1(80.0) / (alpha - 1.0), 0.0)
                } else {
                    (libm::expm1(exponent) / (alpha - 1.0), math::exp(exponent))
                }
            }
        }
    }

    pub(crate) fn validate(self) -> Result<(), ObjectiveError> {
        match self {
            Self::Alpha { alpha } if !alpha.is_finite() => {
                let allowed = "finite";
                Err(ObjectiveError::InvalidParameter { name: "alpha", value: alpha, allowed })
            }
            _ => Ok(()),
        }
    }
}
