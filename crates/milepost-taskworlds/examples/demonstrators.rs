//! How often a noisy expert succeeds, and how long its episodes are without noise:
//! `cargo run -p milepost-taskworlds --example demonstrators`.
#![allow(clippy::print_stdout, reason = "a command line tool speaks")]

use milepost_core::{Demonstrator, Ending, EnvError, Purpose, Stream, StreamKey, TaskSeed};
use milepost_taskworlds::lookup::{LookupConfig, LookupQa};
use milepost_taskworlds::pages::{ActionSpace, PageConfig, PageText};
use milepost_taskworlds::rule_db::{Generator, RuleDb, RuleDbConfig};

/// Tasks for each figure.
const TASKS: u64 = 1000;

/// What came of the episodes of a noisy expert.
#[derive(Default)]
struct Tally {
    solved: u64,
    /// Tokens of an episode, read and written: all of them, and the most.
    tokens: usize,
    longest: usize,
}

/// Plays the evaluation tasks at this noise.
fn play<E: Demonstrator>(prototype: &E, noise: f64) -> Result<Tally, EnvError> {
    let mut tally = Tally::default();
    let mut heard = Vec::new();
    for index in 0..TASKS {
        let task = TaskSeed::evaluation(0, index);
        let mut world = prototype.clone();
        world.reset(task)?;
        world.observe(&mut heard);
        let mut tokens = heard.len();
        let key = StreamKey { task: task.get(), ..StreamKey::new(0, Purpose::named("noisy expert")) };
        let mut stream = Stream::new(key);
        while world.ending().is_none() {
            let turn = world.noisy_turn(noise, &mut stream);
            world.step(&turn)?;
            world.observe(&mut heard);
            tokens += turn.len() + heard.len();
        }
        tally.solved += u64::from(world.ending().is_some_and(Ending::is_success));
        tally.tokens += tokens;
        tally.longest = tally.longest.max(tokens);
    }
    Ok(tally)
}

fn report<E: Demonstrator>(name: &str, prototype: &E) -> Result<(), EnvError> {
    let expert = play(prototype, 0.0)?;
    let share = |tally: &Tally| tally.solved as f64 / TASKS as f64;
    print!(
        "| {name} | {} | {:.0} | {} |",
        prototype.vocabulary().len(),
        expert.tokens as f64 / TASKS as f64,
        expert.longest
    );
    print!(" {:.3} |", share(&expert));
    for noise in [0.1, 0.25, 0.5, 0.75, 1.0] {
        print!(" {:.3} |", share(&play(prototype, noise)?));
    }
    println!();
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "| world | words | tokens | most | 0 | 0.1 | 0.25 | 0.5 | 0.75 | 1 |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    let default = PageConfig::default();
    let flat = PageConfig { actions: ActionSpace::WithoutCrop, ..default.clone() };
    let loud = PageConfig { retriever_noise: 1.0, ..default.clone() };
    report("page-qa", &PageText::new(default)?)?;
    report("page-qa, without crop", &PageText::new(flat)?)?;
    report("page-qa, η = 1", &PageText::new(loud)?)?;
    let three = LookupConfig { hops: 3, ..LookupConfig::default() };
    report("lookup-qa", &LookupQa::default())?;
    report("lookup-qa, 3 hops", &LookupQa::new(three)?)?;
    for (name, generator) in [
        ("rule-db", Generator::Logigen),
        ("rule-db, without boundaries", Generator::WithoutBoundaries),
        ("rule-db, backward", Generator::Backward),
        ("rule-db, without distractors", Generator::WithoutDistractors),
    ] {
        report(name, &RuleDb::new(RuleDbConfig { generator, ..RuleDbConfig::default() })?)?;
    }
    Ok(())
}
