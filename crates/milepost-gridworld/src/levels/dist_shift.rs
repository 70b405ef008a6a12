use super::canvas::Canvas;
use super::{Generate, GenerateError, SizeError};
use crate::level::{Blueprint, Settings};
use crate::object::Object;
use crate::position::Direction;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// A strip of lava along the way to the goal and another one whose row can be shifted between training and test.
#[derive(Debug, Clone, Copy)]
pub struct DistShift {
    row: u8,
}

const WIDTH: u8 = 9;
const HEIGHT: u8 = 7;

impl DistShift {
    /// `row` is that of the second strip, 1 to 5.
    pub fn new(row: u8) -> Result<Self, SizeError> {
        let most = HEIGHT - 2;
        let error =
            SizeError { what: "the row of the strip", found: row.into(), least: 1, most: most.into() };
        if (1..=most).contains(&row) { Ok(Self { row }) } else { Err(error) }
    }
}

impl Generate for DistShift {
    fn settings(&self) -> Settings {
        Settings::new(4 * u32::from(WIDTH) * u32::from(HEIGHT)).see_through()
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut canvas = Canvas::walled(WIDTH, HEIGHT, rng);
        let width = i32::from(WIDTH);
        canvas.grid.set(width - 2, 1, Some(Object::goal()));
        canvas.grid.fill(3, 1, width - 6, 1, &Object::lava());
        canvas.grid.fill(3, self.row.into(), width - 6, 1, &Object::lava());
        (canvas.agent, canvas.direction) = ((1, 1), Direction::Right);
        Ok(canvas.finish(Task::Goal, "get to the green goal square"))
    }
}
