use super::canvas::{Canvas, position};
use super::{Generate, GenerateError, SizeError, check_size};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, Kind, Object};
use crate::position::Direction;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// An empty room in which balls move at random.
#[derive(Debug, Clone, Copy)]
pub struct DynamicObstacles {
    size: u8,
    obstacles: u8,
    random_start: bool,
}

/// Draws for one obstacle (MiniGrid's `max_tries = 100` allows one more).
const DRAWS: u32 = 101;

impl DynamicObstacles {
    /// A room of `size` by `size` cells, walls included; `size` is 4 to 255. Where `obstacles` is more than
    /// `size / 2 + 1`, there are `size / 2`, as in MiniGrid.
    pub fn new(size: u8, obstacles: u8, random_start: bool) -> Result<Self, SizeError> {
        check_size("the size of a room with obstacles", size, 4)?;
        let fits = 2 * u32::from(obstacles) <= u32::from(size) + 2;
        Ok(Self { size, obstacles: if fits { obstacles } else { size / 2 }, random_start })
    }
}

impl Generate for DynamicObstacles {
    fn settings(&self) -> Settings {
        let settings = Settings::new(4 * u32::from(self.size).pow(2)).see_through();
        Settings { action_count: 3, ..settings }
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut canvas = Canvas::walled(self.size, self.size, rng);
        let corner = i32::from(self.size) - 2;
        canvas.grid.set(corner, corner, Some(Object::goal()));
        if self.random_start {
            canvas.place_agent(canvas.whole(), None)?;
        } else {
            (canvas.agent, canvas.direction) = ((1, 1), Direction::Right);
        }
        let mut obstacles = Vec::with_capacity(self.obstacles.into());
        for _ in 0..self.obstacles {
            let place = canvas.free_cell(canvas.whole(), Some(DRAWS), |_| false)?;
            canvas.grid.set(place.0, place.1, Some(Object::new(Kind::Ball, Color::Blue)));
            obstacles.push(position(place));
        }
        Ok(canvas.finish(Task::AvoidObstacles { obstacles }, "get to the green goal square"))
    }
}
