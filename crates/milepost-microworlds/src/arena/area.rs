use serde::{Deserialize, Serialize};

use super::geometry::{Point, distance};
use crate::TaskError;
use crate::error::Check;

/// A disc that pays: `1 − d / radius` at distance `d < radius` from its centre, 0 from the rim on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RewardArea {
    /// Its centre, where it pays 1.
    pub centre: Point,
    /// Its radius.
    pub radius: f64,
}

/// Reward areas that do not overlap, in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RewardAreas(Vec<RewardArea>);

impl RewardAreas {
    /// These areas. Any number, also none: then nothing is ever paid.
    #[must_use]
    pub const fn new(areas: Vec<RewardArea>) -> Self {
        Self(areas)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The areas.
    #[must_use]
    pub fn as_slice(&self) -> &[RewardArea] {
        &self.0
    }

    /// The area that `point` lies in, and what it pays there (above 0); `None` outside of all.
    #[must_use]
    pub fn pay(&self, point: Point) -> Option<(usize, f64)> {
        self.0.iter().enumerate().find_map(|(index, area)| {
            let reward = 1.0 - distance(point, area.centre) / area.radius;
            (reward > 0.0).then_some((index, reward))
        })
    }

    /// Refuses areas outside the unit square, without size, or overlapping.
    pub(super) fn check(&self, check: Check) -> Result<(), TaskError> {
        for (index, area) in self.0.iter().enumerate() {
            let inside = area.centre.iter().all(|x| (0.0..=1.0).contains(x));
            check.that(inside, "areas", format!("{:?}", area.centre), "centred in the unit square")?;
            check.that(
                area.radius > 0.0 && area.radius.is_finite(),
                "areas",
                area.radius,
                "of positive radius",
            )?;
            let apart =
                |other: &RewardArea| distance(area.centre, other.centre) >= area.radius + other.radius;
            check.that(self.0[..index].iter().all(apart), "areas", index, "discs that do not overlap")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_pays_one_in_its_centre_and_nothing_from_its_rim_on() {
        let areas = RewardAreas::new(vec![
            RewardArea { centre: [0.25, 0.25], radius: 0.125 },
            RewardArea { centre: [0.75, 0.75], radius: 0.25 },
        ]);
        assert_eq!(areas.pay([0.25, 0.25]), Some((0, 1.0)));
        assert_eq!(areas.pay([0.75, 0.875]), Some((1, 0.5)));
        assert_eq!(areas.pay([0.25, 0.375]), None);
        assert!(areas.check(Check("test")).is_ok());
    }

    #[test]
    fn areas_that_overlap_or_have_no_size_are_refused() {
        let disc = |x, radius| RewardArea { centre: [x, 0.5], radius };
        for areas in [vec![disc(0.4, 0.2), disc(0.6, 0.1)], vec![disc(0.5, 0.0)], vec![disc(1.5, 0.1)]] {
            assert!(RewardAreas::new(areas).check(Check("test")).is_err());
        }
    }
}
