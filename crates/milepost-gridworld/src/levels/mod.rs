//! Level generators, draw by draw those of MiniGrid, and the register of their names.

mod canvas;
mod crossing;
mod door_key;
mod empty;
mod four_rooms;
mod key_corridor;
mod multi_room;
mod registry;
mod room_grid;

use crate::level::{Blueprint, LevelError, Settings};
use crate::rng::NumpyRng;

pub use crossing::{Crossing, CrossingError, Obstacle};
pub use door_key::DoorKey;
pub use empty::Empty;
pub use four_rooms::FourRooms;
pub use key_corridor::KeyCorridor;
pub use multi_room::MultiRoom;
pub(crate) use registry::registered;
pub use registry::{MakeError, registered_ids};

/// Draws levels.
pub trait Generate: std::fmt::Debug + Send + Sync {
    /// How its levels are played.
    fn settings(&self) -> Settings;

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
    /// The level that was drawn cannot be played.
    #[error(transparent)]
    Level(LevelError),
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
