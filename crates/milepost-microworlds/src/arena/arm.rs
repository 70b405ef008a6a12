use serde::{Deserialize, Serialize};

use super::area::{RewardArea, RewardAreas};
use super::geometry::Point;
use crate::TaskError;
use crate::error::Check;

/// Parameters of a [`RedundantArm`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ArmConfig {
    /// Joints. Default 20.
    pub joints: u32,
    /// Radians of a joint for each unit of its gene. Default π/5, so that genes in `[−5, 5]` are half turns.
    pub radians: f64,
    /// Where the tip is paid for being.
    pub areas: RewardAreas,
}

impl Default for ArmConfig {
    fn default() -> Self {
        let disc = |centre| RewardArea { centre, radius: 0.05 };
        Self {
            joints: 20,
            radians: std::f64::consts::PI / 5.0,
            areas: RewardAreas::new(vec![disc([0.93, 0.6]), disc([0.12, 0.75]), disc([0.5, 0.06])]),
        }
    }
}

/// A planar arm with more joints than it needs, fixed in the middle of the unit square, of length ½ when
/// straight. The angle of each link is that of the link before it plus `radians ·` its gene; the first starts
/// to the right.
#[derive(Debug, Clone)]
pub struct RedundantArm {
    config: ArmConfig,
}

impl RedundantArm {
    /// The middle of the unit square, where the arm is fixed.
    pub const BASE: Point = [0.5, 0.5];
    /// The length of the straight arm.
    pub const REACH: f64 = 0.5;

    /// The arm with these parameters.
    pub fn new(config: ArmConfig) -> Result<Self, TaskError> {
        let check = Check("redundant-arm");
        check.between("joints", config.joints, 1, 1 << 12)?;
        check.finite("radians", config.radians)?;
        config.areas.check(check)?;
        Ok(Self { config })
    }

    /// The length of a genome: a gene for each joint.
    #[must_use]
    pub const fn genes(&self) -> usize {
        self.config.joints as usize
    }

    /// Where the tip is paid for being.
    #[must_use]
    pub const fn areas(&self) -> &RewardAreas {
        &self.config.areas
    }

    /// Visits the ends of the links from the base outwards, the tip last.
    pub fn visit_links(&self, genome: &[f64], mut visit: impl FnMut(Point)) {
        let link = Self::REACH / f64::from(self.config.joints);
        let (mut angle, mut at) = (0.0, Self::BASE);
        for gene in genome {
            angle += self.config.radians * gene;
            at = [at[0] + link * libm::cos(angle), at[1] + link * libm::sin(angle)];
            visit(at);
        }
    }

    /// Where the tip is.
    #[must_use]
    pub fn tip(&self, genome: &[f64]) -> Point {
        let mut tip = Self::BASE;
        self.visit_links(genome, |end| tip = end);
        tip
    }
}

#[cfg(test)]
mod tests {
    use super::super::geometry::distance;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_straight_arm_reaches_its_length_and_one_bend_turns_it() {
        let arm = RedundantArm::new(ArmConfig::default()).expect("valid");
        let straight = arm.tip(&[0.0; 20]);
        assert!(distance(straight, [1.0, 0.5]) < 1e-12);
        let mut genome = [0.0; 20];
        genome[0] = 2.5;
        assert!(distance(arm.tip(&genome), [0.5, 1.0]) < 1e-12);
        assert!(RedundantArm::new(ArmConfig { joints: 0, ..ArmConfig::default() }).is_err());
    }

    proptest! {
        #[test]
        fn no_link_is_stretched(genome in prop::collection::vec(-5.0f64..5.0, 20)) {
            let arm = RedundantArm::new(ArmConfig::default()).expect("valid");
            let mut before = RedundantArm::BASE;
            arm.visit_links(&genome, |end| {
                assert!((distance(before, end) - 0.025).abs() < 1e-12);
                before = end;
            });
            prop_assert!(distance(before, RedundantArm::BASE) <= RedundantArm::REACH + 1e-12);
        }

        #[test]
        fn mirrored_joints_mirror_the_tip(genome in prop::collection::vec(-5.0f64..5.0, 20)) {
            let arm = RedundantArm::new(ArmConfig::default()).expect("valid");
            let mirrored: Vec<f64> = genome.iter().map(|gene| -gene).collect();
            let ([x, y], [mx, my]) = (arm.tip(&genome), arm.tip(&mirrored));
            prop_assert!((x - mx).abs() < 1e-12 && (y + my - 1.0).abs() < 1e-12);
        }
    }
}
