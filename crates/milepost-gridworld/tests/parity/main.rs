//! Stepping, looking and drawing levels, compared with recordings of MiniGrid 3.2.0.

mod generation;
mod language;
mod random_stream;
mod recording;
mod stepping;

/// The families that must be among any recordings.
const FAMILIES: [&str; 12] = [
    "MiniGrid-Empty",
    "MiniGrid-DoorKey",
    "MiniGrid-FourRooms",
    "MiniGrid-LavaCrossing",
    "MiniGrid-MultiRoom",
    "MiniGrid-KeyCorridor",
    "BabyAI-GoTo",
    "BabyAI-Open",
    "BabyAI-Pickup",
    "BabyAI-PutNext",
    "BabyAI-Unlock",
    "BabyAI-BossLevel",
];
