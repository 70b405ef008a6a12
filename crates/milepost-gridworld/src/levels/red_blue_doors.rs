use super::canvas::{Canvas, position};
use super::{Generate, GenerateError, SizeError};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, DoorState, Object};
use crate::position::Area;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// A room with a red and a blue door, to be opened in this order.
#[derive(Debug, Clone, Copy)]
pub struct RedBlueDoors {
    size: u8,
}

impl RedBlueDoors {
    /// A room of `size` by `size` cells in a map twice as wide; `size` is 4 to 127.
    pub fn new(size: u8) -> Result<Self, SizeError> {
        let error =
            SizeError { what: "the size of a room with two doors", found: size.into(), least: 4, most: 127 };
        if (4..=127).contains(&size) { Ok(Self { size }) } else { Err(error) }
    }
}

impl Generate for RedBlueDoors {
    fn settings(&self) -> Settings {
        Settings::new(20 * u32::from(self.size).pow(2))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let size = i32::from(self.size);
        let mut canvas = Canvas::walled(2 * self.size, self.size, rng);
        let left = size / 2;
        let room = Area { x: left, y: 0, width: size, height: size };
        canvas.grid.wall_rectangle(room.x, room.y, room.width, room.height);
        canvas.place_agent(room, None)?;
        let red = (left, canvas.rng.integers(1, size - 1));
        let blue = (left + size - 1, canvas.rng.integers(1, size - 1));
        canvas.grid.set(red.0, red.1, Some(Object::door(Color::Red, DoorState::Closed)));
        canvas.grid.set(blue.0, blue.1, Some(Object::door(Color::Blue, DoorState::Closed)));
        let task = Task::OpenInOrder { first: position(red), second: position(blue) };
        Ok(canvas.finish(task, "open the red door then the blue door"))
    }
}
