//! What the generators of `rule-db` make: `cargo run -p milepost-taskworlds --example generators`.
#![allow(clippy::print_stdout, reason = "a command line tool speaks")]

use milepost_core::{Demonstrator, Environment, TaskSeed, TokenEnvironment};
use milepost_taskworlds::rule_db::{
    Generator, Limits, RuleDb, RuleDbConfig, Scope, Search, WishOrder, plan, synthesise,
};

/// Tasks for each figure.
const TASKS: u64 = 500;
/// Exhaustive search of small states.
const EXHAUSTIVE: Limits = Limits { scope: Scope::Everything, depth: 10, states: 3000 };

fn share(count: u32) -> f64 {
    f64::from(count) / TASKS as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "| generator | drafts | wishes | first choices | any order | at a boundary | no solution known | proved unsolvable | undecided |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (name, generator) in [
        ("logigen", Generator::Logigen),
        ("without-boundaries", Generator::WithoutBoundaries),
        ("backward", Generator::Backward),
        ("without-distractors", Generator::WithoutDistractors),
    ] {
        let config = RuleDbConfig { generator, ..RuleDbConfig::default() };
        let [mut drafts, mut wishes, mut first, mut any, mut boundary] = [0; 5];
        let [mut unknown, mut unsolvable, mut undecided] = [0; 3];
        for index in 0..TASKS {
            let task = synthesise(&config, TaskSeed::evaluation(0, index))?;
            drafts += task.drafts;
            wishes += task.wishes.len() as u32;
            first += u32::from(task.wishes.iter().any(|wish| wish.first_choice.is_some()));
            any += u32::from(task.order == WishOrder::Any);
            boundary += u32::from(task.boundary.is_some());
            if task.solution.is_none() {
                unknown += 1;
                match plan(&task.book, task.role, &task.start, &task.goal, EXHAUSTIVE) {
                    Search::Unreachable => unsolvable += 1,
                    Search::Undecided => undecided += 1,
                    Search::Found(_) => {}
                }
            }
        }
        println!(
            "| {name} | {:.2} | {:.2} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} |",
            share(drafts),
            share(wishes),
            share(first),
            share(any),
            share(boundary),
            share(unknown),
            share(unsolvable),
            share(undecided)
        );
    }
    let mut world = RuleDb::new(RuleDbConfig::default())?;
    let mut heard = world.new_observation();
    for index in 0..4 {
        println!();
        world.reset(TaskSeed::evaluation(0, index))?;
        world.observe(&mut heard);
        println!("{}", world.vocabulary().decode(&heard));
        while let Some(turn) = world.expert_turn() {
            world.step(&turn)?;
            world.observe(&mut heard);
            println!("> {}\n{}", world.vocabulary().decode(&turn), world.vocabulary().decode(&heard));
        }
    }
    Ok(())
}
