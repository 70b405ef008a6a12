use super::canvas::{Canvas, position};
use super::{Generate, GenerateError, SizeError, check_size};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, DoorState, Object};
use crate::position::Area;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// A room of random size with a door of another colour in each wall, one of which is to be gone to.
#[derive(Debug, Clone, Copy)]
pub struct GoToDoor {
    size: u8,
}

impl GoToDoor {
    /// A map of `size` by `size` cells, 5 to 255; the room takes 5 to `size` cells along each edge.
    pub fn new(size: u8) -> Result<Self, SizeError> {
        check_size("the size of a room with four doors", size, 5)?;
        Ok(Self { size })
    }
}

impl Generate for GoToDoor {
    fn settings(&self) -> Settings {
        Settings::new(4 * u32::from(self.size).pow(2)).see_through()
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut canvas = Canvas::new(self.size, self.size, rng);
        let most = i32::from(self.size) + 1;
        let (width, height) = (canvas.rng.integers(5, most), canvas.rng.integers(5, most));
        canvas.grid.wall_rectangle(0, 0, width, height);
        let places = [
            (canvas.rng.integers(2, width - 2), 0),
            (canvas.rng.integers(2, width - 2), height - 1),
            (0, canvas.rng.integers(2, height - 2)),
            (width - 1, canvas.rng.integers(2, height - 2)),
        ];
        let mut colors: Vec<Color> = Vec::with_capacity(places.len());
        while colors.len() < places.len() {
            let color = canvas.rng.element(&Color::ALPHABETICAL);
            if !colors.contains(&color) {
                colors.push(color);
            }
        }
        for ((x, y), color) in places.into_iter().zip(&colors) {
            canvas.grid.set(x, y, Some(Object::door(*color, DoorState::Closed)));
        }
        canvas.place_agent(Area { x: 0, y: 0, width, height }, None)?;
        let target = canvas.rng.below(places.len() as u64) as usize;
        let mission = format!("go to the {} door", colors[target].name());
        Ok(canvas.finish(Task::GoTo { target: position(places[target]) }, mission))
    }
}
