//! Losses of one number per pair.

use serde::{Deserialize, Serialize};

use crate::{ObjectiveError, check, math};

/// `−(1 − s) log σ(z) − s log σ(−z)` and its derivative `σ(z) − (1 − s)`.
pub(crate) fn logistic(z: f64, smoothing: f64) -> (f64, f64) {
    let loss = (1.0 - smoothing) * math::softplus(-z) + smoothing * math::softplus(z);
    (loss, smoothing * math::sigmoid(z) - (1.0 - smoothing) * math::sigmoid(-z))
}

/// A loss of the margin `z`: how much better the preferred sequence scores than the other, times `β`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum MarginLoss {
    /// `−(1 − s) log σ(z) − s log σ(−z)`, derivative `σ(z) − (1 − s)`: DPO (arXiv 2305.18290) at `s = 0`,
    /// conservative DPO above. TRL 1.16 ignores `s` here; OpenRLHF does not.
    Logistic {
        /// `s`: probability that a label is flipped.
        smoothing: f64,
    },
    /// `[−(1 − s) log σ(z) + s log σ(−z)]/(1 − 2s)`: unbiased under flipped labels, may be negative
    /// (robust DPO, arXiv 2403.00409).
    Robust {
        /// `s`: probability that a label is flipped.
        smoothing: f64,
    },
    /// `max(0, 1 − z)` (SLiC, arXiv 2305.10425), derivative −1 or 0.
    Hinge {},
    /// `(z/β − 1/(2β))²`, derivative `2 (z/β − 1/(2β))/β` (IPO, arXiv 2310.12036).
    SquaredError {},
    /// `σ(z) [log σ(z) − log(1 − s)] + σ(−z) [log σ(−z) − log s]`: the reverse divergence to the label
    /// distribution (EXO, arXiv 2402.00856), derivative `σ(z) σ(−z) [z − log(1 − s) + log s]`.
    Exo {
        /// `s > 0`.
        smoothing: f64,
    },
    /// `−(1 − m) log σ(z) + m e^{−z}`, `m = σ(z/τ)` (DiscoPOP, arXiv 2406.08414).
    Discopop {
        /// `τ` (usual: 0.05).
        temperature: f64,
    },
}

impl MarginLoss {
    /// The loss at `z` and its derivative.
    pub(crate) fn at(self, z: f64, beta: f64) -> (f64, f64) {
        match self {
            Self::Logistic { smoothing } => logistic(z, smoothing),
            Self::Robust { smoothing: s } => {
                let loss = (1.0 - s) * math::softplus(-z) - s * math::softplus(z);
                let slope = -(1.0 - s) * math::sigmoid(-z) - s * math::sigmoid(z);
                (loss / (1.0 - 2.0 * s), slope / (1.0 - 2.0 * s))
            }
            Self::Hinge {} => ((1.0 - z).max(0.0), if z < 1.0 { -1.0 } else { 0.0 }),
            Self::SquaredError {} => {
                let error = (z - 0.5) / beta;
                (error * error, 2.0 * error / beta)
            }
            Self::Exo { smoothing: s } => {
                let (p, q) = (math::sigmoid(z), math::sigmoid(-z));
                let (true_label, flipped) = (math::log(1.0 - s), math::log(s));
                let loss = p * (math::log_sigmoid(z) - true_label) + q * (math::log_sigmoid(-z) - flipped);
                (loss, p * q * (z - true_label + flipped))
            }
            Self::Discopop { temperature } => {
                let m = math::sigmoid(z / temperature);
                let n = math::sigmoid(-z / temperature);
                let (logistic, exponential) = (math::softplus(-z), math::exp(-z));
                // Where the gate has closed, the exponential must not turn 0 into 0 · ∞.
                let gated = |gate: f64, value: f64| if gate == 0.0 { 0.0 } else { gate * value };
                let loss = n * logistic + gated(m, exponential);
                let bend = gated(m * n / temperature, exponential - logistic);
                (loss, -n * math::sigmoid(-z) - gated(m, exponential) + bend)
            }
        }
    }

    pub(crate) fn validate(self) -> Result<(), ObjectiveError> {
        match self {
            Self::Hinge {} | Self::SquaredError {} => Ok(()),
            Self::Logistic { smoothing } | Self::Robust { smoothing } => {
                check::smoothing("smoothing", smoothing)
            }
            Self::Exo { smoothing } => {
                check::positive("smoothing", smoothing)?;
                check::smoothing("smoothing", smoothing)
            }
            Self::Discopop { temperature } => check::positive("temperature", temperature),
        }
    }
}
