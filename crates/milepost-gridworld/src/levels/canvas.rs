//! What generators draw on: a map, the agent, and the random stream.

use super::GenerateError;
use crate::grid::Grid;
use crate::level::Blueprint;
use crate::object::Object;
use crate::position::{Area, Direction, Position};
use crate::rng::NumpyRng;
use crate::rules::Task;

/// Draws after which a placement that MiniGrid would try forever is given up.
const PATIENCE: u32 = 1_000_000;

/// A level while it is drawn.
pub(super) struct Canvas<'a> {
    pub(super) grid: Grid,
    pub(super) rng: &'a mut NumpyRng,
    /// `(-1, -1)` until the agent is placed, so that nothing is kept away from it.
    pub(super) agent: (i32, i32),
    pub(super) direction: Direction,
}

impl<'a> Canvas<'a> {
    /// An empty map.
    pub(super) fn new(width: u8, height: u8, rng: &'a mut NumpyRng) -> Self {
        Self { grid: Grid::new(width, height), rng, agent: (-1, -1), direction: Direction::Right }
    }

    /// A map with walls around it.
    pub(super) fn walled(width: u8, height: u8, rng: &'a mut NumpyRng) -> Self {
        let mut canvas = Self::new(width, height, rng);
        canvas.grid.wall_rectangle(0, 0, i32::from(width), i32::from(height));
        canvas
    }

    pub(super) fn whole(&self) -> Area {
        Area { x: 0, y: 0, width: i32::from(self.grid.width()), height: i32::from(self.grid.height()) }
    }

    /// Draws cells of `area` until one is free, is not the agent's, and is not rejected.
    pub(super) fn free_cell(
        &mut self,
        area: Area,
        max_draws: Option<u32>,
        mut rejected: impl FnMut((i32, i32)) -> bool,
    ) -> Result<(i32, i32), GenerateError> {
        let (left, top) = (area.x.max(0), area.y.max(0));
        let right = (left + area.width).min(i32::from(self.grid.width()));
        let bottom = (top + area.height).min(i32::from(self.grid.height()));
        let draws = max_draws.unwrap_or(PATIENCE);
        for _ in 0..draws {
            let place = (self.rng.integers(left, right), self.rng.integers(top, bottom));
            if self.grid.get(place.0, place.1).is_none() && place != self.agent && !rejected(place) {
                return Ok(place);
            }
        }
        Err(GenerateError::Crowded { draws })
    }

    /// Puts an object into a random free cell of `area`.
    pub(super) fn place(&mut self, object: Object, area: Area) -> Result<(i32, i32), GenerateError> {
        let place = self.free_cell(area, None, |_| false)?;
        self.grid.set(place.0, place.1, Some(object));
        Ok(place)
    }

    /// Puts the agent into a random free cell of `area`, looking in a random direction.
    pub(super) fn place_agent(&mut self, area: Area, max_draws: Option<u32>) -> Result<(), GenerateError> {
        self.agent = (-1, -1);
        self.agent = self.free_cell(area, max_draws, |_| false)?;
        self.direction = Direction::from_code(self.rng.integers(0, 4) as u8);
        Ok(())
    }

    /// The finished level.
    pub(super) fn finish(self, task: Task, mission: impl Into<String>) -> Blueprint {
        Blueprint {
            grid: self.grid,
            agent: position(self.agent),
            direction: self.direction,
            carrying: None,
            task,
            mission: mission.into(),
            rng: None,
        }
    }
}

/// A cell of the map as a [`Position`].
pub(super) fn position((x, y): (i32, i32)) -> Position {
    Position::new(x as u8, y as u8)
}
