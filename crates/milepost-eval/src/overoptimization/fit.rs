use serde::Serialize;

use crate::{StatsError, error};

/// How gold falls off with the distance `d = √KL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GaoForm {
    /// Best of n: `R(d) = d (α − β d)`, highest at `α/(2β)`.
    BestOfN,
    /// Reinforcement learning: `R(d) = d (α − β log d)`, highest at `exp(α/β − 1)`.
    Reinforcement,
}

impl GaoForm {
    /// What `−β` multiplies. 0 at `d = 0` in both forms.
    fn falling(self, distance: f64) -> f64 {
        match self {
            Self::BestOfN => distance * distance,
            Self::Reinforcement if distance == 0.0 => 0.0,
            Self::Reinforcement => distance * libm::log(distance),
        }
    }
}

/// A least-squares fit of one of Gao's forms to gold scores that are 0 at `d = 0`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GaoFit {
    /// Which form.
    pub form: GaoForm,
    /// Initial gain.
    pub alpha: f64,
    /// Fall-off; larger for a worse proxy.
    pub beta: f64,
    /// Root mean square of what is left over.
    pub residual: f64,
}

impl GaoFit {
    /// Fits `α` and `β`. `distances` are `√KL ≥ 0`, `gains` the gold score less that of the initial policy. Two
    /// different positive distances are needed.
    pub fn new(form: GaoForm, distances: &[f64], gains: &[f64]) -> Result<Self, StatsError> {
        error::paired("distances against gains", distances, gains)?;
        error::all_finite("the distances", distances)?;
        error::all_finite("the gains", gains)?;
        if let Some(value) = distances.iter().copied().find(|d| *d < 0.0) {
            return Err(StatsError::Parameter { name: "a distance", value, range: "[0, ∞)" });
        }
        // Normal equations of gain ≈ α x − β y.
        let (mut xx, mut xy, mut yy, mut xg, mut yg) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (x, gain) in distances.iter().zip(gains) {
            let y = form.falling(*x);
            xx += x * x;
            xy += x * y;
            yy += y * y;
            xg += x * gain;
            yg += y * gain;
        }
        let determinant = xx * yy - xy * xy;
        if determinant <= 1e-12 * xx * yy {
            let reason = "fewer than two different positive distances";
            return Err(StatsError::Undefined { what: "the fit of an over-optimisation curve", reason });
        }
        let alpha = (xg * yy - yg * xy) / determinant;
        let beta = (xg * xy - yg * xx) / determinant;
        let fit = Self { form, alpha, beta, residual: 0.0 };
        let squares = distances.iter().zip(gains).map(|(d, gain)| (gain - fit.gain(*d)).powi(2));
        Ok(Self { residual: (squares.sum::<f64>() / gains.len() as f64).sqrt(), ..fit })
    }

    /// The fitted gain at a distance.
    pub fn gain(&self, distance: f64) -> f64 {
        self.alpha * distance - self.beta * self.form.falling(distance)
    }

    /// Where the fitted gain is highest. Undefined where it never falls (`β ≤ 0`).
    pub fn best_distance(&self) -> Result<f64, StatsError> {
        if self.beta <= 0.0 {
            let reason = "β is not positive: gold does not fall within the fitted curve";
            return Err(StatsError::Undefined { what: "the best distance", reason });
        }
        Ok(match self.form {
            GaoForm::BestOfN => self.alpha / (2.0 * self.beta),
            GaoForm::Reinforcement => libm::exp(self.alpha / self.beta - 1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORMS: [GaoForm; 2] = [GaoForm::BestOfN, GaoForm::Reinforcement];

    proptest! {
        #[test]
        fn a_curve_of_known_coefficients_gives_them_back_and_peaks_at_its_best_distance(
            alpha in 0.1..3.0f64, beta in 0.1..1.0f64, distances in prop::collection::vec(0.1..4.0f64, 3..20),
        ) {
            prop_assume!(distances.iter().any(|d| (d - distances[0]).abs() > 0.3));
            for form in FORMS {
                let truth = GaoFit { form, alpha, beta, residual: 0.0 };
                let gains: Vec<f64> = distances.iter().map(|d| truth.gain(*d)).collect();
                let fit = GaoFit::new(form, &distances, &gains).expect("determined");
                prop_assert!((fit.alpha - alpha).abs() < 1e-6 && (fit.beta - beta).abs() < 1e-6 && fit.residual < 1e-6);
                let best = truth.best_distance().expect("falls");
                for other in [0.9 * best, 1.1 * best] {
                    prop_assert!(truth.gain(other) < truth.gain(best));
                }
            }
        }

        #[test]
        fn no_other_coefficients_leave_smaller_squares(
            points in prop::collection::vec((0.1..4.0f64, -2.0..2.0f64), 3..12), da in -0.2..0.2f64, db in -0.2..0.2f64,
        ) {
            let (distances, gains): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
            for form in FORMS {
                let Ok(fit) = GaoFit::new(form, &distances, &gains) else { continue };
                let squares = |fit: &GaoFit| distances.iter().zip(&gains).map(|(d, g)| (g - fit.gain(*d)).powi(2)).sum::<f64>();
                let moved = GaoFit { alpha: fit.alpha + da, beta: fit.beta + db, ..fit };
                prop_assert!(squares(&fit) <= squares(&moved) + 1e-9);
            }
        }
    }

    #[test]
    fn what_does_not_determine_a_curve_is_refused() {
        for form in FORMS {
            assert!(matches!(GaoFit::new(form, &[1.5, 1.5], &[1.0, 2.0]), Err(StatsError::Undefined { .. })));
            assert!(matches!(
                GaoFit::new(form, &[-1.0, 1.0], &[0.0, 1.0]),
                Err(StatsError::Parameter { .. })
            ));
            let rising = GaoFit { form, alpha: 1.0, beta: 0.0, residual: 0.0 };
            assert!(rising.best_distance().is_err());
        }
    }
}
