use super::canvas::Canvas;
use super::{Generate, GenerateError, SizeError, check_size};
use crate::level::{Blueprint, Settings};
use crate::object::Object;
use crate::position::Direction;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// A room with the goal in the corner opposite to the start.
#[derive(Debug, Clone, Copy)]
pub struct Empty {
    size: u8,
    random_start: bool,
}

impl Empty {
    /// A room of `size` by `size` cells, walls included; `size` is 4 to 255. The agent starts in the corner
    /// (1, 1), looking right, or anywhere.
    pub fn new(size: u8, random_start: bool) -> Result<Self, SizeError> {
        check_size("the size of an empty room", size, 4)?;
        Ok(Self { size, random_start })
    }
}

impl Generate for Empty {
    fn settings(&self) -> Settings {
        Settings::new(4 * u32::from(self.size).pow(2)).see_through()
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
        Ok(canvas.finish(Task::Goal, "get to the green goal square"))
    }
}
