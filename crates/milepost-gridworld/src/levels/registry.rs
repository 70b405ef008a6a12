use milepost_core::nearest;

use super::{Crossing, DoorKey, Empty, FourRooms, Generate, KeyCorridor, MultiRoom, Obstacle};

/// A name that is not registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// No environment has this name.
    #[error("no gridworld is called {id:?}{}", hint.map_or_else(String::new, |hint| format!("; did you mean {hint:?}?")))]
    Unknown {
        /// The name.
        id: String,
        /// The registered name nearest to it, if one is near.
        hint: Option<&'static str>,
    },
    /// An entry of the register cannot be made.
    #[error("gridworld {id:?} cannot be made: {reason}")]
    Invalid {
        /// The name.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
}

type Made = Result<Box<dyn Generate>, Box<dyn std::error::Error>>;

/// What a registered name stands for.
#[derive(Debug, Clone, Copy)]
enum Entry {
    Crossing(u8, usize, Obstacle),
    DoorKey(u8),
    Empty(u8),
    EmptyRandom(u8),
    FourRooms,
    KeyCorridor(u8, u8),
    MultiRoom(u8, u8),
}

impl Entry {
    fn make(self) -> Made {
        Ok(match self {
            Self::Crossing(size, crossings, obstacle) => Box::new(Crossing::new(size, crossings, obstacle)?),
            Self::DoorKey(size) => Box::new(DoorKey::new(size)?),
            Self::Empty(size) => Box::new(Empty::new(size, false)?),
            Self::EmptyRandom(size) => Box::new(Empty::new(size, true)?),
            Self::FourRooms => Box::new(FourRooms),
            Self::KeyCorridor(side, rows) => Box::new(KeyCorridor::new(side, rows)?),
            Self::MultiRoom(rooms, size) => Box::new(MultiRoom::new(rooms, rooms, size)?),
        })
    }
}

/// MiniGrid's names and what they stand for. MultiRoom-N4-S5-v0 has six rooms in MiniGrid too.
const REGISTER: &[(&str, Entry)] = &[
    ("MiniGrid-DoorKey-16x16-v0", Entry::DoorKey(16)),
    ("MiniGrid-DoorKey-5x5-v0", Entry::DoorKey(5)),
    ("MiniGrid-DoorKey-6x6-v0", Entry::DoorKey(6)),
    ("MiniGrid-DoorKey-8x8-v0", Entry::DoorKey(8)),
    ("MiniGrid-Empty-16x16-v0", Entry::Empty(16)),
    ("MiniGrid-Empty-5x5-v0", Entry::Empty(5)),
    ("MiniGrid-Empty-6x6-v0", Entry::Empty(6)),
    ("MiniGrid-Empty-8x8-v0", Entry::Empty(8)),
    ("MiniGrid-Empty-Random-5x5-v0", Entry::EmptyRandom(5)),
    ("MiniGrid-Empty-Random-6x6-v0", Entry::EmptyRandom(6)),
    ("MiniGrid-FourRooms-v0", Entry::FourRooms),
    ("MiniGrid-KeyCorridorS3R1-v0", Entry::KeyCorridor(3, 1)),
    ("MiniGrid-KeyCorridorS3R2-v0", Entry::KeyCorridor(3, 2)),
    ("MiniGrid-KeyCorridorS3R3-v0", Entry::KeyCorridor(3, 3)),
    ("MiniGrid-KeyCorridorS4R3-v0", Entry::KeyCorridor(4, 3)),
    ("MiniGrid-KeyCorridorS5R3-v0", Entry::KeyCorridor(5, 3)),
    ("MiniGrid-KeyCorridorS6R3-v0", Entry::KeyCorridor(6, 3)),
    ("MiniGrid-LavaCrossingS11N5-v0", Entry::Crossing(11, 5, Obstacle::Lava)),
    ("MiniGrid-LavaCrossingS9N1-v0", Entry::Crossing(9, 1, Obstacle::Lava)),
    ("MiniGrid-LavaCrossingS9N2-v0", Entry::Crossing(9, 2, Obstacle::Lava)),
    ("MiniGrid-LavaCrossingS9N3-v0", Entry::Crossing(9, 3, Obstacle::Lava)),
    ("MiniGrid-MultiRoom-N2-S4-v0", Entry::MultiRoom(2, 4)),
    ("MiniGrid-MultiRoom-N4-S5-v0", Entry::MultiRoom(6, 5)),
    ("MiniGrid-MultiRoom-N4-S5-v1", Entry::MultiRoom(4, 5)),
    ("MiniGrid-MultiRoom-N6-v0", Entry::MultiRoom(6, 10)),
    ("MiniGrid-SimpleCrossingS11N5-v0", Entry::Crossing(11, 5, Obstacle::Wall)),
    ("MiniGrid-SimpleCrossingS9N1-v0", Entry::Crossing(9, 1, Obstacle::Wall)),
    ("MiniGrid-SimpleCrossingS9N2-v0", Entry::Crossing(9, 2, Obstacle::Wall)),
    ("MiniGrid-SimpleCrossingS9N3-v0", Entry::Crossing(9, 3, Obstacle::Wall)),
];

/// Every registered name, in alphabetical order.
pub fn registered_ids() -> impl Iterator<Item = &'static str> {
    REGISTER.iter().map(|(id, _)| *id)
}

pub(crate) fn registered(id: &str) -> Result<Box<dyn Generate>, MakeError> {
    match REGISTER.iter().find(|(name, _)| *name == id) {
        Some((_, entry)) => entry
            .make()
            .map_err(|reason| MakeError::Invalid { id: id.to_owned(), reason: reason.to_string() }),
        None => Err(MakeError::Unknown { id: id.to_owned(), hint: nearest(id, registered_ids()) }),
    }
}
