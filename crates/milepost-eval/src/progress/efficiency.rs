//! Was success reached by a short way? (Anderson et al. 2018, arXiv 1807.06757)

use super::{MetricValue, Summary};
use crate::StatsError;

/// One navigation episode. Lengths are in metres, or in actions (optimal number against number taken).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Route {
    /// Whether it succeeded.
    pub success: bool,
    /// Length of the shortest way from the start, `ℓ`; infinite if the goal is out of reach.
    pub shortest: f64,
    /// Length travelled, `p`.
    pub travelled: f64,
    /// Distance to the goal at the start, `d₀`.
    pub distance_at_start: f64,
    /// Distance to the goal at the end, `d_T`.
    pub distance_at_end: f64,
}

impl Route {
    /// In action counts: the start is `shortest` actions from the goal, the end `left`.
    #[must_use]
    pub fn in_actions(success: bool, shortest: u32, taken: u32, left: u32) -> Self {
        let [shortest, travelled, left] = [shortest, taken, left].map(f64::from);
        Self { success, shortest, travelled, distance_at_start: shortest, distance_at_end: left }
    }

    fn check(&self) -> Result<(), StatsError> {
        let lengths = [self.shortest, self.travelled, self.distance_at_start, self.distance_at_end];
        match lengths.into_iter().find(|x| x.is_nan() || *x < 0.0) {
            None => Ok(()),
            Some(value) => {
                Err(StatsError::Parameter { name: "a length of a route", value, range: "[0, ∞]" })
            }
        }
    }

    /// `ℓ / max(p, ℓ)`; 1 where the start is the goal and nothing was travelled.
    fn directness(&self) -> Option<f64> {
        let longer = self.travelled.max(self.shortest);
        match (self.shortest.is_finite(), longer > 0.0) {
            (false, _) => None,
            (true, false) => Some(1.0),
            (true, true) => Some(self.shortest / longer),
        }
    }

    /// `y · ℓ / max(p, ℓ)`. Undefined where the goal is out of reach.
    pub fn spl(&self) -> Result<MetricValue, StatsError> {
        self.weighted(f64::from(u8::from(self.success)))
    }

    /// `max(0, 1 − d_T/d₀) · ℓ / max(p, ℓ)`; an episode that starts at the goal counts its success.
    pub fn soft_spl(&self) -> Result<MetricValue, StatsError> {
        let progress = if self.distance_at_start == 0.0 {
            f64::from(u8::from(self.success))
        } else {
            (1.0 - self.distance_at_end / self.distance_at_start).max(0.0)
        };
        self.weighted(progress)
    }

    fn weighted(&self, weight: f64) -> Result<MetricValue, StatsError> {
        self.check()?;
        let value = self.directness().map(|directness| MetricValue::of(weight * directness, 1));
        Ok(value.unwrap_or(MetricValue::undefined("the goal is out of reach", 1)))
    }
}

/// SPL: success weighted by path length, `(1/N) Σ yᵢ ℓᵢ / max(pᵢ, ℓᵢ)`, over the routes whose goal can be reached.
pub fn spl(routes: &[Route]) -> Result<Summary, StatsError> {
    Ok(Summary::of(routes.iter().map(Route::spl).collect::<Result<Vec<_>, _>>()?))
}

/// SoftSPL: the mean of `max(0, 1 − d_T/d₀) ℓ / max(p, ℓ)`.
pub fn soft_spl(routes: &[Route]) -> Result<Summary, StatsError> {
    Ok(Summary::of(routes.iter().map(Route::soft_spl).collect::<Result<Vec<_>, _>>()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(routes: &[Route]) -> [Option<f64>; 2] {
        [spl, soft_spl].map(|metric| metric(routes).expect("lengths").mean.value())
    }

    #[test]
    fn routes_by_hand() {
        assert_eq!(values(&[Route::in_actions(true, 10, 20, 0)]), [Some(0.5), Some(0.5)]);
        assert_eq!(values(&[Route::in_actions(false, 10, 20, 5)]), [Some(0.0), Some(0.25)]);
        // Farther away than at the start, and an optimal success: means of 0 and 1.
        let two = [Route::in_actions(false, 10, 3, 13), Route::in_actions(true, 10, 10, 0)];
        assert_eq!(values(&two), [Some(0.5), Some(0.5)]);
        // A start at the goal.
        assert_eq!(values(&[Route::in_actions(true, 0, 0, 0)]), [Some(1.0), Some(1.0)]);
        assert_eq!(values(&[Route::in_actions(false, 0, 4, 4)]), [Some(0.0), Some(0.0)]);
        let lost = Route { shortest: f64::INFINITY, ..two[0] };
        let summary = spl(&[lost, two[1]]).expect("lengths");
        assert_eq!((summary.mean.value(), summary.skipped), (Some(1.0), 1));
        assert!(spl(&[Route { travelled: -1.0, ..two[0] }]).is_err());
        assert!(spl(&[Route { travelled: f64::NAN, ..two[0] }]).is_err());
    }

    proptest! {
        #[test]
        fn spl_is_at_most_success_and_equals_it_exactly_for_optimal_successes(
            items in prop::collection::vec((any::<bool>(), 1u32..30, 0u32..20), 1..20),
        ) {
            let routes: Vec<Route> = items.iter().map(|(success, shortest, detour)| {
                Route::in_actions(*success, *shortest, shortest + detour, if *success { 0 } else { 1 + detour })
            }).collect();
            let rate = items.iter().filter(|item| item.0).count() as f64 / items.len() as f64;
            let [hard, soft] = values(&routes).map(|value| value.expect("reachable"));
            prop_assert!(hard <= rate + 1e-12 && soft >= hard - 1e-12);
            let optimal = items.iter().all(|(success, _, detour)| !success || *detour == 0);
            prop_assert_eq!((hard - rate).abs() < 1e-12, optimal);
        }
    }
}
