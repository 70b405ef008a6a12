//! How different are two reward functions, as far as behaviour is concerned?
//!
//! Rewards are tables `R[s, a, s']`, flat and row-major. EPIC is Gleave et al., "Quantifying Differences
//! in Reward Functions" (ICLR 2021); DARD is Wulfe et al., "Dynamics-Aware Comparison of Learned Reward
//! Functions" (ICLR 2022). Distances close to zero are square roots of rounding, good to about 10⁻⁸.

use crate::StatsError;
mod canonical;
mod shaping;

use crate::correlation::{spearman, weighted_pearson};
use crate::error::{all_finite, paired};

pub use canonical::{Reference, SampledReward, canonical, canonical_from_samples, dynamics_aware_canonical};
pub use shaping::{discounted_return, shaping};

/// A canonical reward varies if its variance is above this; below, it is constant up to rounding.
const CONSTANT: f64 = 1e-20;

/// `√((1 − ρ)/2)`: 0 for perfectly correlated, 1 for opposite rewards.
fn from_correlation(rho: f64) -> f64 {
    ((1.0 - rho) / 2.0).max(0.0).sqrt()
}

/// Pearson distance `√((1 − ρ)/2)` of two reward tables under a coverage law (uniform if not given).
pub fn pearson_distance(x: &[f64], y: &[f64], coverage: Option<&[f64]>) -> Result<f64, StatsError> {
    correlation(x, y, coverage).map(from_correlation)
}

/// As [`pearson_distance`], with Spearman's ρ and uniform coverage: invariant under increasing maps.
pub fn spearman_distance(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    spearman(x, y).map(from_correlation)
}

/// Pearson's ρ of canonical rewards; undefined where one is constant up to rounding.
fn correlation(x: &[f64], y: &[f64], coverage: Option<&[f64]>) -> Result<f64, StatsError> {
    let rho = weighted_pearson(x, y, coverage)?;
    let varies = |values: &[f64]| {
        let mean = mean_power(values, coverage, |v| v);
        mean_power(values, coverage, |v| (v - mean).powi(2)) > CONSTANT
    };
    if varies(x) && varies(y) {
        return Ok(rho);
    }
    let reason = "a canonical reward is constant: it prefers no behaviour to another";
    Err(StatsError::Undefined { what: "the distance", reason })
}

/// `Σ w f(v)` under normalised weights.
fn mean_power(values: &[f64], weights: Option<&[f64]>, f: impl Fn(f64) -> f64) -> f64 {
    match weights {
        None => values.iter().map(|v| f(*v)).sum::<f64>() / values.len() as f64,
        Some(w) => values.iter().zip(w).map(|(v, w)| w * f(*v)).sum::<f64>() / w.iter().sum::<f64>(),
    }
}

/// EPIC distance: [`pearson_distance`] of the [`canonical`] rewards, in `[0, 1]`. Invariant under
/// potential shaping, positive scaling and shifts.
pub fn epic(
    x: &[f64],
    y: &[f64],
    reference: Reference<'_>,
    coverage: Option<&[f64]>,
) -> Result<f64, StatsError> {
    pearson_distance(&canonical(x, reference)?, &canonical(y, reference)?, coverage)
}

/// DARD distance: [`pearson_distance`] of the [`dynamics_aware_canonical`] rewards, where states and
/// actions are covered uniformly and next states as the dynamics have them.
pub fn dard(x: &[f64], y: &[f64], transitions: &[f64], reference: Reference<'_>) -> Result<f64, StatsError> {
    let x = dynamics_aware_canonical(x, transitions, reference)?;
    let y = dynamics_aware_canonical(y, transitions, reference)?;
    pearson_distance(&x, &y, Some(transitions))
}

/// `Lᵖ` distance `(Σ w |x − y|ᵖ)^{1/p}` under a coverage law (uniform if not given).
pub fn direct(x: &[f64], y: &[f64], coverage: Option<&[f64]>, p: f64) -> Result<f64, StatsError> {
    paired("the two reward tables", x, y)?;
    let difference: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
    norm(&difference, coverage, p)
}

fn norm(values: &[f64], coverage: Option<&[f64]>, p: f64) -> Result<f64, StatsError> {
    all_finite("the reward table", values)?;
    if let Some(weights) = coverage {
        paired("the coverage against the rewards", weights, values)?;
    }
    if p < 1.0 || !p.is_finite() {
        return Err(StatsError::Parameter { name: "the power of a norm", value: p, range: "[1, ∞)" });
    }
    Ok(libm::pow(mean_power(values, coverage, |v| libm::pow(v.abs(), p)), 1.0 / p))
}

/// Half the [`direct`] distance of the [`canonical`] rewards, each divided by its own `Lᵖ` norm, in
/// `[0, 1]`. A reward that is canonically zero (up to rounding) stays zero, at distance ½ from others.
pub fn normalised(
    x: &[f64],
    y: &[f64],
    reference: Reference<'_>,
    coverage: Option<&[f64]>,
    p: f64,
) -> Result<f64, StatsError> {
    let unit = |reward: &[f64]| -> Result<Vec<f64>, StatsError> {
        let canonical = canonical(reward, reference)?;
        let length = norm(&canonical, coverage, p)?;
        let scale = if length * length > CONSTANT { 1.0 / length } else { 0.0 };
        Ok(canonical.iter().map(|v| v * scale).collect())
    };
    Ok(0.5 * direct(&unit(x)?, &unit(y)?, coverage, p)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STATES: usize = 3;
    const ACTIONS: usize = 2;
    const SIZE: usize = STATES * ACTIONS * STATES;

    fn table() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-2.0..2.0f64, SIZE)
    }

    fn normalise(rows: &mut [f64], width: usize) {
        for row in rows.chunks_mut(width) {
            let sum: f64 = row.iter().sum();
            for p in row {
                *p /= sum;
            }
        }
    }

    proptest! {
        #[test]
        fn shaping_scale_and_shift_are_no_distance(
            reward in table(), phi in prop::collection::vec(-2.0..2.0f64, STATES), scale in 0.1..5.0f64, shift in -2.0..2.0f64,
            mut dynamics in prop::collection::vec(0.1..1.0f64, SIZE), discount in 0.5..1.0f64,
        ) {
            normalise(&mut dynamics, STATES);
            let reference = Reference { discount, states: &[0.2, 0.3, 0.5], actions: &[0.4, 0.6] };
            let moved = reference.table(|s, a, next| {
                scale * reward[reference.at(s, a, next)] + shift + discount * phi[next] - phi[s]
            });
            prop_assert!(epic(&reward, &moved, reference, None).expect("varies") < 1e-6);
            prop_assert!(dard(&reward, &moved, &dynamics, reference).expect("varies") < 1e-6);
        }

        #[test]
        fn epic_is_a_distance(x in table(), y in table(), z in table()) {
            let reference = Reference { discount: 0.9, states: &[1.0 / 3.0; 3], actions: &[0.5; 2] };
            let between = |a: &[f64], b: &[f64]| epic(a, b, reference, None).expect("varies");
            let (xy, yz, xz) = (between(&x, &y), between(&y, &z), between(&x, &z));
            prop_assert!((0.0..=1.0).contains(&xy) && (xy - between(&y, &x)).abs() < 1e-9);
            prop_assert!(xz <= xy + yz + 1e-9);
            let opposite: Vec<f64> = x.iter().map(|v| -v).collect();
            prop_assert!((between(&x, &opposite) - 1.0).abs() < 1e-9);
        }

        #[test]
        fn shaping_telescopes(phi in prop::collection::vec(-2.0..2.0f64, 2..20), discount in 0.5..1.0f64, terminated: bool) {
            let steps = phi.len() as i32 - 1;
            let last = if terminated { 0.0 } else { phi[phi.len() - 1] };
            let sum = discounted_return(&shaping(&phi, discount, terminated), discount);
            prop_assert!((sum - (discount.powi(steps) * last - phi[0])).abs() < 1e-9);
        }
    }

    #[test]
    fn a_pure_shaping_reward_has_no_distance_to_anything() {
        let reference = Reference { discount: 0.9, states: &[1.0 / 3.0; 3], actions: &[0.5; 2] };
        let phi = [0.3, -0.7, 1.1];
        let shaping = reference.table(|s, _, next| 0.9 * phi[next] - phi[s]);
        let reward = reference.table(|s, a, next| (s + 2 * a * next) as f64);
        assert!(matches!(epic(&reward, &shaping, reference, None), Err(StatsError::Undefined { .. })));
        assert!(matches!(epic(&reward[1..], &reward, reference, None), Err(StatsError::Mismatch { .. })));
    }
}
