//! Known answers of the overlapping tree, against the formulas of COCOA's code.

use milepost_microworlds::worlds::{OverlappingTree, OverlappingTreeConfig, OverlappingTreeState};
use milepost_microworlds::{Dynamics, Table};
use proptest::prelude::*;

use crate::exact::{close, listed, solve};

fn tree(overlap: u32) -> OverlappingTree {
    OverlappingTree::new(OverlappingTreeConfig { overlap, ..Default::default() }).expect("valid")
}

/// Depth 4, six actions (COCOA): states with a choice for overlaps 0 to 6. All of them are reached.
#[test]
fn state_counts_are_the_published_ones() {
    for (overlap, states) in (0..).zip([259, 194, 139, 94, 59, 34, 19]) {
        let world = tree(overlap);
        assert_eq!(world.widths().iter().sum::<u64>(), states);
        let table = Table::compile(&world, Table::CAP).expect("small");
        let running = (0..table.states() as u32).filter(|state| !table.is_end(*state)).count();
        assert_eq!(running as u64, states);
    }
}

/// `N_d` in closed form, next position and reward as COCOA's code writes them, in signed arithmetic.
fn cocoa(depth: i64, position: i64, action: i64, b: i64, o: i64, offset: i64) -> (i64, i64) {
    let width = |d: u32| {
        if b - o == 1 { 1 + o * i64::from(d) } else { ((b - 1) * (b - o).pow(d) - o) / (b - o - 1) }
    };
    let index = (0..depth as u32).map(width).sum::<i64>() + position;
    let reward = (index + 9973 * action + offset).rem_euclid(5) - 2;
    let next = (position * (b - o) + action - (b - o) / 2).rem_euclid(width(depth as u32 + 1));
    (next, reward)
}

proptest! {
    #[test]
    fn every_transition_is_the_published_formula(
        overlap in 0u32..=6, offset in 0u32..10, level in 0u32..4, place: u64, action in 0u32..6,
    ) {
        let config = OverlappingTreeConfig { overlap, offset, ..Default::default() };
        let world = OverlappingTree::new(config).expect("valid");
        let position = place % world.widths()[level as usize];
        let outcome = listed(&world, &OverlappingTreeState { level, position }, action)[0];
        let (next, reward) = cocoa(
            i64::from(level), position as i64, i64::from(action), 6, i64::from(overlap), i64::from(offset),
        );
        prop_assert_eq!(outcome.reward, reward as f64);
        if level < 3 {
            prop_assert_eq!(outcome.next.position, next as u64);
        } else {
            prop_assert!(outcome.ending.is_some());
        }
    }
}

/// With full overlap an action leads to the position of its own number from everywhere, so what follows it is
/// worth the same in all states of a level.
#[test]
fn with_full_overlap_the_future_depends_on_the_action_alone() {
    let world = tree(6);
    let exact = solve(&world);
    for step in 0..4 {
        let mut futures: Option<Vec<f64>> = None;
        for node in exact.reached(step) {
            let outcomes: Vec<_> = (0..6).map(|action| listed(&world, &node.state, action)[0]).collect();
            let next: Vec<u64> = outcomes.iter().map(|outcome| outcome.next.position).collect();
            assert_eq!(next, if step < 3 { [0, 1, 2, 3, 4, 5] } else { [0; 6] });
            let own: Vec<f64> = node.q.iter().zip(&outcomes).map(|(q, outcome)| q - outcome.reward).collect();
            for (found, first) in own.iter().zip(futures.get_or_insert_with(|| own.clone())) {
                close(*found, *first);
            }
        }
    }
}

/// The leaf variant pays in the last level only, by position.
#[test]
fn the_leaf_variant_pays_last() {
    let config = OverlappingTreeConfig { leaf: true, offset: 1, ..Default::default() };
    let world = OverlappingTree::new(config).expect("valid");
    let reward =
        |level, position, action| listed(&world, &OverlappingTreeState { level, position }, action)[0].reward;
    assert_eq!(reward(2, 7, 3), 0.0);
    // (4 + 9973 · 2 + 1) mod 5 − 2 = 19951 mod 5 − 2.
    assert_eq!(reward(3, 4, 2), -1.0);
    assert_eq!(world.horizon(), 4);
}
