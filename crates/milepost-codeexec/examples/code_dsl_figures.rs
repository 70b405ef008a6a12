//! The figures of the book's page on `code-dsl`: `cargo run -p milepost-codeexec --example code_dsl_figures`.
#![allow(clippy::print_stdout, reason = "a command line tool speaks")]

use milepost_codeexec::Audit;
use milepost_codeexec::code_dsl::{
    Case, CodeDsl, CodeGold, CodeMeasure, CodeTool, DroppedGuards, TaskConfig, ToolAction, ToolConfig,
};
use milepost_codeexec::pipeline::mutation_score;
use milepost_core::{Demonstrator, Ending, Environment, Purpose, Stream, StreamKey, TaskSeed};

/// Tasks for each figure.
const TASKS: u64 = 2000;

type Failure = Box<dyn std::error::Error>;

fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.into_iter().collect();
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn bool(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("code-dsl figures")))
}

fn main() -> Result<(), Failure> {
    programs()?;
    tasks(1)?;
    tasks(16)?;
    for flaky in [0.0, 0.2] {
        tools(flaky)?;
    }
    Ok(())
}

/// What the scripted writer and a random one pass, rewarded and on gold.
fn programs() -> Result<(), Failure> {
    let mut world = CodeDsl::default();
    for (name, drop) in
        [("all guards", 0.0), ("guards dropped, 0.7", 0.7), ("no guards", 1.0), ("random", f64::NAN)]
    {
        let (mut solved, mut gold, mut rate) = (Vec::new(), Vec::new(), Vec::new());
        for seed in 0..TASKS {
            world.reset(TaskSeed::literal(seed))?;
            let mut draws = stream(seed);
            let hasty = world.hasty_turn(DroppedGuards { probability: drop }, &mut draws);
            let turn = hasty.filter(|_| !drop.is_nan()).unwrap_or_else(|| world.random_turn(&mut draws));
            world.step(&turn)?;
            solved.push(bool(world.ending().is_some_and(Ending::is_success)));
            let of = CodeGold::of(&world).ok_or("no gold")?;
            gold.push(of.for_evaluation(CodeMeasure::AllPassed));
            rate.push(of.for_evaluation(CodeMeasure::PassRate));
        }
        let (solved, gold, rate) = (mean(solved), mean(gold), mean(rate));
        println!("{name}: solved {solved:.3}, gold all passed {gold:.3}, gold pass rate {rate:.3}");
    }
    Ok(())
}

/// How strong the tests are, and what is earned for nothing.
fn tasks(copies: u32) -> Result<(), Failure> {
    let task = TaskConfig { copies, ..TaskConfig::default() };
    let config = milepost_codeexec::code_dsl::CodeConfig { task, ..Default::default() };
    let mut world = CodeDsl::new(config)?;
    let (mut strength, mut floor, mut warned) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 0..TASKS / 10 {
        world.reset(TaskSeed::literal(seed))?;
        let task = world.task().ok_or("no task")?;
        let inputs: Vec<Vec<i64>> = task.train().cases().iter().map(|case| case.input.clone()).collect();
        strength.push(mutation_score(task.target(), &inputs).score());
        let shown: Vec<_> = task.shown().iter().map(Case::to_test).collect();
        let rewarded = task.train().to_tests();
        let audit = Audit::new(&shown, &rewarded, &vec![1.0; rewarded.len()])?;
        floor.push(audit.floor());
        warned.push(bool(audit.is_warning()));
    }
    let (strength, floor, warned) = (mean(strength), mean(floor), mean(warned));
    println!("copies {copies}: mutation score {strength:.3}, floor {floor:.3}, above a half {warned:.3}");
    Ok(())
}

/// What demonstrations under noise 0.45 show of a tool.
fn tools(flaky: f64) -> Result<(), Failure> {
    let mut world = CodeTool::new(ToolConfig { flaky, ..ToolConfig::default() })?;
    let (mut first, mut repaired, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 0..TASKS {
        world.reset(TaskSeed::literal(seed))?;
        let mut draws = stream(seed);
        while world.ending().is_none() {
            let turn = world.noisy_turn(0.45, &mut draws);
            world.step(&turn)?;
        }
        first.push(bool(world.events()[0].is_failed_call()));
        failed.push(f64::from(world.failed_calls()));
        for pair in world.events().windows(2).filter(|pair| pair[0].is_fault()) {
            if let ToolAction::Run { result, .. } = &pair[1].action {
                repaired.push(bool(result.is_ok()));
            }
        }
    }
    let (first, repaired, failed) = (mean(first), mean(repaired), mean(failed));
    println!(
        "flaky {flaky}: first call fails {first:.3}, repaired at once {repaired:.3}, failed calls {failed:.2}"
    );
    Ok(())
}
