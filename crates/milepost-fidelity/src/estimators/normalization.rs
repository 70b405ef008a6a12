use milepost_credit::{Centre, Normalize, Scale};

/// Scores relative to a pool.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum Normalization {
    /// `x_i − mean_{j≠i} x_j`.
    LeaveOneOut,
    /// `x − mean`.
    Mean,
    /// `(x − mean)/(std + ε)`.
    Standard {
        /// 1 for the sample, 0 for the population standard deviation.
        ddof: u8,
        /// Added to the standard deviation, at least 0.
        epsilon: f64,
    },
}

impl Normalization {
    /// `(x − mean)/(std + 1e-6)` with the sample standard deviation.
    #[must_use]
    pub const fn grpo() -> Self {
        Self::Standard { ddof: 1, epsilon: 1e-6 }
    }

    /// The rule of the credit library.
    pub(super) const fn rule(self) -> Normalize {
        match self {
            Self::LeaveOneOut => Normalize::rloo(),
            Self::Mean => Normalize::dr_grpo(),
            Self::Standard { ddof, epsilon } => {
                Normalize { centre: Centre::Mean, scale: Scale::Std { ddof, epsilon } }
            }
        }
    }

    /// Its name with parameters.
    pub(super) fn name(self) -> String {
        match self {
            Self::LeaveOneOut => "leave-one-out".into(),
            Self::Mean => "mean".into(),
            Self::Standard { ddof, epsilon } => format!("std(ddof={ddof},epsilon={epsilon:e})"),
        }
    }
}
