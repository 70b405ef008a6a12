//! Known answers of the task interleaving (task: COCOA's code; values by hand, uniform policy).

use milepost_microworlds::worlds::{Interleaving, InterleavingConfig, InterleavingState, Room};
use milepost_microworlds::{Dynamics, Table};

use crate::exact::{close, solve};

/// COCOA counts `2 · 33 · 5` answer rooms, `2 · 2² · 33 · 5` query rooms and one end; all are reached.
#[test]
fn the_published_instance_has_1651_states() {
    let world = Interleaving::new(InterleavingConfig::default()).expect("valid");
    let table = Table::compile(&world, Table::CAP).expect("small");
    assert_eq!(table.states(), 330 + 1320 + 1);
    let rewards: Vec<f64> = (0..5).map(|context| world.reward(context)).collect();
    for (found, expected) in rewards.into_iter().zip([0.2, 0.4, 0.6, 0.8, 1.0]) {
        close(found, expected);
    }
}

/// One context at a time: every query is answered right away, so the key is worth what it pays, if there is a next
/// step and it is lived to see.
#[test]
fn without_interleaving_a_key_is_paid_in_the_next_step() {
    let config = InterleavingConfig { parallel: 1, length: 7, ..Default::default() };
    let world = Interleaving::new(config).expect("valid");
    let exact = solve(&world);
    let mut queries = 0;
    for step in 0..7 {
        for node in exact.reached(step) {
            let Room::Query { flipped, .. } = node.state.room else {
                close(node.advantage(0), 0.0);
                continue;
            };
            let right = u32::from(flipped);
            let worth = if step == 6 { 0.0 } else { 0.95 * world.reward(node.state.context) / 2.0 };
            close(node.advantage(right), worth);
            close(node.advantage(1 - right), -worth);
            queries += 1;
        }
    }
    assert!(queries > 100, "{queries}");
}

/// Contexts differ in nothing but their reward: what a key is worth at the start is proportional to it, and is the
/// same for all objects.
#[test]
fn a_key_is_worth_its_contexts_reward_times_the_same_odds() {
    let config = InterleavingConfig { contexts: 4, length: 12, ..Default::default() };
    let world = Interleaving::new(config).expect("valid");
    let exact = solve(&world);
    let mut odds = Vec::new();
    for node in exact.reached(0) {
        let Room::Query { flipped, .. } = node.state.room else { panic!("it starts with a query") };
        odds.push(node.advantage(u32::from(flipped)) / world.reward(node.state.context));
    }
    assert_eq!(odds.len(), 4 * 2 * 2 * 2);
    for found in &odds {
        assert!((found - odds[0]).abs() < 1e-12, "{odds:?}");
    }
    // Paid with probability below 1, halved by the uniform policy.
    assert!((0.25..0.5).contains(&odds[0]), "{}", odds[0]);
}

/// With all places taken the next room is one of the open contexts' answer rooms, evenly.
#[test]
fn open_contexts_come_up_in_proportion() {
    let config = InterleavingConfig { death: 0.0, ..Default::default() };
    let world = Interleaving::new(config).expect("valid");
    let room = Room::Query { rewarded: 0, unrewarded: 1, flipped: true };
    let after = |open: u32| {
        let mut outcomes = Vec::new();
        let state = InterleavingState { context: 4, room, open, keys: 0 };
        world.outcomes(&state, Interleaving::RIGHT, &mut outcomes);
        let answers = outcomes.iter().filter(|outcome| outcome.next.room == Room::Answer);
        let odds: f64 = answers.map(|outcome| outcome.probability).sum();
        assert!(outcomes.iter().all(|outcome| outcome.next.keys == 0b10000));
        odds
    };
    close(after(0b00000), 1.0 / 3.0);
    close(after(0b00010), 2.0 / 3.0);
    close(after(0b00011), 1.0);
}
