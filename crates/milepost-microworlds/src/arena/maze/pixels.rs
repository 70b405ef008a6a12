use super::{HardMaze, Pose};
use crate::arena::geometry::{Point, distance};

/// Width and height of a rendering.
pub const PIXELS: usize = 32;

/// Grey of a wall.
const WALL: u8 = 96;
/// Radius of the disc that stands for the robot, in pixels; larger than its body, so that it is seen.
const DISC: f64 = 2.0;

/// The walls alone, `[y, x]`.
pub(super) fn background(clearance: impl Fn(Point) -> f64) -> [u8; PIXELS * PIXELS] {
    std::array::from_fn(|index| {
        let near = clearance(centre(index).map(|x| x / SIZE)) < 0.75 / SIZE;
        if near { WALL } else { 0 }
    })
}

const SIZE: f64 = PIXELS as f64;

/// The middle of a pixel, in pixels.
fn centre(index: usize) -> Point {
    [(index % PIXELS) as f64 + 0.5, (index / PIXELS) as f64 + 0.5]
}

/// Draws the labyrinth from above: walls dark grey, the robot a bright disc whose rim fades over one pixel,
/// so that its place can be read more finely than in pixels. Row-major, `[y, x]`.
pub fn render(maze: &HardMaze, pose: &Pose, into: &mut [u8; PIXELS * PIXELS]) {
    let robot = pose.at.map(|x| x * SIZE);
    for (index, pixel) in into.iter_mut().enumerate() {
        let light = (DISC + 0.5 - distance(centre(index), robot)).clamp(0.0, 1.0);
        *pixel = maze.background[index].max((255.0 * light).round() as u8);
    }
}
