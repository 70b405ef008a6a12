use crate::oracle::Distance;

/// The oracle's potential `Φ(s) = clip(1 − d(s)/d(s₀), 0, 1)`, where `d` is the least number of steps to success: 0 at the
/// start and farther away, 1 at success, 0 where success is out of reach. `None` if a distance is not known or success was
/// out of reach from the start.
///
/// ```
/// use milepost_gridworld::Distance;
/// use milepost_gridworld::tasks::oracle_potential;
///
/// let start = Distance::Steps(20);
/// assert_eq!(oracle_potential(Distance::Steps(5), start), Some(0.75));
/// assert_eq!(oracle_potential(Distance::Steps(30), start), Some(0.0));
/// assert_eq!(oracle_potential(Distance::Unreachable, start), Some(0.0));
/// assert_eq!(oracle_potential(Distance::Unknown, start), None);
/// ```
#[must_use]
pub fn oracle_potential(now: Distance, start: Distance) -> Option<f64> {
    match (now, start) {
        (Distance::Steps(_), Distance::Steps(0)) => Some(1.0),
        (Distance::Steps(left), Distance::Steps(all)) => {
            Some((1.0 - f64::from(left) / f64::from(all)).clamp(0.0, 1.0))
        }
        (Distance::Unreachable, Distance::Steps(_)) => Some(0.0),
        _ => None,
    }
}
