//! Two-dimensional worlds with continuous actions, for methods that search over behaviours.
//!
//! Everything is plain `f64` arithmetic on the stack: one step allocates nothing, and transcendental functions
//! come from `libm`, so a trajectory has the same bits on every machine. Coordinates lie in the unit square,
//! `x` to the right and `y` down, as in an image.
//!
//! | world | a genome is | its behaviour is |
//! |---|---|---|
//! | [`HardMaze`] | the weights of a [`Controller`] from range sensors to wheels | where the robot ends |
//! | [`RedundantArm`] | 20 joint angles | where the tip is |
//!
//! Both pay only in small [`RewardArea`]s, and nothing outside of them.

mod area;
mod arm;
mod controller;
mod geometry;
mod maze;

pub use area::{RewardArea, RewardAreas};
pub use arm::{ArmConfig, RedundantArm};
pub use controller::{Controller, MAX_WIDTH};
pub use geometry::{Point, Segment};
pub use maze::{HardMaze, HardMazeConfig, MazeRobot, PIXELS, Pose, SENSORS, render};
