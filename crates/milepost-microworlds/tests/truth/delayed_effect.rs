//! Known answers of the delayed-effect world.

use milepost_microworlds::worlds::{
    Bifurcation, BifurcationConfig, Decisive, DelayedEffect, DelayedEffectConfig,
};

use crate::exact::{close, solve};

/// The first action sets the odds, so its value is the odds, under any policy (AgentCreditBench).
#[test]
fn the_first_action_is_worth_its_odds_and_every_later_one_nothing() {
    for horizon in [2, 4, 8, 16, 32] {
        let config = DelayedEffectConfig { horizon, distractor_actions: 3, ..Default::default() };
        let exact = solve(&DelayedEffect::new(config).expect("valid"));
        let start = exact.reached(0).next().expect("a start");
        close(start.q[DelayedEffect::GOOD as usize], 0.8);
        close(start.q[DelayedEffect::BAD as usize], 0.2);
        assert!(start.q[2].is_nan(), "the first step has two actions");
        for step in 1..horizon {
            close(exact.skill(step), 0.0);
        }
    }
}

/// It is the bifurcation chain with one decision, in the first step.
#[test]
fn it_is_a_bifurcation_chain_that_decides_first() {
    let delayed = solve(&DelayedEffect::new(DelayedEffectConfig::default()).expect("valid"));
    let config = BifurcationConfig { decisive: Decisive::First(1), ..Default::default() };
    let chain = solve(&Bifurcation::new(config).expect("valid"));
    close(delayed.mean_return(), chain.mean_return());
    for step in 0..8 {
        close(delayed.skill(step), chain.skill(step));
        close(delayed.luck(step), chain.luck(step));
    }
}

/// Hindsight credit assignment's chain: ±1 from the first action, noise on the three steps before the last.
#[test]
fn the_hindsight_chain_pays_plus_or_minus_one_through_noise() {
    let exact = solve(&DelayedEffect::new(DelayedEffectConfig::hindsight_chain(2.0)).expect("valid"));
    let start = exact.reached(0).next().expect("a start");
    close(start.advantage(DelayedEffect::GOOD), 1.0);
    close(start.advantage(DelayedEffect::BAD), -1.0);
    close(exact.return_variance(), 1.0 + 3.0 * 4.0);
}
