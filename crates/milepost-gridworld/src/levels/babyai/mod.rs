//! BabyAI's levels: rooms, things in them, and an instruction about the things.
//!
//! Chevalier-Boisvert et al., *BabyAI: A Platform to Study the Sample Efficiency of Grounded Language
//! Learning* (ICLR 2019).

mod composed;
mod go_to;
mod mission;
mod open;
mod pick_up;
mod put_next;
mod register;
mod rooms;
mod unlock;
mod validate;

use super::room_grid::{RoomGrid, extent};
use super::{Generate, GenerateError, SizeError, check_rooms};
use crate::language::Scene;
use crate::level::{Blueprint, Settings};
use crate::rng::NumpyRng;
use crate::rules::Task;

pub use composed::{Composition, Form, Verb};
pub use go_to::GoTo;
pub use mission::Mission;
pub use open::{Open, SelectBy};
pub use pick_up::PickUp;
pub use put_next::PutNext;
pub(super) use register::REGISTER;
pub use unlock::Unlock;

/// Levels drawn before the parameters are taken to admit none; BabyAI goes on forever.
const ATTEMPTS: u32 = 10_000;

/// Equal rooms in columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rooms {
    /// Cells along each side of a room, walls included.
    pub side: u8,
    /// Columns of rooms.
    pub columns: u8,
    /// Rows of rooms.
    pub rows: u8,
}

/// A family of BabyAI levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BabyAi {
    rooms: Rooms,
    mission: Mission,
    /// The step budget; `None` allows `side² · columns · rows` steps for each journey of the instruction.
    max_steps: Option<u32>,
}

impl BabyAi {
    /// Levels in `rooms` with missions of this family. Which rooms a mission needs is said by the error.
    pub fn new(rooms: Rooms, mission: Mission) -> Result<Self, SizeError> {
        Self { rooms, mission, max_steps: None }.checked()
    }

    /// The same levels with a step budget that does not depend on the instruction.
    #[must_use]
    pub const fn with_max_steps(self, max_steps: u32) -> Self {
        Self { max_steps: Some(max_steps), ..self }
    }

    pub(super) fn checked(self) -> Result<Self, SizeError> {
        let Rooms { side, columns, rows } = self.rooms;
        check_rooms(side, columns, rows)?;
        self.mission.check(self.rooms)?;
        Ok(self)
    }

    /// Columns and rows of the map.
    #[must_use]
    pub const fn extent(&self) -> (u8, u8) {
        let Rooms { side, columns, rows } = self.rooms;
        (extent(side, columns), extent(side, rows))
    }

    /// Steps that one journey is allowed.
    fn journey(&self) -> u32 {
        let Rooms { side, columns, rows } = self.rooms;
        u32::from(side).pow(2) * u32::from(columns) * u32::from(rows)
    }

    fn attempt(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let Rooms { side, columns, rows } = self.rooms;
        let mut rooms = RoomGrid::new(side, columns, rows, rng);
        let drawn = self.mission.draw(&mut rooms)?;
        let (told, meant) = rooms.scene(|scene: Scene<'_>| {
            validate::validate(&scene, &drawn.sentence, self.mission.avoids_keys_of_locked_doors())?;
            scene
                .resolve(&drawn.sentence)
                .map_err(|_| GenerateError::Rejected { reason: "nothing is as described" })
        })?;
        let carrying = drawn.held.and_then(|place| rooms.take(place));
        Ok(Blueprint { carrying, ..rooms.finish(Task::Instruction(meant), told.to_string()) })
    }
}

impl Generate for BabyAi {
    fn settings(&self) -> Settings {
        Settings::new(self.max_steps.unwrap_or_else(|| self.journey()))
    }

    fn max_steps(&self, task: &Task) -> u32 {
        match (self.max_steps, task) {
            (None, Task::Instruction(instruction)) => instruction.journeys() * self.journey(),
            _ => self.settings().max_steps,
        }
    }

    /// A level that cannot be finished, or whose instruction makes no sense, is given up for the next one of
    /// the stream.
    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut last = GenerateError::Rejected { reason: "no level was drawn" };
        for _ in 0..ATTEMPTS {
            match self.attempt(rng) {
                Err(error) if error.is_bad_luck() => last = error,
                done => return done,
            }
        }
        Err(GenerateError::Exhausted { attempts: ATTEMPTS, last: Box::new(last) })
    }
}
