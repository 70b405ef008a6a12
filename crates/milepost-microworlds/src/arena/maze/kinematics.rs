use super::HardMaze;
use crate::arena::geometry::Point;

/// The number of range sensors: left, half left, ahead, half right and right of the robot.
pub const SENSORS: usize = 5;

/// Where the robot is and where it looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Its position.
    pub at: Point,
    /// The angle of its view, in radians from the `x` axis towards `y`, in `(−π, π]` after a step.
    pub heading: f64,
}

/// Cosine and sine of −90°, −45°, 0°, 45° and 90°.
const TURNS: [(f64, f64); SENSORS] = {
    let half = std::f64::consts::FRAC_1_SQRT_2;
    [(0.0, -1.0), (half, -half), (1.0, 0.0), (half, half), (0.0, 1.0)]
};

impl HardMaze {
    /// The distances to the nearest walls in the sensors' directions, as shares of their range: 1 is "nothing
    /// in sight".
    #[must_use]
    pub fn sense(&self, pose: &Pose) -> [f64; SENSORS] {
        let (sin, cos) = libm::sincos(pose.heading);
        TURNS.map(|(c, s)| {
            let direction = [cos * c - sin * s, sin * c + cos * s];
            let hits = self.walls.iter().filter_map(|wall| wall.hit(pose.at, direction));
            hits.fold(self.config.range, f64::min) / self.config.range
        })
    }

    /// The pose after one step of the wheels.
    #[must_use]
    pub fn moved(&self, pose: &Pose, wheels: [f64; 2]) -> Pose {
        let [left, right] = wheels.map(|wheel| wheel.clamp(-1.0, 1.0));
        let heading = wrapped(pose.heading + self.config.turn * (right - left) / 2.0);
        let far = self.config.speed * (left + right) / 2.0;
        let (sin, cos) = libm::sincos(heading);
        let [x, y] = pose.at;
        let tries = [[x + far * cos, y + far * sin], [x + far * cos, y], [x, y + far * sin]];
        let free = tries.into_iter().find(|at| self.clearance(*at) >= self.config.radius);
        Pose { at: free.unwrap_or(pose.at), heading }
    }
}

/// The angle in `(−π, π]`, for angles at most one turn away.
fn wrapped(angle: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    if angle > PI {
        angle - TAU
    } else if angle <= -PI {
        angle + TAU
    } else {
        angle
    }
}
