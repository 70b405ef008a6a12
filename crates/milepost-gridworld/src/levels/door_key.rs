use super::canvas::Canvas;
use super::{Generate, GenerateError, SizeError, check_size};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, DoorState, Kind, Object};
use crate::position::Area;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// Two rooms with a locked door between them; its key lies in the agent's room, the goal in the other.
#[derive(Debug, Clone, Copy)]
pub struct DoorKey {
    size: u8,
}

impl DoorKey {
    /// A map of `size` by `size` cells, walls included; `size` is 5 to 255.
    pub fn new(size: u8) -> Result<Self, SizeError> {
        check_size("the size of a door-key map", size, 5)?;
        Ok(Self { size })
    }
}

impl Generate for DoorKey {
    fn settings(&self) -> Settings {
        Settings::new(10 * u32::from(self.size).pow(2))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let size = i32::from(self.size);
        let mut canvas = Canvas::walled(self.size, self.size, rng);
        canvas.grid.set(size - 2, size - 2, Some(Object::goal()));
        let split = canvas.rng.integers(2, size - 2);
        canvas.grid.fill(split, 0, 1, size, &Object::wall());
        let left = Area { x: 0, y: 0, width: split, height: size };
        canvas.place_agent(left, None)?;
        let row = canvas.rng.integers(1, size - 2);
        canvas.grid.set(split, row, Some(Object::door(Color::Yellow, DoorState::Locked)));
        canvas.place(Object::new(Kind::Key, Color::Yellow), left)?;
        Ok(canvas.finish(Task::Goal, "use the key to open the door and then get to the goal"))
    }
}
