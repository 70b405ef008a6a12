//! How often a noisy expert succeeds: `cargo run -p milepost-taskworlds --example demonstrators`.
#![allow(clippy::print_stdout, reason = "a command line tool speaks")]

use milepost_core::{Demonstrator, Ending, EnvError, Purpose, Stream, StreamKey, TaskSeed};
use milepost_taskworlds::lookup::{LookupConfig, LookupQa};
use milepost_taskworlds::pages::{ActionSpace, PageConfig, PageText};
use milepost_taskworlds::rule_db::{Generator, RuleDb, RuleDbConfig};

/// Tasks for each figure.
const TASKS: u64 = 1000;

/// Share of evaluation tasks on which the expert succeeds at this noise.
fn success<E: Demonstrator>(prototype: &E, noise: f64) -> Result<f64, EnvError> {
    let mut solved = 0;
    for index in 0..TASKS {
        let task = TaskSeed::evaluation(0, index);
        let mut world = prototype.clone();
        world.reset(task)?;
        let key = StreamKey { task: task.get(), ..StreamKey::new(0, Purpose::named("noisy expert")) };
        let mut stream = Stream::new(key);
        while world.ending().is_none() {
            let turn = world.noisy_turn(noise, &mut stream);
            world.step(&turn)?;
        }
        solved += u64::from(world.ending().is_some_and(Ending::is_success));
    }
    Ok(solved as f64 / TASKS as f64)
}

fn report<E: Demonstrator>(name: &str, prototype: &E) -> Result<(), EnvError> {
    print!("| {name} |");
    for noise in [0.0, 0.1, 0.25, 0.5, 0.75, 1.0] {
        print!(" {:.3} |", success(prototype, noise)?);
    }
    println!();
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("| world | 0 | 0.1 | 0.25 | 0.5 | 0.75 | 1 |\n|---|---|---|---|---|---|---|");
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
