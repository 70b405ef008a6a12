use serde::{Deserialize, Serialize};

use crate::math::{log_sigmoid, sigmoid};
use crate::{PreferenceError, error};

/// What came of a comparison in which a tie is an outcome of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// The first won.
    First,
    /// Neither did.
    Tie,
    /// The second won.
    Second,
}

/// A law of wins, ties and losses, of `Δ = r_a − r_b`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum TieModel {
    /// Davidson (1970): `P(a ≻ b) = e^{r_a}/Z`, `P(tie) = ν e^{(r_a + r_b)/2}/Z`.
    Davidson {
        /// `ν ≥ 0`; without ties at 0, where it is Bradley–Terry.
        nu: f64,
    },
    /// Rao and Kupper (1967): `P(a ≻ b) = e^{r_a}/(e^{r_a} + θ e^{r_b})`; ties are the rest.
    RaoKupper {
        /// `θ ≥ 1`; without ties at 1, where it is Bradley–Terry.
        theta: f64,
    },
}

impl TieModel {
    /// Refuses parameters outside of their domain.
    pub fn validate(&self) -> Result<(), PreferenceError> {
        match *self {
            Self::Davidson { nu } => error::not_negative("nu", nu),
            Self::RaoKupper { theta } => {
                error::parameter("theta", theta, theta >= 1.0 && theta.is_finite(), "finite and at least 1")
            }
        }
    }

    /// The logarithms of the probabilities of first, tie and second; `−∞` for a tie that cannot happen.
    fn log_probabilities(&self, difference: f64) -> Result<[f64; 3], PreferenceError> {
        self.validate()?;
        error::finite("the difference", &[difference])?;
        Ok(match *self {
            Self::Davidson { nu } => {
                // Everything is divided by e^{(r_a + r_b)/2}.
                let logits = [difference / 2.0, libm::log(nu), -difference / 2.0];
                let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = logits.iter().map(|logit| libm::exp(logit - largest)).sum();
                logits.map(|logit| logit - largest - libm::log(sum))
            }
            Self::RaoKupper { theta } => {
                let shift = libm::log(theta);
                let (first, second) = (log_sigmoid(difference - shift), log_sigmoid(-difference - shift));
                // 1 − P_a − P_b = (θ² − 1) P_a P_b, without cancellation.
                [first, libm::log(theta * theta - 1.0) + first + second, second]
            }
        })
    }

    /// The probabilities of first, tie and second.
    pub fn probabilities(&self, difference: f64) -> Result<[f64; 3], PreferenceError> {
        Ok(self.log_probabilities(difference)?.map(libm::exp))
    }

    /// `−log P(outcome)` and its derivative by `Δ`. An outcome that cannot happen (a tie where `ν = 0` or
    /// `θ = 1`) is an error.
    pub fn loss(&self, difference: f64, outcome: Comparison) -> Result<(f64, f64), PreferenceError> {
        let logs = self.log_probabilities(difference)?;
        let [first, _, second] = logs.map(libm::exp);
        let loss = -match outcome {
            Comparison::First => logs[0],
            Comparison::Tie => logs[1],
            Comparison::Second => logs[2],
        };
        if loss == f64::INFINITY {
            return Err(PreferenceError::Undefined {
                what: "the loss of a tie",
                reason: "the model has no ties; raise nu above 0 or theta above 1",
            });
        }
        let slope = match self {
            Self::Davidson { .. } => {
                let average = (first - second) / 2.0;
                match outcome {
                    Comparison::First => average - 0.5,
                    Comparison::Tie => average,
                    Comparison::Second => average + 0.5,
                }
            }
            Self::RaoKupper { theta } => {
                let shift = libm::log(*theta);
                // 1 − P_a and 1 − P_b, without cancellation.
                let (not_first, not_second) = (sigmoid(shift - difference), sigmoid(shift + difference));
                match outcome {
                    Comparison::First => -not_first,
                    Comparison::Tie => not_second - not_first,
                    Comparison::Second => not_second,
                }
            }
        };
        Ok((loss, slope))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OUTCOMES: [Comparison; 3] = [Comparison::First, Comparison::Tie, Comparison::Second];

    fn models(nu: f64, theta: f64) -> [TieModel; 2] {
        [TieModel::Davidson { nu }, TieModel::RaoKupper { theta }]
    }

    // Worked by hand from the formulas at Δ = 1.
    #[test]
    fn golden_probabilities_of_both_models() {
        let want = [[0.598392, 0.181472, 0.220136], [0.644405, 0.158645, 0.196950]];
        for (model, want) in models(0.5, 1.5).into_iter().zip(want) {
            let got = model.probabilities(1.0).expect("valid");
            for (got, want) in got.into_iter().zip(want) {
                assert!((got - want).abs() < 1e-6, "{model:?}: {got} is not {want}");
            }
        }
    }

    proptest! {
        #[test]
        fn probabilities_sum_to_one_and_swap_with_the_items(d in -9.0..9.0f64, nu in 0.0..4.0f64, theta in 1.0..4.0f64) {
            for model in models(nu, theta) {
                let p = model.probabilities(d).expect("valid");
                let q = model.probabilities(-d).expect("valid");
                prop_assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                for i in 0..3 {
                    prop_assert!((p[i] - q[2 - i]).abs() < 1e-12);
                }
            }
        }

        #[test]
        fn the_gradient_is_the_central_difference(d in -6.0..6.0f64, nu in 0.1..4.0f64, theta in 1.1..4.0f64) {
            for model in models(nu, theta) {
                for outcome in OUTCOMES {
                    let at = |d| model.loss(d, outcome).expect("valid").0;
                    let want = (at(d + 1e-5) - at(d - 1e-5)) / 2e-5;
                    let (_, slope) = model.loss(d, outcome).expect("valid");
                    prop_assert!((slope - want).abs() < 1e-8, "{model:?} {outcome:?}: {slope} {want}");
                }
            }
        }

        #[test]
        fn without_ties_both_models_are_bradley_terry(d in -30.0..30.0f64) {
            for model in models(0.0, 1.0) {
                let [first, tie, second] = model.probabilities(d).expect("valid");
                prop_assert!((first - sigmoid(d)).abs() < 1e-12 && tie == 0.0 && (second - sigmoid(-d)).abs() < 1e-12);
                prop_assert!(model.loss(d, Comparison::Tie).is_err());
            }
        }
    }
}
