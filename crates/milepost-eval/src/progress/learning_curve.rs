//! How soon was it learned? Curves of success against cost (episodes or steps).

use super::MetricValue;
use crate::StatsError;

/// A learning curve: success after each cost.
#[derive(Debug, Clone, Copy)]
pub struct Curve<'a> {
    costs: &'a [f64],
    success: &'a [f64],
}

impl<'a> Curve<'a> {
    /// From costs that ascend and as many success rates.
    pub fn new(costs: &'a [f64], success: &'a [f64]) -> Result<Self, StatsError> {
        crate::error::paired("costs against success", costs, success)?;
        crate::error::all_finite("the costs", costs)?;
        crate::error::all_finite("the success", success)?;
        match costs.windows(2).find(|pair| pair[0] >= pair[1]) {
            None => Ok(Self { costs, success }),
            Some(pair) => {
                Err(StatsError::Parameter { name: "a cost of the curve", value: pair[1], range: "ascending" })
            }
        }
    }

    /// The cost at which success first reaches `threshold`, between points by straight lines. Undefined if
    /// it never does: such a run is censored, not slow.
    #[must_use]
    pub fn cost_to(&self, threshold: f64) -> MetricValue {
        let n = self.costs.len();
        let Some(at) = self.success.iter().position(|success| *success >= threshold) else {
            return MetricValue::undefined("the threshold is never reached", n);
        };
        if at == 0 {
            return MetricValue::of(self.costs[0], n);
        }
        let share = (threshold - self.success[at - 1]) / (self.success[at] - self.success[at - 1]);
        MetricValue::of(self.costs[at - 1] + share * (self.costs[at] - self.costs[at - 1]), n)
    }

    /// The cost to a share of the curve's own last success (Robo-Dopamine reports 0.8). Undefined if the run
    /// ends without success.
    #[must_use]
    pub fn cost_to_share_of_final(&self, share: f64) -> MetricValue {
        let last = self.success[self.success.len() - 1];
        if last <= 0.0 {
            return MetricValue::undefined("the run ends without success", self.costs.len());
        }
        self.cost_to(share * last)
    }

    /// Area under the curve by trapezoids, divided by the cost it spans.
    #[must_use]
    pub fn area(&self) -> MetricValue {
        let n = self.costs.len();
        if n < 2 {
            return MetricValue::undefined("one point spans no cost", n);
        }
        let piece = |i: usize| {
            (self.costs[i] - self.costs[i - 1]) * f64::midpoint(self.success[i], self.success[i - 1])
        };
        MetricValue::of((1..n).map(piece).sum::<f64>() / (self.costs[n - 1] - self.costs[0]), n)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn curves_by_hand() {
        let curve = Curve::new(&[0.0, 10.0, 30.0], &[0.0, 0.5, 1.0]).expect("ascends");
        assert_eq!(curve.cost_to(0.25).value(), Some(5.0));
        assert_eq!(curve.cost_to(0.5).value(), Some(10.0));
        assert_eq!(curve.cost_to_share_of_final(0.8).value(), Some(22.0));
        assert_eq!(curve.area().value(), Some((2.5 + 15.0) / 30.0));
        assert_eq!(curve.cost_to(1.5).value(), None);
        // A plateau of equal points, then a fall: the first crossing counts.
        let tied = Curve::new(&[1.0, 2.0, 3.0, 4.0], &[0.4, 0.8, 0.8, 0.5]).expect("ascends");
        assert_eq!(
            (tied.cost_to(0.8).value(), tied.cost_to_share_of_final(0.8).value()),
            (Some(2.0), Some(1.0))
        );
        assert!((tied.area().value().expect("spans") - (0.6 + 0.8 + 0.65) / 3.0).abs() < 1e-12);
        let failed = Curve::new(&[1.0, 2.0], &[0.0, 0.0]).expect("ascends");
        assert_eq!((failed.cost_to_share_of_final(0.8).value(), failed.area().value()), (None, Some(0.0)));
        assert_eq!(Curve::new(&[1.0], &[0.5]).expect("a point").area().value(), None);
        assert!(Curve::new(&[1.0, 1.0], &[0.0, 0.0]).is_err() && Curve::new(&[], &[]).is_err());
    }

    proptest! {
        #[test]
        fn a_higher_threshold_never_costs_less(
            success in prop::collection::vec(0.0..=1.0f64, 2..20), low in 0.0..=1.0f64, rise in 0.0..0.5f64,
        ) {
            let costs: Vec<f64> = (0..success.len()).map(|i| (i * i) as f64).collect();
            let curve = Curve::new(&costs, &success).expect("ascends");
            if let (Some(a), Some(b)) = (curve.cost_to(low).value(), curve.cost_to(low + rise).value()) {
                prop_assert!(a <= b + 1e-9);
            }
            let area = curve.area().value().expect("spans");
            prop_assert!((-1e-12..=1.0 + 1e-12).contains(&area));
        }
    }
}
