use super::canvas::{Canvas, position};
use super::objects::place_distinct;
use super::{Generate, GenerateError, SizeError, check_count, check_size};
use crate::level::{Blueprint, Settings};
use crate::rng::NumpyRng;
use crate::rules::Task;

/// A room with different things, one of which is to be gone to.
#[derive(Debug, Clone, Copy)]
pub struct GoToObject {
    size: u8,
    objects: u8,
}

impl GoToObject {
    /// A room of `size` by `size` cells, walls included, with room for the agent and `objects` things, at
    /// most 18 (there are no more that differ).
    pub fn new(size: u8, objects: u8) -> Result<Self, SizeError> {
        check_size("the size of a room to go about in", size, 4)?;
        check_count("the number of things to go to", objects, 1, size, 18)?;
        Ok(Self { size, objects })
    }
}

impl Generate for GoToObject {
    fn settings(&self) -> Settings {
        Settings::new(5 * u32::from(self.size).pow(2)).see_through()
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut canvas = Canvas::walled(self.size, self.size, rng);
        let placed = place_distinct(&mut canvas, self.objects, |_, _| false)?;
        canvas.place_agent(canvas.whole(), None)?;
        let target = &placed[canvas.rng.below(placed.len() as u64) as usize];
        let mission = format!("go to the {}", target.words());
        Ok(canvas.finish(Task::GoTo { target: position(target.place) }, mission))
    }
}
