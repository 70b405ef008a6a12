//! Known answers of the discounting chain (bsuite's task).

use milepost_microworlds::worlds::{DiscountingChain, DiscountingChainConfig, DiscountingChainState};

use crate::exact::{close, solve};

/// Uniform policy: the mean is 1.02; the best arm is worth +0.08 and the others −0.02, and only the first action
/// is worth anything.
#[test]
fn only_the_first_action_and_the_bonus_count() {
    for best in 0..5 {
        let config = DiscountingChainConfig { best, ..Default::default() };
        let exact = solve(&DiscountingChain::new(config).expect("valid"));
        let start = DiscountingChainState { step: 0, arm: None };
        for action in 0..5 {
            close(exact.advantage(0, &start, action), if action == best { 0.08 } else { -0.02 });
        }
        for step in 1..100 {
            close(exact.skill(step), 0.0);
        }
    }
}

/// `clip(1 − 10 (1.1 − mean), 0, 1)`.
#[test]
fn the_score_is_bsuites() {
    let world = DiscountingChain::new(DiscountingChainConfig::default()).expect("valid");
    close(world.score(1.1), 1.0);
    close(world.score(1.05), 0.5);
    close(world.score(0.7), 0.0);
}
