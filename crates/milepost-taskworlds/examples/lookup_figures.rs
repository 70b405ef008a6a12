//! The figures of the book's page on lookup-qa: `cargo run -p milepost-taskworlds --example lookup_figures`.
//!
//! With a number as argument it takes that many episodes of the default world with the scripted reader and prints
//! the steps taken, for a stopwatch outside.
#![allow(clippy::print_stdout, reason = "a command line tool speaks")]

use milepost_core::{Demonstrator, Environment, Purpose, Stream, StreamKey, TaskSeed, TokenEnvironment};
use milepost_taskworlds::lookup::{LookupConfig, LookupMeasure, LookupQa, ReaderNoise};

/// Tasks for each figure.
const TASKS: u64 = 4000;

/// Means over episodes.
#[derive(Default)]
struct Figures {
    solved: f64,
    turns: f64,
    tokens: f64,
}

/// Plays evaluation tasks with the turns that `choose` writes.
fn play(
    config: &LookupConfig,
    tasks: u64,
    choose: impl Fn(&LookupQa, &mut Stream) -> Option<Vec<u32>>,
) -> Result<Figures, Box<dyn std::error::Error>> {
    let mut world = LookupQa::new(config.clone())?;
    let mut said = world.new_observation();
    let mut sum = Figures::default();
    for index in 0..tasks {
        let task = TaskSeed::evaluation(0, index);
        let key = StreamKey { task: task.get(), ..StreamKey::new(0, Purpose::named("lookup figures")) };
        let mut stream = Stream::new(key);
        world.reset(task)?;
        world.observe(&mut said);
        sum.tokens += said.len() as f64;
        while let Some(turn) = choose(&world, &mut stream).filter(|_| world.ending().is_none()) {
            world.step(&turn)?;
            world.observe(&mut said);
            sum.turns += 1.0;
            sum.tokens += (turn.len() + said.len()) as f64;
        }
        sum.solved += world.gold().map_or(0.0, |gold| gold.for_evaluation(LookupMeasure::ExactMatch));
    }
    let n = tasks as f64;
    Ok(Figures { solved: sum.solved / n, turns: sum.turns / n, tokens: sum.tokens / n })
}

fn worlds() -> Vec<(&'static str, LookupConfig)> {
    let default = LookupConfig::default();
    vec![
        ("default: 2 hops, names of 2 tokens, η = 0.3", default.clone()),
        ("names of 1 token", LookupConfig { name_len: 1, ..default.clone() }),
        ("names of 1 token, no thoughts", LookupConfig { name_len: 1, thoughts: 0, ..default.clone() }),
        ("3 hops", LookupConfig { hops: 3, ..default.clone() }),
        ("3 hops, `via` and citations", LookupConfig { hops: 3, via: true, citations: 4, ..default.clone() }),
        ("4 hops, 8 turns", LookupConfig { hops: 4, turns: 8, ..default.clone() }),
        ("2 hops, η = 1", LookupConfig { retriever_noise: 1.0, ..default.clone() }),
        ("2 hops, shortcut 0.4", LookupConfig { shortcut: 0.4, ..default }),
    ]
}

fn report() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "| world | words | bound | expert: solved, turns, tokens | reader | reader with mistakes | random |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, config) in worlds() {
        let words = LookupQa::new(config.clone())?.vocabulary().len();
        print!("| {name} | {words} | {} |", config.token_bound());
        let slips = ReaderNoise::default();
        for figures in [
            play(&config, TASKS, |world, _| world.expert_turn())?,
            play(&config, TASKS, |world, stream| world.reader_turn(&ReaderNoise::NONE, stream))?,
            play(&config, TASKS, |world, stream| world.reader_turn(&slips, stream))?,
            play(&config, TASKS, |world, stream| Some(world.random_turn(stream)))?,
        ] {
            print!(" {:.3}, {:.2}, {:.1} |", figures.solved, figures.turns, figures.tokens);
        }
        println!();
    }
    Ok(())
}

/// How often the reader succeeds where a hop is left out, and a relation mistaken, at each of these rates.
fn warm_starts() -> Result<(), Box<dyn std::error::Error>> {
    println!("\n| world | 0 | 0.1 | 0.2 | 0.3 | 0.4 | 0.5 |\n|---|---|---|---|---|---|---|");
    for hops in [2, 3] {
        let config = LookupConfig { hops, ..LookupConfig::default() };
        print!("| {hops} hops |");
        for rate in [0.0, 0.1, 0.2, 0.3, 0.4, 0.5] {
            let noise = ReaderNoise { skip: rate, wrong_relation: rate, ..ReaderNoise::default() };
            print!(
                " {:.3} |",
                play(&config, TASKS, |world, stream| world.reader_turn(&noise, stream))?.solved
            );
        }
        println!();
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(episodes) = std::env::args().nth(1) else {
        report()?;
        return warm_starts();
    };
    let episodes: u64 = episodes.parse()?;
    let reader = |world: &LookupQa, stream: &mut Stream| world.reader_turn(&ReaderNoise::NONE, stream);
    let figures = play(&LookupConfig::default(), episodes, reader)?;
    println!("{episodes} episodes, {:.0} steps", figures.turns * episodes as f64);
    Ok(())
}
