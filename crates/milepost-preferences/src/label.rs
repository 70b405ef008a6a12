use serde::{Deserialize, Serialize};

use crate::PreferenceError;
use crate::error;

/// What a teacher says of two items. Never a bare truth value: ties, doubts and refusals are answers too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// The probability that the first is better: 1 certainly, 0 certainly not, ½ a tie.
    Soft(f64),
    /// The teacher would not compare the two. Such a pair has no loss.
    Skip,
}

impl Label {
    /// The first is better.
    pub const FIRST: Self = Self::Soft(1.0);
    /// The second is better.
    pub const SECOND: Self = Self::Soft(0.0);
    /// Neither is.
    pub const TIE: Self = Self::Soft(0.5);

    /// The label with this probability that the first is better.
    pub fn soft(probability: f64) -> Result<Self, PreferenceError> {
        error::probability("a soft label", probability)?;
        Ok(Self::Soft(probability))
    }

    /// The probability that the first is better; `None` where the teacher skipped.
    #[must_use]
    pub const fn probability(self) -> Option<f64> {
        match self {
            Self::Soft(probability) => Some(probability),
            Self::Skip => None,
        }
    }

    /// The label of the two items in the other order.
    #[must_use]
    pub const fn swapped(self) -> Self {
        match self {
            Self::Soft(probability) => Self::Soft(1.0 - probability),
            Self::Skip => Self::Skip,
        }
    }

    /// `(1 − ε) p + ε (1 − p)`: the label of a teacher who is believed to err with probability `ε`.
    #[must_use]
    pub fn smoothed(self, epsilon: f64) -> Self {
        match self {
            Self::Soft(p) => Self::Soft((1.0 - epsilon) * p + epsilon * (1.0 - p)),
            Self::Skip => Self::Skip,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn swapping_twice_changes_nothing_and_commutes_with_smoothing(p in 0.0..=1.0f64, epsilon in 0.0..0.5f64) {
            let label = Label::Soft(p);
            let close = |a: Label, b: Label| (a.probability().expect("soft") - b.probability().expect("soft")).abs() < 1e-15;
            prop_assert!(close(label.swapped().swapped(), label));
            prop_assert!(close(label.smoothed(epsilon).swapped(), label.swapped().smoothed(epsilon)));
        }

        #[test]
        fn a_tie_stays_a_tie_however_it_is_smoothed_or_swapped(epsilon in 0.0..0.5f64) {
            prop_assert_eq!(Label::TIE.smoothed(epsilon), Label::TIE);
            prop_assert_eq!(Label::TIE.swapped(), Label::TIE);
            prop_assert_eq!(Label::Skip.smoothed(epsilon), Label::Skip);
        }
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(matches!(Label::soft(bad), Err(PreferenceError::Parameter { .. })));
        }
    }
}
