//! Level generators, draw by draw those of MiniGrid, and the register of their names.

pub mod babyai;
mod canvas;
mod crossing;
mod dist_shift;
mod door_key;
mod dynamic_obstacles;
mod empty;
mod fetch;
mod four_rooms;
mod go_to_door;
mod go_to_object;
mod key_corridor;
mod lava_gap;
mod locked_room;
mod memory;
mod multi_room;
mod objects;
mod obstructed_maze;
mod playground;
mod put_near;
mod red_blue_doors;
mod registry;
mod room_grid;
mod unlock;
pub mod wfc;

use crate::level::{Blueprint, LevelError, Settings};
use crate::rng::NumpyRng;
use crate::rules::Task;

pub use crossing::{Crossing, CrossingError, Obstacle};
pub use dist_shift::DistShift;
pub use door_key::DoorKey;
pub use dynamic_obstacles::DynamicObstacles;
pub use empty::Empty;
pub use fetch::Fetch;
pub use four_rooms::FourRooms;
pub use go_to_door::GoToDoor;
pub use go_to_object::GoToObject;
pub use key_corridor::KeyCorridor;
pub use lava_gap::LavaGap;
pub use locked_room::LockedRoom;
pub use memory::{Memory, MemoryError};
pub use multi_room::MultiRoom;
pub use obstructed_maze::{MazePlan, MazeStart, ObstructedMaze, Quarters};
pub use playground::Playground;
pub use put_near::PutNear;
pub use red_blue_doors::RedBlueDoors;
pub(crate) use registry::registered;
pub use registry::{MakeError, registered_ids};
pub use unlock::Unlock;

/// Draws levels.
pub trait Generate: std::fmt::Debug + Send + Sync {
    /// How its levels are played.
    fn settings(&self) -> Settings;

    /// The step budget of a level with this task: that of [`Generate::settings`], unless it depends on the task.
    fn max_steps(&self, task: &Task) -> u32 {
        let _ = task;
        self.settings().max_steps
    }

    /// Draws the next level of the stream.
    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError>;
}

/// A level could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// No free cell was found.
    #[error("no free cell was found in {draws} draws; give the level more room or fewer objects")]
    Crowded {
        /// Draws made.
        draws: u32,
    },
    /// The rooms could not be connected.
    #[error("the rooms were not connected after {draws} draws; use another seed")]
    Disconnected {
        /// Draws made.
        draws: u32,
    },
    /// Wherever the agent could be put in its room, it would face an object. MiniGrid draws poses forever.
    #[error("wherever the agent is put, it faces an object; use another seed or fewer objects")]
    Cornered,
    /// A level was drawn but is not wanted.
    #[error("the level was rejected: {reason}")]
    Rejected {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Every level that was drawn was given up or rejected.
    #[error("none of {attempts} levels was accepted, the last because {last}; use other parameters")]
    Exhausted {
        /// Levels drawn.
        attempts: u32,
        /// Why the last one was not accepted.
        last: Box<Self>,
    },
    /// The level that was drawn cannot be played.
    #[error(transparent)]
    Level(LevelError),
}

impl GenerateError {
    /// Whether the next level of the stream may turn out well.
    const fn is_bad_luck(&self) -> bool {
        matches!(self, Self::Crowded { .. } | Self::Disconnected { .. } | Self::Rejected { .. })
    }
}

/// A size from which no level can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is {found}; it must be from {least} to {most}")]
pub struct SizeError {
    /// Which parameter.
    pub what: &'static str,
    /// What was given.
    pub found: i64,
    /// The smallest that works.
    pub least: i64,
    /// The largest that works.
    pub most: i64,
}

fn check_size(what: &'static str, found: u8, least: u8) -> Result<(), SizeError> {
    if found >= least {
        Ok(())
    } else {
        Err(SizeError { what, found: found.into(), least: least.into(), most: 255 })
    }
}

/// A number of things from `least` to `most`, fewer than the cells inside a room of `size` by `size`.
fn check_count(what: &'static str, found: u8, least: u8, size: u8, most: u8) -> Result<(), SizeError> {
    let inside = (i64::from(size) - 2).pow(2);
    let (found, least, most) = (i64::from(found), i64::from(least), i64::from(most).min(inside - 1));
    if (least..=most).contains(&found) { Ok(()) } else { Err(SizeError { what, found, least, most }) }
}

/// Rooms of `side` cells in `columns` and `rows`, with walls shared.
fn check_rooms(side: u8, columns: u8, rows: u8) -> Result<(), SizeError> {
    check_size("the side of a room", side, 3)?;
    check_size("the number of rows of rooms", rows, 1)?;
    let most = 254 / (i64::from(side) - 1);
    match [("the number of columns of rooms", columns), ("the number of rows of rooms", rows)]
        .into_iter()
        .find(|(_, count)| i64::from(*count) > most)
    {
        Some((what, count)) => Err(SizeError { what, found: count.into(), least: 1, most }),
        None => Ok(()),
    }
}

/// One level, always the same.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// The level.
    pub blueprint: Blueprint,
    /// How it is played.
    pub settings: Settings,
}

impl Generate for Fixed {
    fn settings(&self) -> Settings {
        self.settings
    }

    fn generate(&self, _: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        Ok(Blueprint { rng: None, ..self.blueprint.clone() })
    }
}
