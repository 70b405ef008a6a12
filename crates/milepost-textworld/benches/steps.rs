//! Steps with their admissible commands under a random policy, resets included, on one thread.
//!
//! Criterion's rate is steps per second. The games were made by TextWorld 1.7.0 (`tw-treasure_hunter`,
//! seed 1234).
#![allow(missing_docs, reason = "criterion's macros generate undocumented items")]

use std::io::Read;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use milepost_core::{Environment, Purpose, Stream, StreamKey, TaskSeed};
use milepost_textworld::engine::{GameAction, Session, TextGame, World};
use milepost_textworld::game::Game;

const GAMES: [(&str, &[u8]); 2] = [
    ("treasure-hunter-10", include_bytes!("data/treasure-hunter-10.json.gz")),
    ("treasure-hunter-30", include_bytes!("data/treasure-hunter-30.json.gz")),
];

/// Steps after which the play starts again if it has not ended.
const LIMIT: u32 = 100;

fn json(bytes: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).expect("a committed file");
    text
}

fn world(bytes: &[u8]) -> Arc<World> {
    let game = Game::from_json(&json(bytes)).expect("a game of TextWorld");
    Arc::new(World::new(game).expect("a sound game"))
}

/// Numbers drawn ahead, so that drawing them is not measured.
fn draws() -> Vec<u32> {
    let mut stream = Stream::new(StreamKey::new(0, Purpose::POLICY));
    (0..4096).map(|_| stream.below(1 << 32) as u32).collect()
}

/// `draw` scaled to `0..count`.
fn pick(draw: u32, count: usize) -> u32 {
    ((u64::from(draw) * count as u64) >> 32) as u32
}

fn environment(c: &mut Criterion) {
    let mut group = c.benchmark_group("environment");
    group.throughput(Throughput::Elements(1));
    for (name, bytes) in GAMES {
        let mut game = TextGame::new(world(bytes)).with_max_steps(LIMIT);
        let draws = draws();
        let mut next = 0;
        game.reset(TaskSeed::literal(0)).expect("resets");
        let mut observation = game.new_observation();
        game.observe(&mut observation);
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                let action = GameAction::Admissible(pick(draws[next], observation.commands.len()));
                next = (next + 1) % draws.len();
                let outcome = game.step(&action).expect("admissible");
                if outcome.ending.is_some() {
                    game.reset(TaskSeed::literal(0)).expect("resets");
                }
                game.observe(&mut observation);
                outcome.reward
            });
        });
    }
    group.finish();
}

/// As above, with the winning policy and the intermediate reward after every step.
fn policy(c: &mut Criterion) {
    let mut group = c.benchmark_group("with-policy");
    group.throughput(Throughput::Elements(1));
    for (name, bytes) in GAMES {
        let mut session = Session::new(world(bytes));
        let draws = draws();
        let mut next = 0;
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                let count = session.admissible_count();
                session.step_admissible(pick(draws[next], count) as usize);
                next = (next + 1) % draws.len();
                if session.is_done() || session.moves() == LIMIT {
                    session.restart();
                }
                session.follow_plans();
                (session.intermediate_reward(), session.policy_length(), session.admissible_count())
            });
        });
    }
    group.finish();
}

fn snapshots(c: &mut Criterion) {
    let mut group = c.benchmark_group("clone");
    for (name, bytes) in GAMES {
        let session = Session::new(world(bytes));
        group.bench_function(BenchmarkId::from_parameter(name), |b| b.iter(|| session.clone()));
    }
    group.finish();
}

fn loading(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    for (name, bytes) in GAMES {
        let text = json(bytes);
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                World::new(Game::from_json(&text).expect("a game of TextWorld")).expect("a sound game")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, environment, policy, snapshots, loading);
criterion_main!(benches);
