//! Transforms of a learned reward, between the reward model and the algorithm.
//!
//! The order matters: length penalty, then transform, then the divergence from the reference policy, then
//! normalisation, then advantages. Shaping that comes after a clip or a group normalisation loses what it promises;
//! affine transforms are invisible to algorithms that normalise by group ([`RewardTransform`] says which are affine).

mod config;
mod pointwise;
mod polynomial;
mod references;
mod shaper;
mod state;
mod statistics;
#[cfg(test)]
mod tests;

pub use config::TransformConfig;
pub use pointwise::{
    Ceiling, Centered, LogSigmoid, Polynomial, Preference, Sigmoid, SlowGrowth, Tanh, Vanilla,
};
pub use references::References;
pub use shaper::{LengthPenalty, RawScore, RewardShaper, Shaped, ShaperState};
pub use state::RunningScores;
pub use statistics::{Clipped, MeanStd, MinMax};

use crate::PreferenceError;

/// The slope below which a score counts as saturated: `σ'(15)`, some 3.1·10⁻⁷. Beyond it a reward gives no signal.
pub const SATURATED_SLOPE: f64 = 3.059_022_269_256_247e-7;

/// A map from a raw score, given the reference answers' scores, to the reward that training sees.
///
/// Laws:
/// - it does not decrease in the raw score, so that within a prompt no two answers change places;
/// - [`RewardTransform::slope`] is its derivative by the raw score;
/// - [`RewardTransform::apply`] changes nothing: what is learnt from scores is learnt in
///   [`RewardTransform::observe`], which evaluation has no reason to call.
pub trait RewardTransform: Send {
    /// Its name in files and errors.
    fn name(&self) -> &'static str;

    /// Whether every prompt needs the scores of reference answers.
    fn needs_references(&self) -> bool;

    /// Learns from the finite scores of a training batch, before they are transformed.
    fn observe(&mut self, raw: &[f64]) {
        let _ = raw;
    }

    /// The transformed score; finite for every finite score.
    fn apply(&self, raw: f64, references: Option<&References>) -> Result<f64, PreferenceError>;

    /// The derivative of [`RewardTransform::apply`] by `raw`.
    fn slope(&self, raw: f64, references: Option<&References>) -> Result<f64, PreferenceError>;

    /// What it has learnt, for an exact resume; `None` if it learns nothing.
    fn state(&self) -> Option<RunningScores> {
        None
    }

    /// Takes over what another of its kind has learnt.
    fn restore(&mut self, state: RunningScores) {
        let _ = state;
    }
}
