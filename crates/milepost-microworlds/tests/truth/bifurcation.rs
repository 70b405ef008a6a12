//! Closed forms of the bifurcation chain, derived by hand: see each test.

use milepost_microworlds::Dynamics;
use milepost_microworlds::worlds::{Bifurcation, BifurcationConfig, BifurcationState, Combination, Decisive};
use proptest::prelude::*;

use crate::exact::{close, solve};

/// `A(good)` and `A(bad)` at the `j`-th of `k` decisions (from 1) after `n` good ones, two actions.
///
/// A later decision multiplies what is left of the effect: by `π` where all must be good, by `1 − π` where one
/// suffices, by `1 − 2π` under parity; a sum is not affected.
fn advantages(f: Combination, (k, j, n): (u32, u32, u32), effect: f64, p: f64) -> (f64, f64) {
    let left = (k - j) as i32;
    let worth = match f {
        Combination::Lin => effect / f64::from(k),
        Combination::And if n == j - 1 => effect * p.powi(left),
        Combination::Or if n == 0 => effect * (1.0 - p).powi(left),
        Combination::And | Combination::Or => 0.0,
        Combination::Xor => effect * (1.0 - 2.0 * p).powi(left) * if n % 2 == 0 { 1.0 } else { -1.0 },
    };
    (worth * (1.0 - p), -worth * p)
}

fn combination() -> impl Strategy<Value = Combination> {
    prop::sample::select(vec![Combination::Lin, Combination::And, Combination::Or, Combination::Xor])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn decisive_steps_have_their_closed_form_and_all_others_none(
        combination in combination(),
        horizon in 4u32..12,
        count in 1u32..=4,
        seed: u64,
        good_probability in 0.02f64..0.98,
        (success_low, success_high) in (0.0f64..=1.0, 0.0f64..=1.0),
        noise in prop::sample::select(vec![0.0, 1.0]),
    ) {
        let decisive = Decisive::Random { count, seed };
        let config = BifurcationConfig {
            horizon, decisive, combination, success_high, success_low, good_probability, noise,
            ..BifurcationConfig::default()
        };
        let world = Bifurcation::new(config).expect("valid");
        let exact = solve(&world);
        for step in 0..horizon {
            for node in exact.reached(step) {
                let Some(j) = world.decisive().iter().position(|decisive| *decisive == step) else {
                    close(node.advantage(0), 0.0);
                    close(node.advantage(1), 0.0);
                    continue;
                };
                let place = (count, j as u32 + 1, node.state.good);
                let effect = success_high - success_low;
                let (good, bad) = advantages(combination, place, effect, good_probability);
                close(node.advantage(Bifurcation::GOOD), good);
                close(node.advantage(1), bad);
            }
        }
    }

    /// One decision: `χ = Δ² π (1 − π) / (p̄ (1 − p̄))` with `p̄ = p0 + Δ π`.
    #[test]
    fn the_share_of_variance_of_one_decision_is_the_closed_form(
        horizon in 2u32..20, good in 0.05f64..0.95, low in 0.1f64..0.5, effect in 0.0f64..0.4,
    ) {
        let world = Bifurcation::new(BifurcationConfig {
            horizon,
            decisive: Decisive::First(1),
            success_low: low,
            success_high: low + effect,
            good_probability: good,
            ..BifurcationConfig::default()
        }).expect("valid");
        let mean = low + effect * good;
        let expected = effect * effect * good * (1.0 - good) / (mean * (1.0 - mean));
        prop_assert!((solve(&world).chi(0) - expected).abs() < 1e-9);
    }
}

/// The reference instance of the benchmark's tables: χ = 0.36 and luck share 0.64.
#[test]
fn the_default_chain_has_its_published_shares() {
    let world = Bifurcation::new(BifurcationConfig::default()).expect("valid");
    let exact = solve(&world);
    close(exact.chi(2), 0.36);
    let luck: f64 = (0..8).map(|step| exact.luck(step)).sum();
    close(luck / exact.return_variance(), 0.64);
}

/// With one even-odds decision of four, parity leaves credit to the last one only.
#[test]
fn parity_at_even_odds_credits_only_the_last_decision() {
    let decisive = Decisive::At(vec![0, 2, 4, 6]);
    let config = BifurcationConfig { decisive, combination: Combination::Xor, ..Default::default() };
    let exact = solve(&Bifurcation::new(config).expect("valid"));
    for step in [0, 2, 4] {
        close(exact.skill(step), 0.0);
    }
    assert!(exact.skill(6) > 0.08);
}

/// Bait `c` for one of two equally likely actions: `c (1 − π) = c / 2`; distractor rewards: nothing.
#[test]
fn bait_is_worth_its_reward_and_noise_is_worth_nothing() {
    let config = BifurcationConfig { bait: 0.3, noise: 2.0, ..Default::default() };
    let exact = solve(&Bifurcation::new(config).expect("valid"));
    for good in [0, 1] {
        let state = BifurcationState { step: 5, good };
        close(exact.advantage(5, &state, 0), 0.15);
        close(exact.advantage(5, &state, 1), -0.15);
    }
    close(exact.luck(0), 4.0);
}

/// One missed decision and `r` routine steps of two actions, each repairing with probability ρ/2: it stays
/// missed with probability `(1 − ρ/2)^r`, which shrinks what the decision is worth.
#[test]
fn repair_shrinks_the_worth_of_a_decision() {
    let config = BifurcationConfig { repair: 0.25, ..Default::default() };
    let world = Bifurcation::new(config).expect("valid");
    let exact = solve(&world);
    let worth = 0.6 * (1.0f64 - 0.125).powi(5);
    let start = BifurcationState { step: 2, good: 0 };
    close(exact.advantage(2, &start, Bifurcation::GOOD), worth / 2.0);
    close(exact.advantage(2, &start, 1), -worth / 2.0);
    // The last step repairs too: Q(repair) − Q(other) = ρ Δ.
    let missed = BifurcationState { step: 7, good: 0 };
    close(exact.advantage(7, &missed, Bifurcation::REPAIR), 0.5 * 0.25 * 0.6);
    // Nothing was missed, nothing is to be repaired.
    close(exact.advantage(7, &BifurcationState { step: 7, good: 1 }, Bifurcation::REPAIR), 0.0);
}

#[test]
fn placements_are_what_they_say() {
    let steps = |decisive| {
        let config = BifurcationConfig { decisive, ..Default::default() };
        Bifurcation::new(config).expect("valid").decisive().to_vec()
    };
    assert_eq!(steps(Decisive::First(2)), [0, 1]);
    assert_eq!(steps(Decisive::Last(2)), [6, 7]);
    assert_eq!(steps(Decisive::At(vec![5, 3])), [3, 5]);
    let random = |seed| steps(Decisive::Random { count: 3, seed });
    assert_eq!(random(4), random(4));
    assert!((0..20).any(|seed| random(seed) != random(4)));
}

#[test]
fn bad_parameters_are_refused_by_name() {
    let refused = |config: BifurcationConfig| Bifurcation::new(config).expect_err("invalid").to_string();
    let base = BifurcationConfig::default;
    assert_eq!(
        refused(BifurcationConfig { horizon: 2, ..base() }),
        "bifurcation: `decisive` is 2, but must be from 0 to 1"
    );
    assert_eq!(
        refused(BifurcationConfig { success_high: 1.5, ..base() }),
        "bifurcation: `success-high` is 1.5, but must be a probability, from 0 to 1"
    );
    let twice = Decisive::At(vec![1, 1]);
    assert!(refused(BifurcationConfig { decisive: twice, ..base() }).contains("listed once"));
    let many = Decisive::Random { count: 9, seed: 0 };
    assert!(refused(BifurcationConfig { decisive: many, ..base() }).contains("from 1 to 8"));
}

#[test]
fn the_policy_that_is_studied_decides_well_with_its_probability() {
    let config = BifurcationConfig { good_probability: 0.7, actions: 4, ..Default::default() };
    let world = Bifurcation::new(config).expect("valid");
    let mut policy = [0.0; 4];
    world.reference_policy(&BifurcationState { step: 2, good: 0 }, &mut policy);
    for (found, expected) in policy.into_iter().zip([0.7, 0.1, 0.1, 0.1]) {
        close(found, expected);
    }
}
