//! Takes random admissible steps in a game file and does nothing else, for a stopwatch outside:
//! `benches/peers/textworld_speed.py`.
//!
//! `cargo run --release -p milepost-textworld --example stepping -- WAY FILE STEPS`, where `WAY` is `commands`
//! (after each step the admissible commands) or `policy` (also the winning policy and the intermediate reward).

use std::hint::black_box;
use std::sync::Arc;

use milepost_core::{Purpose, Stream, StreamKey};
use milepost_textworld::engine::{CommandId, Session, World};
use milepost_textworld::game::Game;

/// Steps after which the play starts again if it has not ended.
const LIMIT: u32 = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, file, steps] = arguments.as_slice() else { return Err("WAY FILE STEPS".into()) };
    let follow = match way.as_str() {
        "commands" => false,
        "policy" => true,
        _ => return Err(format!("there is no way {way:?} of stepping").into()),
    };
    let game = Game::from_json(&std::fs::read_to_string(file)?)?;
    let mut session = Session::new(Arc::new(World::new(game)?));
    let mut stream = Stream::new(StreamKey::new(0, Purpose::POLICY));
    let mut commands: Vec<CommandId> = session.admissible().collect();
    for _ in 0..steps.parse::<u64>()? {
        let command = commands[stream.below(commands.len() as u64) as usize];
        black_box(session.step_command(command));
        if follow {
            session.follow_plans();
            black_box((session.intermediate_reward(), session.policy_length()));
        }
        if session.is_done() || session.moves() == LIMIT {
            session.restart();
        }
        commands.clear();
        commands.extend(session.admissible());
        black_box(&commands);
    }
    Ok(())
}
