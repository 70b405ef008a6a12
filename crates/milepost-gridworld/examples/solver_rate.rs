//! How many levels the solver solves, and how short its solutions are.
//!
//! `cargo run -p milepost-gridworld --example solver_rate -- [first seed] [seeds] [part of a name] [states]`
//! compares with the shortest solution where a level has at most `states` states (0, the default: nowhere).

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

/// Steps taken, and the fewest that would have done, where that is known.
#[derive(Debug, Default)]
struct Lengths {
    steps: usize,
    compared: usize,
    compared_steps: usize,
    fewest: usize,
    as_few: usize,
}

fn attempt(world: &Gridworld, oracle: Option<&mut DistanceOracle>, lengths: &mut Lengths) -> Outcome {
    match Solver.demonstrate(world) {
        Ok(demonstration) => {
            let steps = demonstration.actions.len();
            lengths.steps += steps;
            if let Some(fewest) = oracle.and_then(|oracle| oracle.steps_to_go(world)) {
                lengths.compared += 1;
                lengths.compared_steps += steps;
                lengths.fewest += fewest as usize;
                lengths.as_few += usize::from(steps == fewest as usize);
            }
            Outcome::Solved
        }
        Err(Unsolved::Pointless { .. }) => Outcome::Pointless,
        Err(Unsolved::Hopeless { .. }) => Outcome::Hopeless,
        Err(_) if DistanceOracle::default().distance(world) == Distance::Unreachable => Outcome::Unreachable,
        Err(_) => Outcome::NotFound,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: u64| arguments.get(index).map_or(Ok(default), |text| text.parse());
    let (first, seeds, states) = (number(0, 0)?, number(1, 20)?, number(3, 0)? as usize);
    let part = arguments.get(2).map_or("", String::as_str);
    let mut oracle = (states > 0).then(|| DistanceOracle::new(states, states));
    let mut totals: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut lengths = Lengths::default();
    for id in registered_ids().filter(|id| id.contains(part)) {
        let mut world = Gridworld::make(id)?;
        for seed in first..first + seeds {
            let drawn = world.reset(TaskSeed::literal(seed));
            let outcome = drawn.map_or(Outcome::NoLevel, |()| attempt(&world, oracle.as_mut(), &mut lengths));
            *totals.entry(outcome).or_default() += 1;
            if !matches!(outcome, Outcome::Solved | Outcome::Pointless) {
                println!("{outcome:?} {id} seed {seed}");
            }
        }
    }
    println!("{totals:?}\n{lengths:?}");
    Ok(())
}
