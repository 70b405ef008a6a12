//! Expected gradients, by enumeration of all groups of trajectories of a small world.

use std::collections::BTreeMap;

use milepost_core::{Environment, TaskSeed};
use milepost_credit::{
    Gae, GiGpo, Normalize, PositionIndex, Rows, Singleton, VTrace, contribution_coefficient,
    contribution_credit, remax_advantages, return_hindsight, reward_to_go, vine_advantages,
};
use milepost_testkit::credit::{CreditCase, Rule, gradient_is_exact, gradient_of};
use milepost_testkit::enumeration::{Gradient, Paths, Softmax};
use milepost_testkit::environment::Corridor;

use crate::adapt::{Credit, Decisions, by_decisions, filled, layout, token_baseline};
use crate::steps::{turn_loo, turn_rule};

/// A corridor with slips: wins, losses and episodes that run out of steps.
fn paths() -> Paths {
    let mut world = Corridor::new(3, 4);
    world.reset(TaskSeed::literal(3)).expect("resets");
    let paths = Paths::of(&world, &Softmax::drawn(11, 1.0), 1000).expect("small");
    assert!(
        paths.iter().any(|path| path.ending.bootstraps())
            && paths.iter().any(|path| path.ending.is_success())
    );
    paths
}

#[track_caller]
fn exact(paths: &Paths, group: usize, factor: f64, rule: impl FnMut(&CreditCase) -> Credit) {
    gradient_is_exact(&mut Rule::new(rule), paths, group, factor, 1e-12).unwrap_or_else(|v| panic!("{v}"));
}

#[test]
fn returns_and_critics_enumerate_to_the_exact_gradient() {
    let paths = paths();
    exact(&paths, 1, 1.0, |case| Ok(case.broadcast(&case.returns())));
    exact(&paths, 1, 1.0, |case| by_decisions(case, |d, out| reward_to_go(&d.rewards, 1.0, 0.0, out)));
    for lambda in [0.0, 0.6, 1.0] {
        exact(&paths, 1, 1.0, |case| by_decisions(case, |d, out| gae(lambda, d, out)));
    }
    // With λ = 1 a wrong critic is a baseline; with less it is a bias.
    let wrong = |lambda: f64| {
        move |case: &CreditCase| {
            let values = case.keys.iter().map(|key| (*key % 3) as f64).collect();
            let case = CreditCase { values, ..case.clone() };
            by_decisions(&case, |d, out| gae(lambda, d, out))
        }
    };
    exact(&paths, 1, 1.0, wrong(1.0));
    let biased = gradient_of(&mut Rule::new(wrong(0.0)), &paths, 1).expect("enumerable");
    assert!(biased.error(1.0) > 1e-3, "{biased:?}");
}

fn gae(lambda: f64, d: &Decisions, out: &mut [f64]) -> Result<(), milepost_credit::CreditError> {
    Gae { gamma: 1.0, lambda }.assign(
        &d.rewards,
        &d.values,
        d.bootstrap,
        out,
        &mut vec![0.0; d.rewards.len()],
    )
}

#[test]
fn branches_and_corrections_with_exact_values_enumerate_to_the_exact_gradient() {
    let paths = paths();
    exact(&paths, 1, 1.0, |case| {
        by_decisions(case, |d, out| {
            let one = Rows::padded(d.values.len(), 1);
            vine_advantages(&d.rewards, &one, &d.values, 1.0, 0.0, out)
        })
    });
    exact(&paths, 1, 1.0, |case| {
        by_decisions(case, |d, out| {
            let ones = vec![1.0; d.rewards.len()];
            let values: Vec<f64> = d.values.iter().copied().chain([0.0]).collect();
            let trajectory = milepost_credit::OffPolicy {
                rewards: &d.rewards,
                discounts: &ones,
                values: &values,
                ratios: &ones,
            };
            let (mut errors, mut q) = (ones.clone(), ones.clone());
            VTrace::default().advantages(&trajectory, &mut errors, &mut q, out)
        })
    });
}

/// A rule of returns.
fn normalized(rule: Normalize) -> impl Fn(&CreditCase) -> Credit {
    move |case| {
        let scores = case.returns();
        filled(scores.len(), |out| rule.apply_groups(&layout(case).0, &scores, out).map(|_| ()))
            .map(|out| case.broadcast(&out))
    }
}

#[test]
fn rloo_is_unbiased_dr_grpo_is_short_by_its_own_share_and_grpo_is_biased() {
    let paths = paths();
    exact(&paths, 2, 1.0, normalized(Normalize::rloo()));
    exact(&paths, 2, 0.5, normalized(Normalize::dr_grpo()));
    let grpo = gradient_of(&mut Rule::new(normalized(Normalize::grpo())), &paths, 2).expect("enumerable");
    let best = grpo.cosine().map(|cosine| 1.0 - cosine);
    assert!(best.is_some_and(|miss| miss > 1e-6), "no factor makes it exact: {grpo:?}");
    // Greedy baseline: any number of the task.
    exact(&paths, 1, 1.0, |case| {
        filled(case.positions(), |out| {
            let (baselines, mut returns) = (vec![0.4; case.groups.len()], vec![0.0; case.positions()]);
            remax_advantages(&layout(case).1, &case.rewards, &case.mask, &baselines, out, &mut returns)
        })
    });
}

#[test]
fn rloo_of_three_is_unbiased_too() {
    let mut world = Corridor::new(2, 3);
    world.reset(TaskSeed::literal(2)).expect("resets");
    let paths = Paths::of(&world, &Softmax::drawn(5, 1.0), 1000).expect("small");
    exact(&paths, 3, 1.0, normalized(Normalize::rloo()));
    exact(&paths, 3, 2.0 / 3.0, normalized(Normalize::dr_grpo()));
}

#[test]
fn turn_loo_is_unbiased_if_a_turn_without_peers_keeps_its_return_and_biased_if_it_gets_none() {
    let paths = paths();
    exact(&paths, 2, 1.0, |case| turn_loo(case, Singleton::Raw));
    let dropped = |case: &CreditCase| turn_loo(case, Singleton::Drop);
    let report = gradient_of(&mut Rule::new(dropped), &paths, 2).expect("enumerable");
    assert!(report.error(1.0) > 1e-3, "{report:?}");
}

#[test]
fn the_optimal_token_baseline_and_gigpo_are_biased_where_their_pools_hold_the_member_itself() {
    let paths = paths();
    let token = |case: &CreditCase| token_baseline(case, PositionIndex::Column, 0.6);
    let gigpo = |case: &CreditCase| {
        let rule = GiGpo {
            episode: Normalize::dr_grpo(),
            step: Normalize::dr_grpo(),
            gamma: 1.0,
            ..GiGpo::default()
        };
        turn_rule(case, |batch, out| rule.assign(batch, out).map(|_| ()))
    };
    for report in [
        gradient_of(&mut Rule::new(token), &paths, 2).expect("enumerable"),
        gradient_of(&mut Rule::new(gigpo), &paths, 2).expect("enumerable"),
    ] {
        assert!(report.cosine().is_some_and(|cosine| cosine > 0.5), "they point the right way: {report:?}");
        assert!(report.error(1.0) > 1e-3, "but not with the right length: {report:?}");
    }
}

#[test]
fn return_hindsight_with_the_exact_posterior_lacks_only_returns_that_the_action_cannot_reach() {
    let paths = paths();
    // P(a, Z | s, t) and P(Z | s, t), the return Z by its bits.
    let mut joint: BTreeMap<(usize, u64, u64, u32), f64> = BTreeMap::new();
    let mut marginal: BTreeMap<(usize, u64, u64), f64> = BTreeMap::new();
    for path in paths.iter() {
        for (elapsed, step) in path.steps.iter().enumerate() {
            let z = path.to_go(elapsed).to_bits();
            *joint.entry((elapsed, step.key, z, step.action)).or_default() += path.probability;
            *marginal.entry((elapsed, step.key, z)).or_default() += path.probability;
        }
    }
    let hindsight = |case: &CreditCase, corrected: bool| {
        let to_go = by_decisions(case, |d, out| reward_to_go(&d.rewards, 1.0, 0.0, out))?;
        let mut credit = vec![0.0; case.positions()];
        for row in case.rows() {
            for (elapsed, at) in row.enumerate() {
                let (key, z, action) = (case.keys[at], to_go[at].to_bits(), case.actions[at]);
                let hindsight = joint[&(elapsed, key, z, action)] / marginal[&(elapsed, key, z)];
                let policy = case.log_probs[at].exp().min(1.0);
                let out = &mut credit[at..=at];
                return_hindsight(to_go[at], &[policy], &[hindsight.min(1.0)], out)?;
                // Σ_Z P(Z|s) Z over the returns that the action never leads to.
                let all = marginal.range((elapsed, key, 0)..=(elapsed, key, u64::MAX));
                let missing = all.filter(|((_, _, z), _)| !joint.contains_key(&(elapsed, key, *z, action)));
                let reached: f64 =
                    marginal.range((elapsed, key, 0)..=(elapsed, key, u64::MAX)).map(|(_, p)| p).sum();
                let missing: f64 = missing.map(|((_, _, z), p)| p / reached * f64::from_bits(*z)).sum();
                out[0] -= if corrected { missing } else { 0.0 };
            }
        }
        Ok(credit)
    };
    exact(&paths, 1, 1.0, |case| hindsight(case, true));
    // In this world a step to the left cannot reach all that a step to the right can.
    let plain = gradient_of(&mut Rule::new(|case: &CreditCase| hindsight(case, false)), &paths, 1);
    assert!(plain.expect("enumerable").error(1.0) > 1e-3);
}

#[test]
fn contribution_credit_with_exact_coefficients_enumerates_to_the_exact_gradient() {
    let paths = paths();
    // Outcomes are (time, reward): P(u | s, t) and P(u | s, a, t) for later times.
    let mut under: BTreeMap<(usize, u64, usize, u64), f64> = BTreeMap::new();
    let mut after: BTreeMap<(usize, u64, u32, usize, u64), f64> = BTreeMap::new();
    let mut visits: BTreeMap<(usize, u64), f64> = BTreeMap::new();
    let mut taken: BTreeMap<(usize, u64, u32), f64> = BTreeMap::new();
    let mut paid: BTreeMap<(usize, u64, u32), f64> = BTreeMap::new();
    for path in paths.iter() {
        for (t, step) in path.steps.iter().enumerate() {
            *visits.entry((t, step.key)).or_default() += path.probability;
            *taken.entry((t, step.key, step.action)).or_default() += path.probability;
            *paid.entry((t, step.key, step.action)).or_default() += path.probability * step.reward;
            for (k, later) in path.steps.iter().enumerate().skip(t + 1) {
                let bits = later.reward.to_bits();
                *under.entry((t, step.key, k, bits)).or_default() += path.probability;
                *after.entry((t, step.key, step.action, k, bits)).or_default() += path.probability;
            }
        }
    }
    let mean_reward = |t, key, action| paid[&(t, key, action)] / taken[&(t, key, action)];
    let mut found = Gradient::new();
    for path in paths.iter() {
        let rewards: Vec<f64> = path.steps.iter().map(|step| step.reward).collect();
        for (t, step) in path.steps.iter().enumerate() {
            let expected: f64 = step.policy.iter().map(|&(b, p)| p * mean_reward(t, step.key, b)).sum();
            for &(action, probability) in &step.policy {
                let mut immediate = vec![0.0; rewards.len()];
                immediate[t] = mean_reward(t, step.key, action) - expected;
                let coefficient = |from: usize, later: usize| {
                    if from != t {
                        return Some(0.0);
                    }
                    let bits = rewards[later].to_bits();
                    let with = after.get(&(t, step.key, action, later, bits)).copied().unwrap_or_default();
                    let with = with / taken[&(t, step.key, action)];
                    contribution_coefficient(
                        with,
                        under[&(t, step.key, later, bits)] / visits[&(t, step.key)],
                    )
                };
                let mut credit = vec![0.0; rewards.len()];
                let undefined =
                    contribution_credit(&immediate, &rewards, coefficient, &mut credit).expect("valid");
                assert_eq!(undefined, 0);
                // All actions: π ∇ log π ĉ, whichever of them the path took.
                let mut other = step.clone();
                other.action = action;
                other.add_score(path.probability * probability * credit[t], &mut found);
            }
        }
    }
    for (at, slope) in paths.exact_gradient() {
        let found = found.get(&at).copied().unwrap_or_default();
        assert!((found - slope).abs() < 1e-12, "{at:?}: {found} is not {slope}");
    }
}
