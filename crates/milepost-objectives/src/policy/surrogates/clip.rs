//! Clipped ratios.

use serde::{Deserialize, Serialize};

use crate::policy::token_loss::{Side, TokenLoss};
use crate::{ObjectiveError, check, math};

/// `l = max(−A min(w, cap), −A clip(w, 1 − low, 1 + high))`; with `dual = c`, where `A < 0`, at most `−A c`.
///
/// `∂l/∂u` is `−A w` where the plain branch decides and the ratio is below the cap, 0 elsewhere. `low = high`
/// is PPO (arXiv 1707.06347), `high > low` clip-higher (DAPO, arXiv 2503.14476), `dual` the dual clip
/// (arXiv 1912.09729), `cap` TRL's `delta` (INTELLECT-2, arXiv 2505.07291), which bounds positive advantages
/// too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Clip {
    /// Range below 1.
    pub low: f64,
    /// Range above 1.
    pub high: f64,
    /// `c > 1` of the dual clip, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dual: Option<f64>,
    /// The largest plain ratio, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<f64>,
}

impl Clip {
    /// The same range on both sides.
    #[must_use]
    pub const fn symmetric(range: f64) -> Self {
        Self::asymmetric(range, range)
    }

    /// A range per side.
    #[must_use]
    pub const fn asymmetric(low: f64, high: f64) -> Self {
        Self { low, high, dual: None, cap: None }
    }

    pub(crate) fn token(&self, u: f64, advantage: f64) -> TokenLoss {
        let ratio = math::exp(u);
        let (low, high) = (1.0 - self.low, 1.0 + self.high);
        let side = Side::of(ratio, low, high);
        let cap = self.cap.unwrap_or(f64::INFINITY);
        let plain = -advantage * ratio.min(cap);
        let clipped = -advantage * ratio.clamp(low, high);
        let clip_decides = clipped > plain;
        let mut capped = !clip_decides && ratio > cap;
        let mut loss = plain.max(clipped);
        if let Some(bound) = self.dual.filter(|_| advantage < 0.0).map(|c| -advantage * c)
            && loss > bound
        {
            loss = bound;
            capped = true;
        }
        let moves = !capped && (!clip_decides || side == Side::Inside);
        let by_log_ratio = if moves { -advantage * ratio } else { 0.0 };
        TokenLoss { loss, by_log_ratio, weight: ratio, side, capped, ..TokenLoss::default() }
    }

    pub(crate) fn validate(&self) -> Result<(), ObjectiveError> {
        check::fraction("low", self.low)?;
        check::positive("high", self.high)?;
        self.dual.map_or(Ok(()), |dual| check::above_one("dual", dual))?;
        self.cap.map_or(Ok(()), |cap| check::above_one("cap", cap))
    }
}
