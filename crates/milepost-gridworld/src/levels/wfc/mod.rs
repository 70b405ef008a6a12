//! Levels from a sample picture: wave function collapse over its patterns.
//!
//! The algorithm is Maxim Gumin's (*WaveFunctionCollapse*, 2016); the levels are those of Garcin et al.,
//! *DRED: Zero-Shot Transfer in Reinforcement Learning via Data-Regularised Environment Design* (ICML 2024).

mod catalog;
mod component;
mod preset;
mod python_set;
mod sample;
mod wave;

use super::canvas::Canvas;
use super::{Generate, GenerateError, SizeError, check_size};
use crate::level::{Blueprint, Settings};
use crate::object::Object;
use crate::position::Direction;
use crate::rng::NumpyRng;
use crate::rules::Task;
use catalog::Catalog;
pub use preset::Preset;
pub use sample::Sample;
use wave::Wave;

/// Attempts before a sample is taken to admit no level of the size.
const ATTEMPTS: u32 = 1000;

/// Mazes and fields of obstacles that look like a sample. Start and goal are anywhere in the largest connected
/// part; the other parts are filled up.
#[derive(Debug, Clone)]
pub struct Wfc {
    size: u8,
    periodic: bool,
    catalog: Catalog,
}

impl Wfc {
    /// Levels of `size` by `size` cells, outer walls included, made of the patterns of `window` by `window`
    /// pixels (2 or 3) in `sample`. If `periodic`, the inside continues at the opposite edge.
    pub fn new(size: u8, sample: &Sample, window: u8, periodic: bool) -> Result<Self, SizeError> {
        check_size("the size", size, 4)?;
        if !(2..=3).contains(&window) {
            return Err(SizeError { what: "the side of a pattern", found: window.into(), least: 2, most: 3 });
        }
        Ok(Self { size, periodic, catalog: Catalog::learn(sample, window.into()) })
    }
}

impl Generate for Wfc {
    fn settings(&self) -> Settings {
        Settings::new(20 * u32::from(self.size))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let side = usize::from(self.size) - 2;
        let preferences: Vec<f64> = (0..side * side).map(|_| rng.random() * 0.1).collect();
        let last = Box::new(GenerateError::Rejected { reason: "its patterns contradict each other" });
        let patterns = Wave::new(&self.catalog, side, self.periodic)
            .ok()
            .and_then(|wave| (0..ATTEMPTS).find_map(|_| wave.clone().collapse(&preferences, rng).ok()))
            .ok_or(GenerateError::Exhausted { attempts: ATTEMPTS, last })?;
        let floor: Vec<bool> = patterns.into_iter().map(|pattern| !self.catalog.walls[pattern]).collect();
        let nodes = component::largest(side as u32, &floor)
            .ok_or(GenerateError::Rejected { reason: "no two cells of it are connected" })?;
        let mut order: Vec<usize> = (0..nodes.len()).collect();
        rng.shuffle(&mut order);

        let mut canvas = Canvas::walled(self.size, self.size, rng);
        canvas.grid.fill(1, 1, side as i32, side as i32, &Object::wall());
        // Rows of the pattern are columns of the level.
        let place = |(row, column): (u32, u32)| (row as i32 + 1, column as i32 + 1);
        for node in &nodes {
            let (x, y) = place(*node);
            canvas.grid.set(x, y, None);
        }
        let (x, y) = place(nodes[order[1]]);
        canvas.grid.set(x, y, Some(Object::goal()));
        canvas.agent = place(nodes[order[0]]);
        canvas.direction = Direction::from_code(canvas.rng.integers(0, 4) as u8);
        Ok(canvas.finish(Task::Goal, "traverse the maze to get to the goal"))
    }
}
