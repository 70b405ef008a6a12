//! The hard maze: a robot with range sensors in a labyrinth whose direct way is a dead end.

mod environment;
mod kinematics;
mod pixels;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::area::{RewardArea, RewardAreas};
use super::controller::Controller;
use super::geometry::{Point, Segment};
use crate::TaskError;
use crate::error::Check;
pub use environment::MazeRobot;
pub use kinematics::{Pose, SENSORS};
pub use pixels::{PIXELS, render};

/// Parameters of a [`HardMaze`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HardMazeConfig {
    /// Steps of an episode. Default 400.
    pub steps: u32,
    /// Distance of one step at full speed. Default 0.015.
    pub speed: f64,
    /// Radians turned in one step when the wheels run fully against each other. Default 0.25.
    pub turn: f64,
    /// How far the robot keeps from walls. Default 0.02.
    pub radius: f64,
    /// How far its sensors see. Default 0.5.
    pub range: f64,
    /// Where ending is paid.
    pub areas: RewardAreas,
}

impl Default for HardMazeConfig {
    fn default() -> Self {
        let disc = |centre| RewardArea { centre, radius: 0.1 };
        Self {
            steps: 400,
            speed: 0.015,
            turn: 0.25,
            radius: 0.02,
            range: 0.5,
            areas: RewardAreas::new(vec![disc([0.1, 0.34]), disc([0.9, 0.9]), disc([0.75, 0.35])]),
        }
    }
}

/// The labyrinth and the robot's body, drawn after the hard maze of Lehman and Stanley (2011): the start is in
/// the lower left, just above it is a dead end, and the corner behind that dead end can only be reached the
/// long way round.
///
/// The robot has two wheels: an action `[left, right]` in `[−1, 1]²` (clipped to it) turns it by
/// `turn · (right − left) / 2` and then moves it by `speed · (left + right) / 2` where it looks. A move that
/// would bring it nearer than `radius` to a wall is replaced by its part along `x`, else by its part along `y`,
/// else left out. It sees the distances to the walls in five directions ([`SENSORS`]).
///
/// Ending an episode in a [`RewardArea`] pays; nothing else does.
#[derive(Debug, Clone)]
pub struct HardMaze {
    config: HardMazeConfig,
    walls: [Segment; 11],
    background: [u8; PIXELS * PIXELS],
}

impl HardMaze {
    /// Where an episode starts.
    pub const START: Pose = Pose { at: [0.18, 0.92], heading: 0.0 };

    /// The labyrinth with these parameters.
    pub fn new(config: HardMazeConfig) -> Result<Self, TaskError> {
        let check = Check("hard-maze");
        check.between("steps", config.steps, 1, 1 << 20)?;
        let positive = |x: f64| x > 0.0 && x.is_finite();
        check.that(positive(config.range), "range", config.range, "a positive number")?;
        check.finite("turn", config.turn)?;
        check.that(
            positive(config.radius) && config.radius < 0.05,
            "radius",
            config.radius,
            "above 0 and below 0.05",
        )?;
        let slow = config.speed >= 0.0 && config.speed <= config.radius;
        check.that(slow, "speed", config.speed, "from 0 to `radius`, or walls could be jumped over")?;
        config.areas.check(check)?;
        let background = pixels::background(|point| clearance(&WALLS, point));
        Ok(Self { config, walls: WALLS, background })
    }

    /// The parameters.
    #[must_use]
    pub const fn config(&self) -> &HardMazeConfig {
        &self.config
    }

    /// The walls, the outer ones included.
    #[must_use]
    pub const fn walls(&self) -> &[Segment] {
        &self.walls
    }

    /// The least distance of `point` to a wall.
    #[must_use]
    pub fn clearance(&self, point: Point) -> f64 {
        clearance(&self.walls, point)
    }

    /// Runs a whole episode with a network as the robot's brain and shows every pose, the start included, with
    /// the number of steps before it. Returns the last.
    ///
    /// # Panics
    /// If the network does not have [`SENSORS`] inputs and two outputs, or the genome another length than the
    /// network's.
    pub fn run(&self, brain: &Controller, genome: &[f64], mut visit: impl FnMut(u32, &Pose)) -> Pose {
        let mut pose = Self::START;
        visit(0, &pose);
        for step in 1..=self.config.steps {
            let mut wheels = [0.0; 2];
            brain.act(genome, &self.sense(&pose), &mut wheels);
            pose = self.moved(&pose, wheels);
            visit(step, &pose);
        }
        pose
    }
}

fn clearance(walls: &[Segment], point: Point) -> f64 {
    walls.iter().map(|wall| wall.distance(point)).fold(f64::INFINITY, f64::min)
}

const WALLS: [Segment; 11] = [
    Segment::new([0.0, 0.0], [1.0, 0.0]),
    Segment::new([1.0, 0.0], [1.0, 1.0]),
    Segment::new([1.0, 1.0], [0.0, 1.0]),
    Segment::new([0.0, 1.0], [0.0, 0.0]),
    Segment::new([0.0, 0.24], [0.28, 0.27]),
    Segment::new([0.28, 0.27], [0.28, 0.785]),
    Segment::new([0.28, 0.53], [0.79, 0.81]),
    Segment::new([0.385, 1.0], [0.54, 0.82]),
    Segment::new([0.0, 0.4], [0.165, 0.605]),
    Segment::new([1.0, 0.73], [0.435, 0.455]),
    Segment::new([0.28, 0.27], [0.665, 0.15]),
];
