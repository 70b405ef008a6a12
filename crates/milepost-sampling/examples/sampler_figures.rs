//! What each sampler makes of the same policy, and what it pays for it:
//! `cargo run -p milepost-sampling --example sampler_figures`.
#![allow(clippy::print_stdout, reason = "a command line tool speaks")]

use std::error::Error;

use milepost_core::{TaskSeed, TokenEnvironment};
use milepost_sampling::hints::EnvironmentReturn;
use milepost_sampling::judge::{Each, StepQuery, Verdict};
use milepost_sampling::refine::{Draft, Redo, Reviewer};
use milepost_sampling::table::TablePolicy;
use milepost_sampling::toy::Lock;
use milepost_sampling::tree::ByTrial;
use milepost_sampling::{
    BestOfN, ContextRule, GroupSampler, HintRescue, Refine, Rollback, SamplerSettings, StepTree, TokenSampler,
};

/// Tasks for each figure; one group of eight, or eight trees, on each.
const TASKS: u64 = 1000;

/// 1 for the dial that the code asks for, 0 for the rest.
fn oracle(query: &StepQuery<'_, Lock>) -> Verdict {
    let wanted = query.environment.dial(query.environment.dialled());
    Verdict::of(f64::from(u8::from(query.turn.iter().any(|word| Some(*word) == wanted))))
}

fn is_open(draft: &Draft<'_, Lock>) -> f64 {
    f64::from(u8::from(draft.trajectory.ending.is_success()))
}

/// Cuts before the first turn after which the code cannot be right any more, or the lock was not turned.
fn first_wrong(draft: &Draft<'_, Lock>) -> Vec<f64> {
    let turns = draft.trajectory.turns.len();
    let right = |turn: &usize| draft.world_before(*turn).right() == *turn;
    let kept = (0..turns).take_while(right).last().unwrap_or(0);
    (0..=kept).map(|turn| f64::from(u8::from(turn == kept))).collect()
}

/// A dial that is refused is a call; the thought before it stays.
fn dial(_: &Lock, turn: &[u32]) -> Option<usize> {
    turn.iter().position(|word| (Lock::X..=Lock::Z).contains(word))
}

/// The first dial, written under the prompt. A uniform policy cannot read it: what it gains is another try.
fn hint(lock: &Lock, _attempt: u32) -> Option<Vec<u32>> {
    Some(vec![1, Lock::LOCK, lock.dial(0)?])
}

fn row(name: &str, mut sampler: impl TokenSampler<Lock>) -> Result<(), Box<dyn Error>> {
    let lock = Lock::new(3)?;
    let policy = TablePolicy::uniform(lock.vocabulary().len(), 1);
    let settings =
        SamplerSettings { constrained: true, ..SamplerSettings::training(1, ContextRule::full(64), 6) };
    let tasks: Vec<_> = (0..TASKS).map(|key| (key, TaskSeed::train(1, key))).collect();
    let rollout = sampler.sample(&lock, &tasks, &policy, &mut [], &settings)?;
    let n = rollout.episodes.len() as f64;
    let solved = rollout.episodes.iter().filter(|episode| episode.success()).count() as f64 / n;
    let refused: u32 = rollout.episodes.iter().map(|episode| episode.faults.refused).sum();
    let trained = rollout.batch.policy_tokens() as f64;
    println!(
        "| {name} | {solved:.3} | {:.2} | {:.1} | {:.1} |",
        f64::from(refused) / n,
        trained / n,
        rollout.ledger.drawn_by_policy() as f64 / n
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("| sampler | solved | refused | trained | drawn |\n|---|---|---|---|---|");
    row("plain groups", GroupSampler { group_size: 8 })?;
    let tree = |temperature| StepTree {
        trees: 8,
        candidates: 5,
        temperature,
        early_bonus: 0.1,
        rater: Each(oracle),
        protocol: ByTrial,
    };
    row("step tree, `k` = 5, `η` = 0.7", tree(0.7))?;
    row("step tree, `k` = 5, `η` = 0", tree(0.0))?;
    let rollback = |threshold| Rollback {
        group_size: 8,
        retries: 3,
        probability: 1.0,
        cap: 30,
        threshold,
        again: Vec::new(),
        format: dial,
    };
    row("rollback, `K` = 3, `γ_s` = 0.5", rollback(0.5))?;
    let refine = |rounds| Refine {
        group_size: 8,
        rounds,
        reviewer: Reviewer::Judged { discriminator: is_open, trimmer: first_wrong },
        redo: Redo::FromCut,
    };
    row("refinement by an oracle, one round", refine(1))?;
    row("refinement by an oracle, four rounds", refine(4))?;
    let inner = GroupSampler { group_size: 8 };
    row(
        "hint rescue, `M` = 1",
        HintRescue { inner, hints: hint, worth: EnvironmentReturn, completions: 1, attempts: 5 },
    )?;
    let best = BestOfN { group_size: 8, candidates: 5, rater: Each(oracle), protocol: ByTrial };
    row("best of five by an oracle", best)
}
