use crate::Measured;

/// Points of a learning curve.
#[derive(Debug, Default)]
pub(super) struct Curve {
    /// Iterations, network evaluations, reward.
    points: Vec<(f64, f64, f64)>,
}

impl Curve {
    pub(super) fn push(&mut self, iterations: f64, calls: f64, reward: f64) {
        self.points.push((iterations, calls, reward));
    }

    /// Iterations until the reward first reaches `level`, between two points by a straight line.
    fn reaches(&self, level: f64) -> Option<f64> {
        let points: Vec<(f64, f64)> = self.points.iter().map(|(i, _, r)| (*i, *r)).collect();
        let first = points.first().filter(|(_, reward)| *reward >= level).map(|(at, _)| *at);
        first.or_else(|| {
            let pair = points.windows(2).find(|pair| pair[1].1 >= level)?;
            let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
            Some(x0 + (x1 - x0) * (level - y0) / (y1 - y0))
        })
    }

    /// The mean of the last fifth of the points.
    fn plateau(&self) -> Option<f64> {
        let last = &self.points[self.points.len() - self.points.len().div_ceil(5)..];
        (!last.is_empty()).then(|| last.iter().map(|(_, _, reward)| reward).sum::<f64>() / last.len() as f64)
    }

    /// Iterations until 90 % of the way from the first point to the curve's own plateau.
    pub(super) fn to_plateau(&self) -> Measured {
        let (Some((_, _, start)), Some(end)) = (self.points.first(), self.plateau()) else {
            return Measured::Undefined("there is no learning curve".to_owned());
        };
        if end <= *start {
            return Measured::Undefined("the reward did not rise".to_owned());
        }
        self.reaches(start + 0.9 * (end - start))
            .map_or_else(|| Measured::Undefined("the plateau was not reached".to_owned()), Measured::from)
    }

    /// `log₂` of the iterations until the reward first reaches `level`; at least one iteration.
    pub(super) fn log2_to(&self, level: f64) -> Measured {
        self.reaches(level).map_or_else(
            || Measured::Undefined(format!("the reward never reached {level}")),
            |at| Measured::from(libm::log2(at.max(1.0))),
        )
    }

    /// The reward after `calls` network evaluations, between two points by a straight line.
    pub(super) fn at_calls(&self, calls: f64) -> Measured {
        let pair = self.points.windows(2).find(|pair| pair[0].1 <= calls && calls <= pair[1].1);
        pair.map_or_else(
            || Measured::Undefined(format!("the run spent fewer than {calls} network evaluations")),
            |pair| {
                let [(_, x0, y0), (_, x1, y1)] = [pair[0], pair[1]];
                let share = if x1 > x0 { (calls - x0) / (x1 - x0) } else { 1.0 };
                Measured::from(y0 + share * (y1 - y0))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_costs_are_read_off_the_curve_by_straight_lines() {
        let mut curve = Curve::default();
        for (i, reward) in [0.2, 0.4, 0.6, 1.0, 1.0, 1.0].into_iter().enumerate() {
            curve.push(10.0 * i as f64, 1000.0 * i as f64, reward);
        }
        assert_eq!(curve.reaches(0.5), Some(15.0));
        assert_eq!(curve.reaches(1.1), None);
        assert_eq!(curve.log2_to(0.4), Measured::Value(libm::log2(10.0)));
        assert_eq!(curve.at_calls(2500.0), Measured::Value(0.8));
        assert!(matches!(curve.at_calls(6000.0), Measured::Undefined(_)));
        // From 0.2 to the plateau 1.0: 90 % is 0.92, four fifths of the way from 0.6 to 1.0.
        let Measured::Value(at) = curve.to_plateau() else { panic!("it rose") };
        assert!((at - 28.0).abs() < 1e-9, "{at}");
    }

    #[test]
    fn a_curve_that_does_not_rise_has_no_plateau_to_reach() {
        let mut curve = Curve::default();
        curve.push(0.0, 0.0, 0.5);
        curve.push(10.0, 1.0, 0.5);
        assert!(matches!(curve.to_plateau(), Measured::Undefined(_)));
        assert!(matches!(Curve::default().to_plateau(), Measured::Undefined(_)));
    }
}
