//! Correlation of two sequences. All are errors ([`StatsError::Undefined`]) where a sequence is constant.

use crate::ordering::argsort;
use crate::{StatsError, error};

fn check(x: &[f64], y: &[f64]) -> Result<(), StatsError> {
    error::paired("the two sequences", x, y)?;
    error::all_finite("the first sequence", x)?;
    error::all_finite("the second sequence", y)
}

fn constant(what: &'static str) -> StatsError {
    StatsError::Undefined { what, reason: "a sequence is constant" }
}

/// Ranks from 1 in ascending order; equal values share the mean of their ranks.
pub fn average_ranks(values: &[f64]) -> Vec<f64> {
    let order = argsort(values);
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    for group in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = (2 * from + group.len() + 1) as f64 / 2.0;
        for index in group {
            ranks[*index] = rank;
        }
        from += group.len();
    }
    ranks
}

/// Pearson's correlation.
pub fn pearson(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    weighted_pearson(x, y, None)
}

/// Pearson's correlation under weights (uniform if not given): population moments of the weighted law.
pub fn weighted_pearson(x: &[f64], y: &[f64], weights: Option<&[f64]>) -> Result<f64, StatsError> {
    check(x, y)?;
    let n = x.len() as f64;
    let total = match weights {
        None => n,
        Some(weights) => {
            error::paired("the weights against the values", weights, x)?;
            let total: f64 = weights.iter().sum();
            if weights.iter().any(|w| !w.is_finite() || *w < 0.0) || total <= 0.0 {
                return Err(StatsError::Parameter {
                    name: "the sum of weights",
                    value: total,
                    range: "(0, ∞)",
                });
            }
            total
        }
    };
    let weight = |i: usize| weights.map_or(1.0, |weights| weights[i]) / total;
    let mean = |values: &[f64]| values.iter().enumerate().map(|(i, v)| weight(i) * v).sum::<f64>();
    let (mx, my) = (mean(x), mean(y));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for i in 0..x.len() {
        let (dx, dy, w) = (x[i] - mx, y[i] - my, weight(i));
        xx += w * dx * dx;
        yy += w * dy * dy;
        xy += w * dx * dy;
    }
    // A constant sequence leaves only the rounding of its mean.
    let rounding = |m: f64| (16.0 * f64::EPSILON * m).powi(2);
    if xx <= rounding(mx) || yy <= rounding(my) {
        return Err(constant("the correlation"));
    }
    Ok((xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
}

/// Spearman's ρ: Pearson's correlation of the [`average_ranks`].
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    check(x, y)?;
    pearson(&average_ranks(x), &average_ranks(y))
}

/// Pairs of positions by how the two sequences order them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pairs {
    /// Ordered alike, minus ordered oppositely.
    surplus: i64,
    /// All pairs.
    all: i64,
    /// Pairs with equal `x`.
    tied_x: i64,
    /// Pairs with equal `y`.
    tied_y: i64,
}

fn pairs(x: &[f64], y: &[f64]) -> Result<Pairs, StatsError> {
    check(x, y)?;
    let mut pairs = Pairs { surplus: 0, all: 0, tied_x: 0, tied_y: 0 };
    let sign = |a: f64, b: f64| i64::from(a > b) - i64::from(a < b);
    for j in 1..x.len() {
        for i in 0..j {
            let (dx, dy) = (sign(x[j], x[i]), sign(y[j], y[i]));
            pairs.surplus += dx * dy;
            pairs.all += 1;
            pairs.tied_x += i64::from(dx == 0);
            pairs.tied_y += i64::from(dy == 0);
        }
    }
    Ok(pairs)
}

/// Kendall's τ-b: `(C − D)/√((n₀ − tiesₓ)(n₀ − ties_y))` over the `n₀` pairs.
pub fn kendall_tau_b(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    let Pairs { surplus, all, tied_x, tied_y } = pairs(x, y)?;
    if all == tied_x || all == tied_y {
        return Err(constant("Kendall's τ-b"));
    }
    Ok((surplus as f64 / ((all - tied_x) as f64).sqrt() / ((all - tied_y) as f64).sqrt()).clamp(-1.0, 1.0))
}

/// Kendall's (Stuart's) τ-c: `2m(C − D)/(n²(m − 1))`, `m` the smaller number of distinct values.
pub fn kendall_tau_c(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    let Pairs { surplus, .. } = pairs(x, y)?;
    let distinct = |values: &[f64]| argsort(values).chunk_by(|a, b| values[*a] == values[*b]).count();
    let m = distinct(x).min(distinct(y)) as f64;
    if m < 2.0 {
        return Err(constant("Kendall's τ-c"));
    }
    Ok(2.0 * surplus as f64 * m / ((x.len() as f64).powi(2) * (m - 1.0)))
}

/// Somers' D of `y` given `x`: `(C − D)` over the pairs that `x` tells apart.
pub fn somers_d(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    let Pairs { surplus, all, tied_x, tied_y } = pairs(x, y)?;
    if all == tied_x || all == tied_y {
        return Err(constant("Somers' D"));
    }
    Ok(surplus as f64 / (all - tied_x) as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rank_correlations_do_not_change_under_increasing_maps(
            pairs in prop::collection::vec((-3.0..3.0f64, -3.0..3.0f64), 3..30),
        ) {
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let bent: Vec<f64> = y.iter().map(|v| v * v * v + v).collect();
            for metric in [spearman, kendall_tau_b, kendall_tau_c, somers_d] {
                let (a, b) = (metric(&x, &y).expect("not constant"), metric(&x, &bent).expect("not constant"));
                prop_assert!((a - b).abs() < 1e-12 && (-1.0..=1.0).contains(&a));
            }
        }

        #[test]
        fn pearson_ignores_shift_and_positive_scale(
            pairs in prop::collection::vec((-3.0..3.0f64, -3.0..3.0f64), 3..30), shift in -5.0..5.0f64, scale in 0.1..9.0f64,
        ) {
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let moved: Vec<f64> = y.iter().map(|v| v * scale + shift).collect();
            prop_assert!((pearson(&x, &y).expect("varies") - pearson(&x, &moved).expect("varies")).abs() < 1e-9);
        }
    }

    #[test]
    fn a_constant_sequence_correlates_with_nothing() {
        for metric in [pearson, spearman, kendall_tau_b, kendall_tau_c, somers_d] {
            assert!(matches!(
                metric(&[0.1; 7], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
                Err(StatsError::Undefined { .. })
            ));
            assert!(matches!(metric(&[1.0], &[1.0, 2.0]), Err(StatsError::Mismatch { .. })));
        }
    }
}
