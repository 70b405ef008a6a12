use super::canvas::Canvas;
use super::{Generate, GenerateError, Obstacle, SizeError, check_size};
use crate::level::{Blueprint, Settings};
use crate::object::Object;
use crate::position::Direction;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// One strip of lava (or wall) with a gap between the start and the goal.
#[derive(Debug, Clone, Copy)]
pub struct LavaGap {
    size: u8,
    obstacle: Obstacle,
}

impl LavaGap {
    /// A map of `size` by `size` cells, walls included; `size` is 5 to 255.
    pub fn new(size: u8, obstacle: Obstacle) -> Result<Self, SizeError> {
        check_size("the size of a map with a gap", size, 5)?;
        Ok(Self { size, obstacle })
    }
}

impl Generate for LavaGap {
    fn settings(&self) -> Settings {
        Settings::new(4 * u32::from(self.size).pow(2))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let size = i32::from(self.size);
        let mut canvas = Canvas::walled(self.size, self.size, rng);
        (canvas.agent, canvas.direction) = ((1, 1), Direction::Right);
        canvas.grid.set(size - 2, size - 2, Some(Object::goal()));
        let (x, y) = (canvas.rng.integers(2, size - 2), canvas.rng.integers(1, size - 1));
        canvas.grid.fill(x, 1, 1, size - 2, &self.obstacle.object());
        canvas.grid.set(x, y, None);
        Ok(canvas.finish(Task::Goal, self.obstacle.mission()))
    }
}
