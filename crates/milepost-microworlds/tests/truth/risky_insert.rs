//! Known answers of the risky insertion: which rewards leave the best policy alone.

use milepost_core::{Environment, TaskSeed};
use milepost_eval::exact::{StateGraph, discounted};
use milepost_microworlds::worlds::{InsertReward, RiskyInsert, RiskyInsertConfig, TerminalPotential};
use milepost_microworlds::{Dynamics, Microworld};

use crate::exact::{close, solve_under};

fn world(insert: f64, discount: f64, reward: InsertReward, terminal: TerminalPotential) -> RiskyInsert {
    let config =
        RiskyInsertConfig { insert, discount, reward, terminal_potential: terminal, ..Default::default() };
    RiskyInsert::new(config).expect("valid")
}

/// The actions that are best for the discounted reward without a horizon, by position.
fn best(world: &RiskyInsert, discount: f64) -> Vec<Vec<u32>> {
    let mut environment = Microworld::new(world.clone());
    environment.reset(TaskSeed::literal(0)).expect("one start");
    let graph = StateGraph::enumerate(&environment, 100).expect("ten states");
    let values = discounted::optimal(graph.mdp(), discount).expect("solvable");
    let of = |position: u32| graph.index_of(u64::from(position)).expect("reachable");
    (0..RiskyInsert::GOAL).map(|position| values.best_actions(of(position))).collect()
}

/// The probability of success within the horizon, ties between best actions broken evenly.
fn success(insert: f64, discount: f64, reward: InsertReward, terminal: TerminalPotential) -> f64 {
    let best = best(&world(insert, discount, reward, terminal), discount);
    let judge = world(insert, discount, InsertReward::Sparse, terminal);
    let policy = |state: &u32, into: &mut [f64]| {
        let choices = &best[*state as usize];
        for (action, p) in into.iter_mut().enumerate() {
            let chosen = choices.contains(&(action as u32));
            *p = if chosen { 1.0 / choices.len() as f64 } else { 0.0 };
        }
    };
    solve_under(&judge, policy).mean_return()
}

/// Within 80 steps, p = 0.1 and γ = 0.99: 0.69 for rewards that keep the best policy, 0 for those that pay for being far
/// along; with p = 0.3 and γ = 0.95, 0.98 and 0.
#[test]
fn shaping_keeps_success_and_paying_for_progress_loses_it() {
    use InsertReward::{Absolute, AbsoluteOnly, Difference, DifferenceOnly, Shaped, Sparse};
    for terminal in [TerminalPotential::Keep, TerminalPotential::Zero] {
        for (insert, discount, reached) in [(0.1, 0.99, 0.69), (0.3, 0.95, 0.98)] {
            for reward in [Sparse, Shaped] {
                let found = success(insert, discount, reward, terminal);
                assert!((found - reached).abs() < 0.005, "{reward:?} {terminal:?}: {found}");
            }
            for reward in [DifferenceOnly, AbsoluteOnly, Absolute] {
                let found = success(insert, discount, reward, terminal);
                assert!(found < 1e-12, "{reward:?} {terminal:?}: {found}");
            }
        }
    }
    let found = success(0.1, 0.99, Difference, TerminalPotential::Keep);
    assert!((found - 0.69).abs() < 0.005, "gold and the difference: {found}");
}

/// Shaping alone, its potential kept at the end, is a reward for success; with 0 at the end it tells nothing.
#[test]
fn shaping_alone_is_gold_or_nothing_by_the_potential_of_success() {
    let kept = success(0.1, 0.99, InsertReward::ShapingOnly, TerminalPotential::Keep);
    assert!((kept - 0.69).abs() < 0.005, "{kept}");
    let world = world(0.1, 0.99, InsertReward::ShapingOnly, TerminalPotential::Zero);
    let mut environment = Microworld::new(world);
    environment.reset(TaskSeed::literal(0)).expect("one start");
    let graph = StateGraph::enumerate(&environment, 100).expect("ten states");
    let values = discounted::optimal(graph.mdp(), 0.99).expect("solvable");
    for position in 0..RiskyInsert::GOAL {
        let state = graph.index_of(u64::from(position)).expect("reachable");
        for q in values.action_values(state) {
            assert!((q + f64::from(position) / 10.0).abs() < 1e-9, "Q = −Φ at {position}: {q}");
        }
    }
}

/// By hand: two steps that succeed with probability 0.9 each, then stay.
#[test]
fn positions_are_reached_with_the_odds_of_their_steps() {
    let config = RiskyInsertConfig { insert: 1.0, advance: 1.0, horizon: 10, ..Default::default() };
    let certain = RiskyInsert::new(config).expect("valid");
    let forward = |_: &u32, into: &mut [f64]| into.copy_from_slice(&[1.0, 0.0, 0.0]);
    close(solve_under(&certain, forward).mean_return(), 1.0);
    let exact = solve_under(&RiskyInsert::new(RiskyInsertConfig::default()).expect("valid"), forward);
    close(exact.node(2, &2).visits, 0.81);
    close(exact.node(2, &1).visits, 0.18);
    assert!(RiskyInsert::new(RiskyInsertConfig { slip: 10, ..Default::default() }).is_err());
    assert_eq!(certain.horizon(), 10);
}
