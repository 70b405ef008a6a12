use super::canvas::{Canvas, position};
use super::{Generate, GenerateError, SizeError, check_size};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, Kind, Object};
use crate::position::Direction;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// A thing is seen at the start of a hallway; at its end the agent turns to the side where the same thing lies.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    size: u8,
    random_length: bool,
}

/// A size from which no hallway can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// It is too small.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// The hallway runs through the middle row.
    #[error("the size of a memory map is {0}; it must be odd, so that the hallway has a middle row")]
    EvenSize(u8),
}

impl Memory {
    /// A map of `size` by `size` cells, walls included; `size` is odd, 7 to 255.
    pub fn new(size: u8, random_length: bool) -> Result<Self, MemoryError> {
        check_size("the size of a memory map", size, 7)?;
        if size.is_multiple_of(2) {
            return Err(MemoryError::EvenSize(size));
        }
        Ok(Self { size, random_length })
    }
}

impl Generate for Memory {
    fn settings(&self) -> Settings {
        Settings::new(5 * u32::from(self.size).pow(2))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let size = i32::from(self.size);
        let middle = size / 2;
        let mut canvas = Canvas::walled(self.size, self.size, rng);
        let end = if self.random_length { canvas.rng.integers(4, size - 2) } else { size - 3 };
        let wall = Object::wall();
        for (outer, inner) in [(middle - 2, middle - 1), (middle + 2, middle + 1)] {
            canvas.grid.fill(1, outer, 4, 1, &wall);
            canvas.grid.fill(4, inner, 1, 1, &wall);
            canvas.grid.fill(5, inner, end - 5, 1, &wall);
        }
        canvas.grid.fill(end, 0, 1, middle, &wall);
        canvas.grid.fill(end, middle + 1, 1, size - middle - 1, &wall);
        canvas.grid.fill(end + 2, 0, 1, size, &wall);
        (canvas.agent, canvas.direction) = ((canvas.rng.integers(1, end + 1), middle), Direction::Right);

        let green = |kind| Some(Object::new(kind, Color::Green));
        let shown = canvas.rng.element(&[Kind::Key, Kind::Ball]);
        canvas.grid.set(1, middle - 1, green(shown));
        let ends = canvas.rng.element(&[[Kind::Ball, Kind::Key], [Kind::Key, Kind::Ball]]);
        canvas.grid.set(end + 1, middle - 2, green(ends[0]));
        canvas.grid.set(end + 1, middle + 2, green(ends[1]));
        let (above, below) = (position((end + 1, middle - 1)), position((end + 1, middle + 1)));
        let (success, failure) = if shown == ends[0] { (above, below) } else { (below, above) };
        let mission = "go to the matching object at the end of the hallway";
        Ok(canvas.finish(Task::Remember { success, failure }, mission))
    }
}
