//! Known answers of the delayed sum (RUDDER's tutorial task).

use milepost_microworlds::worlds::{DelayedSum, DelayedSumConfig, DelayedSumState};

use crate::exact::{close, solve};

fn world(delayed: bool, horizon: u32) -> DelayedSum {
    DelayedSum::new(DelayedSumConfig { delayed, horizon, ..Default::default() }).expect("valid")
}

/// Delay moves rewards, not credit: values differ by what is owed, advantages not at all.
#[test]
fn delay_changes_values_by_what_is_owed_and_no_advantage() {
    let (delayed, at_once) = (solve(&world(true, 50)), solve(&world(false, 50)));
    close(delayed.mean_return(), at_once.mean_return());
    close(delayed.return_variance(), at_once.return_variance());
    let mut owing = 0;
    for step in 0..50 {
        for node in delayed.reached(step) {
            let paid = at_once.node(step, &DelayedSumState { owed: 0, ..node.state });
            close(node.value, paid.value + f64::from(node.state.owed));
            close(node.advantage(0), paid.advantage(0));
            close(node.advantage(1), paid.advantage(1));
            owing += u32::from(node.state.owed > 0);
        }
    }
    assert!(owing > 1000, "{owing}");
}

/// By hand: position 2 is first reached in two steps (probability ¼), observed with the third step; with four
/// steps nothing else counts (the fourth begins at 1 or 3).
#[test]
fn the_first_visits_are_counted_when_a_step_begins() {
    close(solve(&world(true, 2)).mean_return(), 0.0);
    close(solve(&world(true, 3)).mean_return(), 0.25);
    close(solve(&world(true, 4)).mean_return(), 0.25);
    // At step 4 the walk is at 2 by four of sixteen paths: ¼ more.
    close(solve(&world(true, 5)).mean_return(), 0.5);
}

/// Bounds hold: the walk never leaves −6..=6 and reaches both ends.
#[test]
fn the_walk_is_held_at_its_bounds() {
    let exact = solve(&world(true, 50));
    let positions: Vec<i32> = exact.reached(20).map(|node| node.state.position).collect();
    assert_eq!((positions.iter().min(), positions.iter().max()), (Some(&-6), Some(&6)));
}
