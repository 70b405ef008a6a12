use super::canvas::{Canvas, position};
use super::objects::{Placed, place_distinct};
use super::{Generate, GenerateError, SizeError, check_count, check_size};
use crate::level::{Blueprint, Settings};
use crate::rng::NumpyRng;
use crate::rules::Task;

/// A room with different things, one of which is to be put near another.
#[derive(Debug, Clone, Copy)]
pub struct PutNear {
    size: u8,
    objects: u8,
}

impl PutNear {
    /// A room of `size` by `size` cells, walls included, with `objects` things that do not touch, 2 to 18.
    pub fn new(size: u8, objects: u8) -> Result<Self, SizeError> {
        check_size("the size of a room to put things in", size, 5)?;
        check_count("the number of things to put near each other", objects, 2, size, 18)?;
        Ok(Self { size, objects })
    }
}

fn touches((x, y): (i32, i32), placed: &[Placed]) -> bool {
    placed.iter().any(|other| (x - other.place.0).abs() <= 1 && (y - other.place.1).abs() <= 1)
}

impl Generate for PutNear {
    fn settings(&self) -> Settings {
        Settings::new(5 * u32::from(self.size)).see_through()
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut canvas = Canvas::walled(self.size, self.size, rng);
        let placed = place_distinct(&mut canvas, self.objects, touches)?;
        canvas.place_agent(canvas.whole(), None)?;
        let count = placed.len() as u64;
        let moved = canvas.rng.below(count) as usize;
        let target = loop {
            let target = canvas.rng.below(count) as usize;
            if target != moved {
                break target;
            }
        };
        let (moved, target) = (&placed[moved], &placed[target]);
        let mission = format!("put the {} near the {}", moved.words(), target.words());
        let task = Task::PutNear { kind: moved.kind, color: moved.color, target: position(target.place) };
        Ok(canvas.finish(task, mission))
    }
}
