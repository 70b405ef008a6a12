use super::canvas::Canvas;
use super::objects::{Placed, draw};
use super::{Generate, GenerateError, SizeError, check_count, check_size};
use crate::level::{Blueprint, Settings};
use crate::object::{Kind, Object};
use crate::rng::NumpyRng;
use crate::rules::Task;

/// A room with keys and balls, one of which is to be picked up.
#[derive(Debug, Clone, Copy)]
pub struct Fetch {
    size: u8,
    objects: u8,
}

const PHRASES: [&str; 5] = ["get a", "go get a", "fetch a", "go fetch a", "you must fetch a"];

impl Fetch {
    /// A room of `size` by `size` cells, walls included, with room for the agent and `objects` things.
    pub fn new(size: u8, objects: u8) -> Result<Self, SizeError> {
        check_size("the size of a room to fetch from", size, 4)?;
        check_count("the number of things to fetch from", objects, 1, size, 255)?;
        Ok(Self { size, objects })
    }
}

impl Generate for Fetch {
    fn settings(&self) -> Settings {
        Settings::new(5 * u32::from(self.size).pow(2)).see_through()
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut canvas = Canvas::walled(self.size, self.size, rng);
        let mut placed = Vec::with_capacity(self.objects.into());
        for _ in 0..self.objects {
            let (kind, color) = draw(&mut canvas, &[Kind::Key, Kind::Ball]);
            let place = canvas.place(Object::new(kind, color), canvas.whole())?;
            placed.push(Placed { kind, color, place });
        }
        canvas.place_agent(canvas.whole(), None)?;
        let target = &placed[canvas.rng.below(placed.len() as u64) as usize];
        let mission = format!("{} {}", canvas.rng.element(&PHRASES), target.words());
        Ok(canvas.finish(Task::Fetch { kind: target.kind, color: target.color }, mission))
    }
}
