//! How many levels the solver solves: `cargo run -p milepost-gridworld --example solver_rate -- [first seed]
//! [seeds] [part of a name]`.

#![expect(clippy::print_stdout, reason = "a command line tool")]

use std::collections::BTreeMap;

use milepost_core::{Environment, TaskSeed};
use milepost_gridworld::{Distance, DistanceOracle, Gridworld, Solver, Unsolved, registered_ids};

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    NoLevel,
    Solved,
    Pointless,
    Hopeless,
    Unreachable,
    NotFound,
}

fn attempt(world: &Gridworld, oracle: &mut DistanceOracle) -> (Outcome, usize) {
    match Solver.demonstrate(world) {
        Ok(demonstration) => (Outcome::Solved, demonstration.actions.len()),
        Err(Unsolved::Pointless { .. }) => (Outcome::Pointless, 0),
        Err(Unsolved::Hopeless { .. }) => (Outcome::Hopeless, 0),
        Err(_) if oracle.distance(world) == Distance::Unreachable => (Outcome::Unreachable, 0),
        Err(_) => (Outcome::NotFound, 0),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: u64| arguments.get(index).map_or(Ok(default), |text| text.parse());
    let (first, seeds) = (number(0, 0)?, number(1, 20)?);
    let part = arguments.get(2).map_or("", String::as_str);
    let mut oracle = DistanceOracle::default();
    let mut totals: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut steps = 0;
    for id in registered_ids().filter(|id| id.contains(part)) {
        let mut world = Gridworld::make(id)?;
        for seed in first..first + seeds {
            let drawn = world.reset(TaskSeed::literal(seed));
            let (outcome, taken) = drawn.map_or((Outcome::NoLevel, 0), |()| attempt(&world, &mut oracle));
            *totals.entry(outcome).or_default() += 1;
            steps += taken;
            if !matches!(outcome, Outcome::Solved | Outcome::Pointless) {
                println!("{outcome:?} {id} seed {seed}");
            }
        }
    }
    println!("{totals:?}, {steps} steps");
    Ok(())
}
