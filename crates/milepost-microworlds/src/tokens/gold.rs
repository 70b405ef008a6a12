use serde::Serialize;

/// Truth that evaluation may read and training may not.
///
/// It converts into nothing, has no arithmetic and cannot be made outside this crate. The one way to its
/// content is [`GoldOnly::for_evaluation`], so that every place that reads it can be found by that word. The
/// crates that train do not depend on environments (`cargo xtask tidy` checks it), so they cannot even name it.
///
/// ```compile_fail
/// fn reward(score: milepost_microworlds::tokens::GoldScore) -> f64 { score.into() }
/// ```
/// ```compile_fail
/// fn reward(score: milepost_microworlds::tokens::GoldScore) -> f64 { score * 0.5 }
/// ```
///
/// Where a training signal is *made of* the truth on purpose, such as labels of a teacher of known quality or an
/// upper bound, the task offers it under a name that says so (`oracle…`, `Teacher`).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct GoldOnly<T>(T);

/// How good an answer really is.
pub type GoldScore = GoldOnly<f64>;

impl<T> GoldOnly<T> {
    pub(crate) const fn new(truth: T) -> Self {
        Self(truth)
    }

    /// The truth, for a report. Never for a reward, a filter, or the choice of a checkpoint.
    pub fn for_evaluation(self) -> T {
        self.0
    }
}
