use serde::{Deserialize, Serialize};

use crate::ProgressError;

/// How far an episode came, by its progress alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completion {
    /// FE: failure.
    Failure,
    /// PSE: partial success.
    Partial,
    /// SE: success.
    Success,
}

/// The rule of SARM, as Robo-Dopamine uses it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct CompletionRule {
    /// Success needs a last value above this. Default 0.8.
    pub last: f64,
    /// Success also needs a mean of the last third above this. Default 0.6.
    pub last_third: f64,
    /// Otherwise partial success needs a mean of at least this. Default 0.4.
    pub mean: f64,
}

impl Default for CompletionRule {
    fn default() -> Self {
        Self { last: 0.8, last_third: 0.6, mean: 0.4 }
    }
}

impl CompletionRule {
    /// Success if `P_T` is above [`CompletionRule::last`] and the mean of the values at positions `t ≥ 2n/3` above
    /// [`CompletionRule::last_third`]; else partial success if the mean of all `n` values reaches
    /// [`CompletionRule::mean`]; else failure. An episode without values, or with a NaN, has no class.
    pub fn judge(&self, progress: &[f64]) -> Result<Completion, ProgressError> {
        let n = progress.len();
        let Some(last) = progress.last() else {
            return Err(ProgressError::TooShort { what: "judging completion", found: 0, needed: 1 });
        };
        if let Some(frame) = progress.iter().position(|p| p.is_nan()) {
            let reason = format!("the progress of frame {frame} is not known");
            return Err(ProgressError::Judge { judge: "the completion rule", reason });
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let third = (2 * n).div_ceil(3).min(n - 1);
        if *last > self.last && mean(&progress[third..]) > self.last_third {
            return Ok(Completion::Success);
        }
        Ok(if mean(progress) >= self.mean { Completion::Partial } else { Completion::Failure })
    }
}

/// The stand-in for a success signal: `Φ ≥ 1 − margin`. The paper's margin is 0.05.
#[must_use]
pub fn success_by_progress(phi: f64, margin: f64) -> bool {
    phi >= 1.0 - margin
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn episodes_are_classified_by_hand() {
        let judge = |values: &[f64]| CompletionRule::default().judge(values).expect("values");
        assert_eq!(judge(&[0.0, 0.5, 1.0]), Completion::Success);
        assert_eq!(judge(&[0.9]), Completion::Success);
        // Exactly 0.8 is not above it; the mean of 0.4 is enough.
        assert_eq!(judge(&[0.0, 0.4, 0.8]), Completion::Partial);
        // A last jump: the last third is (0.1, 0.9), whose mean 0.5 is too low.
        assert_eq!(judge(&[0.0, 0.1, 0.1, 0.1, 0.1, 0.9]), Completion::Failure);
        assert_eq!(judge(&[0.9, 0.9, 0.0]), Completion::Partial);
        assert!(CompletionRule::default().judge(&[]).is_err());
        assert!(CompletionRule::default().judge(&[0.5, f64::NAN]).is_err());
        assert_eq!([0.94, 0.95, 1.0].map(|phi| success_by_progress(phi, 0.05)), [false, true, true]);
    }

    proptest! {
        #[test]
        fn more_progress_is_never_judged_worse(values in prop::collection::vec((0.0..1.0f64, 0.0..1.0f64), 1..20)) {
            let low: Vec<f64> = values.iter().map(|(a, b)| a.min(*b)).collect();
            let high: Vec<f64> = values.iter().map(|(a, b)| a.max(*b)).collect();
            let judge = |values: &[f64]| CompletionRule::default().judge(values).expect("values");
            // Success implies a mean of more than 0.6/3; the classes are ordered only where partial success is not
            // out of reach, so compare success with success and partial with at least partial.
            prop_assert!(judge(&high) != Completion::Failure || judge(&low) != Completion::Partial);
            prop_assert!(judge(&low) != Completion::Success || judge(&high) == Completion::Success);
        }
    }
}
