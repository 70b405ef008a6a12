use milepost_core::nearest;

use super::babyai;
use super::obstructed_maze::{MazePlan, MazeStart, ObstructedMaze, Quarters};
use super::wfc::{self, Preset};
use super::{
    Crossing, DistShift, DoorKey, DynamicObstacles, Empty, Fetch, FourRooms, Generate, GoToDoor, GoToObject,
    KeyCorridor, LavaGap, LockedRoom, Memory, MultiRoom, Obstacle, Playground, PutNear, RedBlueDoors, Unlock,
};

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
    DistShift(u8),
    DoorKey(u8),
    DynamicObstacles(u8, u8),
    DynamicObstaclesRandom(u8, u8),
    Empty(u8),
    EmptyRandom(u8),
    Fetch(u8, u8),
    FourRooms,
    GoToDoor(u8),
    GoToObject(u8, u8),
    KeyCorridor(u8, u8),
    LavaGap(u8),
    LockedRoom,
    Memory(u8),
    MemoryRandom(u8),
    MultiRoom(u8, u8),
    ObstructedMaze(ObstructedMaze),
    Playground,
    PutNear(u8, u8),
    RedBlueDoors(u8),
    Unlock(Unlock),
    Wfc(wfc::Preset),
}

impl Entry {
    fn make(self) -> Made {
        Ok(match self {
            Self::Crossing(size, crossings, obstacle) => Box::new(Crossing::new(size, crossings, obstacle)?),
            Self::DistShift(row) => Box::new(DistShift::new(row)?),
            Self::DoorKey(size) => Box::new(DoorKey::new(size)?),
            Self::DynamicObstacles(size, count) => Box::new(DynamicObstacles::new(size, count, false)?),
            Self::DynamicObstaclesRandom(size, count) => Box::new(DynamicObstacles::new(size, count, true)?),
            Self::Empty(size) => Box::new(Empty::new(size, false)?),
            Self::EmptyRandom(size) => Box::new(Empty::new(size, true)?),
            Self::Fetch(size, objects) => Box::new(Fetch::new(size, objects)?),
            Self::FourRooms => Box::new(FourRooms),
            Self::GoToDoor(size) => Box::new(GoToDoor::new(size)?),
            Self::GoToObject(size, objects) => Box::new(GoToObject::new(size, objects)?),
            Self::KeyCorridor(side, rows) => Box::new(KeyCorridor::new(side, rows)?),
            Self::LavaGap(size) => Box::new(LavaGap::new(size, Obstacle::Lava)?),
            Self::LockedRoom => Box::new(LockedRoom),
            Self::Memory(size) => Box::new(Memory::new(size, false)?),
            Self::MemoryRandom(size) => Box::new(Memory::new(size, true)?),
            Self::MultiRoom(rooms, size) => Box::new(MultiRoom::new(rooms, rooms, size)?),
            Self::ObstructedMaze(maze) => Box::new(maze),
            Self::Playground => Box::new(Playground),
            Self::PutNear(size, objects) => Box::new(PutNear::new(size, objects)?),
            Self::RedBlueDoors(size) => Box::new(RedBlueDoors::new(size)?),
            Self::Unlock(unlock) => Box::new(unlock),
            Self::Wfc(preset) => Box::new(preset.levels(25)?),
        })
    }
}

/// Two rooms.
const fn small_maze(key_in_box: bool, blocked: bool) -> Entry {
    Entry::ObstructedMaze(ObstructedMaze { key_in_box, blocked, plan: MazePlan::TwoRooms })
}

/// Nine rooms, of which one quarter is opened up from the room on the right.
const fn side_maze(key_in_box: bool, blocked: bool, keys_last: bool) -> Entry {
    let plan = MazePlan::NineRooms { quarters: Quarters::One, start: MazeStart::Right, keys_last };
    Entry::ObstructedMaze(ObstructedMaze { key_in_box, blocked, plan })
}

/// Nine rooms with everything in the way.
const fn large_maze(quarters: Quarters, start: MazeStart, keys_last: bool) -> Entry {
    let plan = MazePlan::NineRooms { quarters, start, keys_last };
    Entry::ObstructedMaze(ObstructedMaze { key_in_box: true, blocked: true, plan })
}

/// MiniGrid's names and what they stand for. MultiRoom-N4-S5-v0 has six rooms in MiniGrid too.
const REGISTER: &[(&str, Entry)] = &[
    ("MiniGrid-BlockedUnlockPickup-v0", Entry::Unlock(Unlock::BlockedPickUp)),
    ("MiniGrid-DistShift1-v0", Entry::DistShift(2)),
    ("MiniGrid-DistShift2-v0", Entry::DistShift(5)),
    ("MiniGrid-DoorKey-16x16-v0", Entry::DoorKey(16)),
    ("MiniGrid-DoorKey-5x5-v0", Entry::DoorKey(5)),
    ("MiniGrid-DoorKey-6x6-v0", Entry::DoorKey(6)),
    ("MiniGrid-DoorKey-8x8-v0", Entry::DoorKey(8)),
    ("MiniGrid-Dynamic-Obstacles-16x16-v0", Entry::DynamicObstacles(16, 8)),
    ("MiniGrid-Dynamic-Obstacles-5x5-v0", Entry::DynamicObstacles(5, 2)),
    ("MiniGrid-Dynamic-Obstacles-6x6-v0", Entry::DynamicObstacles(6, 3)),
    ("MiniGrid-Dynamic-Obstacles-8x8-v0", Entry::DynamicObstacles(8, 4)),
    ("MiniGrid-Dynamic-Obstacles-Random-5x5-v0", Entry::DynamicObstaclesRandom(5, 2)),
    ("MiniGrid-Dynamic-Obstacles-Random-6x6-v0", Entry::DynamicObstaclesRandom(6, 3)),
    ("MiniGrid-Empty-16x16-v0", Entry::Empty(16)),
    ("MiniGrid-Empty-5x5-v0", Entry::Empty(5)),
    ("MiniGrid-Empty-6x6-v0", Entry::Empty(6)),
    ("MiniGrid-Empty-8x8-v0", Entry::Empty(8)),
    ("MiniGrid-Empty-Random-5x5-v0", Entry::EmptyRandom(5)),
    ("MiniGrid-Empty-Random-6x6-v0", Entry::EmptyRandom(6)),
    ("MiniGrid-Fetch-5x5-N2-v0", Entry::Fetch(5, 2)),
    ("MiniGrid-Fetch-6x6-N2-v0", Entry::Fetch(6, 2)),
    ("MiniGrid-Fetch-8x8-N3-v0", Entry::Fetch(8, 3)),
    ("MiniGrid-FourRooms-v0", Entry::FourRooms),
    ("MiniGrid-GoToDoor-5x5-v0", Entry::GoToDoor(5)),
    ("MiniGrid-GoToDoor-6x6-v0", Entry::GoToDoor(6)),
    ("MiniGrid-GoToDoor-8x8-v0", Entry::GoToDoor(8)),
    ("MiniGrid-GoToObject-6x6-N2-v0", Entry::GoToObject(6, 2)),
    ("MiniGrid-GoToObject-8x8-N2-v0", Entry::GoToObject(8, 2)),
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
    ("MiniGrid-LavaGapS5-v0", Entry::LavaGap(5)),
    ("MiniGrid-LavaGapS6-v0", Entry::LavaGap(6)),
    ("MiniGrid-LavaGapS7-v0", Entry::LavaGap(7)),
    ("MiniGrid-LockedRoom-v0", Entry::LockedRoom),
    ("MiniGrid-MemoryS11-v0", Entry::Memory(11)),
    ("MiniGrid-MemoryS13-v0", Entry::Memory(13)),
    ("MiniGrid-MemoryS13Random-v0", Entry::MemoryRandom(13)),
    ("MiniGrid-MemoryS17Random-v0", Entry::MemoryRandom(17)),
    ("MiniGrid-MemoryS7-v0", Entry::Memory(7)),
    ("MiniGrid-MemoryS9-v0", Entry::Memory(9)),
    ("MiniGrid-MultiRoom-N2-S4-v0", Entry::MultiRoom(2, 4)),
    ("MiniGrid-MultiRoom-N4-S5-v0", Entry::MultiRoom(6, 5)),
    ("MiniGrid-MultiRoom-N4-S5-v1", Entry::MultiRoom(4, 5)),
    ("MiniGrid-MultiRoom-N6-v0", Entry::MultiRoom(6, 10)),
    ("MiniGrid-ObstructedMaze-1Dl-v0", small_maze(false, false)),
    ("MiniGrid-ObstructedMaze-1Dlh-v0", small_maze(true, false)),
    ("MiniGrid-ObstructedMaze-1Dlhb-v0", small_maze(true, true)),
    ("MiniGrid-ObstructedMaze-1Q-v0", large_maze(Quarters::One, MazeStart::Middle, false)),
    ("MiniGrid-ObstructedMaze-1Q-v1", large_maze(Quarters::One, MazeStart::Middle, true)),
    ("MiniGrid-ObstructedMaze-2Dl-v0", side_maze(false, false, false)),
    ("MiniGrid-ObstructedMaze-2Dlh-v0", side_maze(true, false, false)),
    ("MiniGrid-ObstructedMaze-2Dlhb-v0", side_maze(true, true, false)),
    ("MiniGrid-ObstructedMaze-2Dlhb-v1", side_maze(true, true, true)),
    ("MiniGrid-ObstructedMaze-2Q-v0", large_maze(Quarters::Two, MazeStart::Right, false)),
    ("MiniGrid-ObstructedMaze-2Q-v1", large_maze(Quarters::Two, MazeStart::Right, true)),
    ("MiniGrid-ObstructedMaze-Full-v0", large_maze(Quarters::Four, MazeStart::Middle, false)),
    ("MiniGrid-ObstructedMaze-Full-v1", large_maze(Quarters::Four, MazeStart::Middle, true)),
    ("MiniGrid-Playground-v0", Entry::Playground),
    ("MiniGrid-PutNear-6x6-N2-v0", Entry::PutNear(6, 2)),
    ("MiniGrid-PutNear-8x8-N3-v0", Entry::PutNear(8, 3)),
    ("MiniGrid-RedBlueDoors-6x6-v0", Entry::RedBlueDoors(6)),
    ("MiniGrid-RedBlueDoors-8x8-v0", Entry::RedBlueDoors(8)),
    ("MiniGrid-SimpleCrossingS11N5-v0", Entry::Crossing(11, 5, Obstacle::Wall)),
    ("MiniGrid-SimpleCrossingS9N1-v0", Entry::Crossing(9, 1, Obstacle::Wall)),
    ("MiniGrid-SimpleCrossingS9N2-v0", Entry::Crossing(9, 2, Obstacle::Wall)),
    ("MiniGrid-SimpleCrossingS9N3-v0", Entry::Crossing(9, 3, Obstacle::Wall)),
    ("MiniGrid-Unlock-v0", Entry::Unlock(Unlock::Open)),
    ("MiniGrid-UnlockPickup-v0", Entry::Unlock(Unlock::PickUp)),
    ("MiniGrid-WFC-DungeonMazeScaled-v0", Entry::Wfc(Preset::DungeonMazeScaled)),
    ("MiniGrid-WFC-MazeSimple-v0", Entry::Wfc(Preset::MazeSimple)),
    ("MiniGrid-WFC-ObstaclesAngular-v0", Entry::Wfc(Preset::ObstaclesAngular)),
    ("MiniGrid-WFC-ObstaclesBlackdots-v0", Entry::Wfc(Preset::ObstaclesBlackdots)),
    ("MiniGrid-WFC-ObstaclesHogs3-v0", Entry::Wfc(Preset::ObstaclesHogs3)),
    ("MiniGrid-WFC-RoomsFabric-v0", Entry::Wfc(Preset::RoomsFabric)),
];

/// Every registered name, in alphabetical order.
pub fn registered_ids() -> impl Iterator<Item = &'static str> {
    babyai::REGISTER.iter().map(|(id, _)| *id).chain(REGISTER.iter().map(|(id, _)| *id))
}

pub(crate) fn registered(id: &str) -> Result<Box<dyn Generate>, MakeError> {
    let ours = babyai::REGISTER.iter().find(|(name, _)| *name == id).map(|(_, level)| level.make());
    let made = ours.or_else(|| REGISTER.iter().find(|(name, _)| *name == id).map(|(_, entry)| entry.make()));
    match made {
        Some(made) => {
            made.map_err(|reason| MakeError::Invalid { id: id.to_owned(), reason: reason.to_string() })
        }
        None => Err(MakeError::Unknown { id: id.to_owned(), hint: nearest(id, registered_ids()) }),
    }
}

impl babyai::BabyAi {
    fn make(self) -> Made {
        Ok(Box::new(self.checked()?))
    }
}
