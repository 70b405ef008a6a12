use super::canvas::Canvas;
use super::objects::{PORTABLE, draw};
use super::{Generate, GenerateError};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, DoorState, Object};
use crate::rng::NumpyRng;
use crate::rules::Task;

/// Nine rooms with doors and twelve things, and nothing to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Playground;

const SIZE: u8 = 19;
const THINGS: usize = 12;

impl Generate for Playground {
    fn settings(&self) -> Settings {
        Settings::new(100)
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut canvas = Canvas::walled(SIZE, SIZE, rng);
        let room = i32::from(SIZE) / 3;
        for (column, row) in (0..3).flat_map(|row| (0..3).map(move |column| (column, row))) {
            let (left, top) = (column * room, row * room);
            let (right, bottom) = (left + room, top + room);
            if column < 2 {
                canvas.grid.fill(right, top, 1, room, &Object::wall());
                let y = canvas.rng.integers(top + 1, bottom - 1);
                door(&mut canvas, (right, y));
            }
            if row < 2 {
                canvas.grid.fill(left, bottom, room, 1, &Object::wall());
                let x = canvas.rng.integers(left + 1, right - 1);
                door(&mut canvas, (x, bottom));
            }
        }
        canvas.place_agent(canvas.whole(), None)?;
        for _ in 0..THINGS {
            let (kind, color) = draw(&mut canvas, &PORTABLE);
            canvas.place(Object::new(kind, color), canvas.whole())?;
        }
        Ok(canvas.finish(Task::Free, ""))
    }
}

fn door(canvas: &mut Canvas<'_>, (x, y): (i32, i32)) {
    let color = canvas.rng.element(&Color::ALPHABETICAL);
    canvas.grid.set(x, y, Some(Object::door(color, DoorState::Closed)));
}
