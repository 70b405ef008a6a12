use super::canvas::Canvas;
use super::{Generate, GenerateError};
use crate::level::{Blueprint, Settings};
use crate::object::Object;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// Four connected rooms on a map of 19 by 19 cells; start and goal are anywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct FourRooms;

const SIZE: u8 = 19;

impl Generate for FourRooms {
    fn settings(&self) -> Settings {
        Settings::new(100)
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut canvas = Canvas::walled(SIZE, SIZE, rng);
        let room = i32::from(SIZE) / 2;
        for (column, row) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (left, top) = (column * room, row * room);
            let (right, bottom) = (left + room, top + room);
            if column == 0 {
                canvas.grid.fill(right, top, 1, room, &Object::wall());
                let gap = canvas.rng.integers(top + 1, bottom);
                canvas.grid.set(right, gap, None);
            }
            if row == 0 {
                canvas.grid.fill(left, bottom, room, 1, &Object::wall());
                let gap = canvas.rng.integers(left + 1, right);
                canvas.grid.set(gap, bottom, None);
            }
        }
        canvas.place_agent(canvas.whole(), None)?;
        canvas.place(Object::goal(), canvas.whole())?;
        Ok(canvas.finish(Task::Goal, "reach the goal"))
    }
}
