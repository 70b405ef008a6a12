//! Intervals from bootstrap replicates.

use crate::error::{all_finite, open_unit};
use crate::interval::quantile_sorted;
use crate::ordering::win;
use crate::{Interval, Scores, StatsError, aggregate, normal};

/// The statistic of each bootstrap replicate, and the intervals that can be read from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicates {
    ascending: Vec<f64>,
}

impl Replicates {
    /// From the replicates in any order.
    pub fn new(mut values: Vec<f64>) -> Result<Self, StatsError> {
        all_finite("the bootstrap replicates", &values)?;
        if values.is_empty() {
            return Err(StatsError::Empty { what: "the set of bootstrap replicates" });
        }
        values.sort_unstable_by(f64::total_cmp);
        Ok(Self { ascending: values })
    }

    /// The values in ascending order.
    pub fn ascending(&self) -> &[f64] {
        &self.ascending
    }

    /// Percentile interval: the `(1 ∓ level)/2` quantiles.
    pub fn percentile(&self, level: f64) -> Result<Interval, StatsError> {
        open_unit("the level of an interval", level)?;
        Ok(self.between((1.0 - level) / 2.0, f64::midpoint(1.0, level), level))
    }

    /// Basic (reverse percentile) interval: `2 · value − percentile interval`, ends exchanged.
    pub fn basic(&self, value: f64, level: f64) -> Result<Interval, StatsError> {
        let Interval { low, high, .. } = self.percentile(level)?;
        Ok(Interval { low: 2.0 * value - high, high: 2.0 * value - low, level })
    }

    /// Bias-corrected interval: [`Replicates::accelerated`] with acceleration 0.
    pub fn bias_corrected(&self, value: f64, level: f64) -> Result<Interval, StatsError> {
        self.accelerated(value, 0.0, level)
    }

    /// Bias-corrected and accelerated interval (Efron, 1987): the quantiles at
    /// `Φ(z₀ + (z₀ + z)/(1 − a(z₀ + z)))` for `z = Φ⁻¹((1 ∓ level)/2)`, with acceleration `a`
    /// (see [`acceleration`]) and bias `z₀` (see [`Replicates::bias`]).
    pub fn accelerated(&self, value: f64, a: f64, level: f64) -> Result<Interval, StatsError> {
        open_unit("the level of an interval", level)?;
        let z0 = self.bias(value)?;
        let adjusted = |p| {
            let z = z0 + normal::quantile(p);
            normal::cumulative(z0 + z / (1.0 - a * z))
        };
        Ok(self.between(adjusted((1.0 - level) / 2.0), adjusted(f64::midpoint(1.0, level)), level))
    }

    /// `z₀ = Φ⁻¹(share of replicates below value)`, replicates equal to it counting ½.
    pub fn bias(&self, value: f64) -> Result<f64, StatsError> {
        let share = self.ascending.iter().map(|replicate| win(value, *replicate)).sum::<f64>()
            / self.ascending.len() as f64;
        if share > 0.0 && share < 1.0 {
            return Ok(normal::quantile(share));
        }
        let reason =
            "every replicate lies on one side of the value; use more replicates or the percentile interval";
        Err(StatsError::Undefined { what: "the bias correction", reason })
    }

    fn between(&self, low: f64, high: f64, level: f64) -> Interval {
        let at = |q| quantile_sorted(&self.ascending, q);
        Interval { low: at(low), high: at(high), level }
    }
}

/// The statistic with each run left out in turn. At least two runs are needed.
pub fn jackknife(scores: &Scores, statistic: impl Fn(&Scores) -> f64) -> Result<Vec<f64>, StatsError> {
    let runs = scores.runs();
    if runs < 2 {
        return Err(StatsError::TooFewRuns { found: runs, needed: 2 });
    }
    (0..runs)
        .map(|left_out| {
            let rows: Vec<&[f64]> =
                (0..runs).filter(|run| *run != left_out).map(|run| scores.run(run)).collect();
            Ok(statistic(&Scores::from_rows(&rows)?))
        })
        .collect()
}

/// Acceleration from jackknife values `θᵢ`: `Σuᵢ³ / (6 (Σuᵢ²)^{3/2})` with `uᵢ = mean(θ) − θᵢ`; 0 if they are all equal.
pub fn acceleration(jackknife: &[f64]) -> f64 {
    let mean = aggregate::mean_of(jackknife);
    let (mut squares, mut cubes) = (0.0, 0.0);
    for theta in jackknife {
        let u = mean - theta;
        squares += u * u;
        cubes += u * u * u;
    }
    if squares == 0.0 { 0.0 } else { cubes / (6.0 * squares * squares.sqrt()) }
}
