use serde::Serialize;

use super::{GaoFit, GaoForm};
use crate::{StatsError, error};

/// A policy on its way, as evaluation sees it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OveroptimizationPoint {
    /// `KL(π ‖ π_init)` in nats. Sampled estimates may be slightly negative.
    pub divergence: f64,
    /// Mean proxy score.
    pub proxy: f64,
    /// Mean gold score.
    pub gold: f64,
}

/// Points in order of optimisation; the first is the initial policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OveroptimizationCurve {
    points: Vec<OveroptimizationPoint>,
}

/// What a curve came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// Gold of the initial policy.
    pub start: f64,
    /// The highest gold.
    pub peak: f64,
    /// `√KL` there; the first, if it was reached more than once.
    pub peak_distance: f64,
    /// Gold at the end.
    pub last: f64,
    /// By how much the proxy rose from the peak of gold to the end.
    pub proxy_rise: f64,
}

impl Summary {
    /// `(peak − last)/(peak − start)`: which share of what was gained was lost again; above 1 where the end is worse
    /// than the start. Undefined where nothing was gained.
    pub fn drop(&self) -> Result<f64, StatsError> {
        let gained = self.peak - self.start;
        if gained <= 0.0 {
            let reason = "gold never rose above that of the initial policy";
            return Err(StatsError::Undefined { what: "the drop from the peak", reason });
        }
        Ok((self.peak - self.last) / gained)
    }
}

impl OveroptimizationCurve {
    /// At least one point, all finite.
    pub fn new(points: Vec<OveroptimizationPoint>) -> Result<Self, StatsError> {
        if points.is_empty() {
            return Err(StatsError::Empty { what: "the curve" });
        }
        let column = |of: fn(&OveroptimizationPoint) -> f64| points.iter().map(of).collect::<Vec<f64>>();
        error::all_finite("the divergence", &column(|point| point.divergence))?;
        error::all_finite("the proxy", &column(|point| point.proxy))?;
        error::all_finite("the gold score", &column(|point| point.gold))?;
        Ok(Self { points })
    }

    /// The points.
    pub fn points(&self) -> &[OveroptimizationPoint] {
        &self.points
    }

    /// `√max(KL, 0)` of each point.
    pub fn distances(&self) -> Vec<f64> {
        self.points.iter().map(|point| point.divergence.max(0.0).sqrt()).collect()
    }

    /// Gao's form fitted to gold less that of the first point, in units of `scale` (the standard deviation of the
    /// initial policy's gold scores, so that runs on different worlds compare).
    pub fn fit(&self, form: GaoForm, scale: f64) -> Result<GaoFit, StatsError> {
        if !(scale.is_finite() && scale > 0.0) {
            return Err(StatsError::Parameter { name: "the scale of gold", value: scale, range: "(0, ∞)" });
        }
        let start = self.points[0].gold;
        let gains: Vec<f64> = self.points.iter().map(|point| (point.gold - start) / scale).collect();
        GaoFit::new(form, &self.distances(), &gains)
    }

    /// Start, peak and end.
    pub fn summary(&self) -> Summary {
        let points = &self.points;
        let peak =
            (0..points.len()).fold(0, |best, i| if points[i].gold > points[best].gold { i } else { best });
        let last = points[points.len() - 1];
        Summary {
            start: points[0].gold,
            peak: points[peak].gold,
            peak_distance: self.distances()[peak],
            last: last.gold,
            proxy_rise: last.proxy - points[peak].proxy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64, f64)]) -> OveroptimizationCurve {
        let point = |p: &(f64, f64, f64)| OveroptimizationPoint { divergence: p.0, proxy: p.1, gold: p.2 };
        OveroptimizationCurve::new(points.iter().map(point).collect()).expect("finite")
    }

    #[test]
    fn the_summary_names_start_peak_end_and_the_share_lost() {
        let summary = curve(&[(0.0, 0.0, 1.0), (4.0, 2.0, 3.0), (9.0, 5.0, 1.5)]).summary();
        let want = Summary { start: 1.0, peak: 3.0, peak_distance: 2.0, last: 1.5, proxy_rise: 3.0 };
        assert_eq!((summary, summary.drop()), (want, Ok(0.75)));
    }

    #[test]
    fn a_curve_that_only_falls_has_no_drop_and_an_empty_or_infinite_one_is_refused() {
        let summary = curve(&[(0.0, 0.0, 1.0), (4.0, 2.0, 0.0)]).summary();
        assert_eq!((summary.peak, summary.peak_distance), (1.0, 0.0));
        assert!(matches!(summary.drop(), Err(StatsError::Undefined { .. })));
        OveroptimizationCurve::new(Vec::new()).expect_err("empty");
        let bad = OveroptimizationPoint { divergence: f64::NAN, proxy: 0.0, gold: 0.0 };
        OveroptimizationCurve::new(vec![bad]).expect_err("not finite");
    }

    #[test]
    fn the_fit_is_of_the_gain_in_units_of_the_scale() {
        // gold = 5 + 2 d (3 − d): α = 3, β = 1 in units of 2.
        let points: Vec<(f64, f64, f64)> = (0..6)
            .map(f64::from)
            .map(|i| (i * i / 4.0, 0.0, 5.0 + 2.0 * (i / 2.0) * (3.0 - i / 2.0)))
            .collect();
        let fit = curve(&points).fit(GaoForm::BestOfN, 2.0).expect("determined");
        assert!((fit.alpha - 3.0).abs() < 1e-9 && (fit.beta - 1.0).abs() < 1e-9);
        curve(&points).fit(GaoForm::BestOfN, 0.0).expect_err("no scale");
    }
}
