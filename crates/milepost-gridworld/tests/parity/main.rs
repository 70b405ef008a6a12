//! Stepping, looking and drawing levels, compared with recordings of MiniGrid 3.2.0.

mod generation;
mod language;
mod random_stream;
mod recording;
mod solver;
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

#[expect(clippy::print_stderr, reason = "what was compared must be visible in the test's output")]
fn report(line: &str) {
    eprintln!("{line}");
}
