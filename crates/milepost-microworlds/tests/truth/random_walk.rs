//! Known answers of random walks.

use milepost_microworlds::Dynamics;
use milepost_microworlds::worlds::{RandomWalk, RandomWalkConfig};

use crate::exact::{close, solve};

/// Sutton and Barto, example 6.2: the true values of A to E are 1/6 to 5/6; a step to either side shifts them by 1/6.
#[test]
fn the_five_states_are_worth_sixths() {
    let exact = solve(&RandomWalk::new(RandomWalkConfig::default()).expect("valid"));
    close(exact.mean_return(), 0.5);
    // No later than after 100 steps, so that truncation stays below 1e−6.
    for step in [1_u32, 2, 50, 100] {
        for node in exact.reached(step).filter(|node| (1..=5).contains(&node.state)) {
            let value = f64::from(node.state) / 6.0;
            assert!((node.value - value).abs() < 1e-6, "{}: {}", node.state, node.value);
            assert!((node.advantage(RandomWalk::RIGHT) - 1.0 / 6.0).abs() < 1e-6);
            assert!((node.advantage(RandomWalk::LEFT) + 1.0 / 6.0).abs() < 1e-6);
        }
    }
}

/// Without truncation, `V(s) = −1 + 2 s / 20` (figure 7.2's true values run from −0.9 to 0.9), and a walk from the middle
/// takes `10 · 10` steps in the mean (gambler's ruin), which the sum of visits counts.
#[test]
fn nineteen_states_are_worth_tenths_and_take_a_hundred_steps() {
    let walk = RandomWalkConfig { horizon: 4000, ..RandomWalkConfig::nineteen() };
    let exact = solve(&RandomWalk::new(walk).expect("valid"));
    for node in exact.reached(20).filter(|node| (1..=19).contains(&node.state)) {
        assert!((node.value - (f64::from(node.state) / 10.0 - 1.0)).abs() < 1e-9, "{}", node.state);
    }
    let steps: f64 = exact.layers.iter().flat_map(|layer| layer.values()).map(|node| node.visits).sum();
    assert!((steps - 100.0).abs() < 1e-6, "{steps}");
}

/// By hand, reach 4: the better place is listed first, and all that would go beyond an end arrives at it.
#[test]
fn distances_beyond_an_end_are_that_end() {
    let walk = RandomWalk::new(RandomWalkConfig { reach: 4, ..Default::default() }).expect("valid");
    let listed = |state: u32, action| {
        let mut outcomes = Vec::new();
        walk.outcomes(&state, action, &mut outcomes);
        outcomes.into_iter().map(|o| (o.next, o.probability, o.ending.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(listed(1, RandomWalk::LEFT), [(0, 1.0, true)]);
    assert_eq!(listed(3, RandomWalk::LEFT), [(2, 0.25, false), (1, 0.25, false), (0, 0.5, true)]);
    assert_eq!(listed(4, RandomWalk::RIGHT), [(6, 0.75, true), (5, 0.25, false)]);
    assert_eq!(
        listed(1, RandomWalk::RIGHT),
        [(5, 0.25, false), (4, 0.25, false), (3, 0.25, false), (2, 0.25, false)]
    );
}

/// The thousand states of example 9.1: antisymmetric around the middle between 500 and 501, and increasing.
#[test]
fn the_thousand_states_are_antisymmetric_and_increase() {
    let walk = RandomWalkConfig { horizon: 100, ..RandomWalkConfig::thousand() };
    let exact = solve(&RandomWalk::new(walk).expect("valid"));
    let layer = &exact.layers[20];
    let values: Vec<f64> = (1..=1000).map(|state| layer[&state].value).collect();
    for (state, pair) in values.windows(2).enumerate() {
        assert!(pair[1] > pair[0], "{state}");
        close(values[state] + values[999 - state], 0.0);
    }
}

#[test]
fn walks_without_states_or_steps_are_refused() {
    let refusal = |config| RandomWalk::new(config).expect_err("no walk").to_string();
    let zero = RandomWalkConfig { states: 0, ..Default::default() };
    assert_eq!(refusal(zero), "random-walk: `states` is 0, but must be from 1 to 4096");
    assert!(refusal(RandomWalkConfig { reach: 0, ..Default::default() }).contains("`reach`"));
    assert!(refusal(RandomWalkConfig { horizon: 0, ..Default::default() }).contains("`horizon`"));
    assert!(
        refusal(RandomWalkConfig { left_reward: f64::NAN, ..Default::default() }).contains("`left-reward`")
    );
}
