//! Stepping, looking and drawing levels, compared with recordings of MiniGrid 3.2.0.

mod generation;
mod random_stream;
mod recording;
mod stepping;

/// The families that must be among any recordings.
const FAMILIES: [&str; 6] = ["Empty", "DoorKey", "FourRooms", "LavaCrossing", "MultiRoom", "KeyCorridor"];
