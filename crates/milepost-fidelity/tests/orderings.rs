//! The claims of the literature, row by row.

use std::sync::atomic::AtomicBool;

use milepost_fidelity::orderings::{Effort, Ordering, Verdict, check};

fn found(row: u8) -> Ordering {
    let effort = Effort::STANDARD;
    check(row, effort, &AtomicBool::new(false)).expect("the row can be checked")
}

#[track_caller]
fn holds(row: u8) {
    let found = found(row);
    assert_eq!(found.verdict, Verdict::Holds, "{found:#?}");
}

#[test]
fn row_1_leakage_grows_with_the_horizon() {
    holds(1);
}

#[test]
fn row_2_success_changes_the_estimand() {
    holds(2);
}

#[test]
fn row_3_branches_converge_with_their_root() {
    holds(3);
}

#[test]
fn row_4_peers_per_turn_need_a_large_batch() {
    holds(4);
}

#[test]
fn row_5_rewards_are_better_outcomes_than_states() {
    holds(5);
}

#[test]
fn row_6_hindsight_varies_less_than_returns() {
    holds(6);
}

#[test]
fn row_8_shrinkage_tames_lucky_rare_actions() {
    holds(8);
}

#[test]
fn row_10_broadcast_noise_grows_with_the_horizon() {
    holds(10);
}

#[test]
fn row_11_only_potentials_keep_the_best_policies() {
    holds(11);
}

#[test]
fn row_12_logs_alone_cannot_tell_two_worlds_apart() {
    holds(12);
}

#[test]
fn rows_7_and_9_are_notes_on_the_direction() {
    for row in [7, 9] {
        let found = found(row);
        assert!(matches!(found.verdict, Verdict::Agrees | Verdict::Disagrees), "{found:#?}");
    }
}
