//! Laws of the metrics and of exact truth.

mod common;

use common::{sample, solve};
use milepost_fidelity::config::EstimatorConfig;
use milepost_fidelity::estimators::{
    Contribution, Control, GroupRelative, HindsightModel, MonteCarlo, OutcomeKey, ReturnBaseline,
    ReturnHindsight,
};
use milepost_fidelity::metrics::{Assigned, RewardTable, Scorer, Scores, greedy_regret, potential_residual};
use milepost_fidelity::protocol::{Instance, enumerate_trajectories, exact_gradient};
use milepost_fidelity::reference::exact_gae;
use milepost_fidelity::{Batch, Context, Contrast, Meter, Tape, Truth};
use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::{
    BifurcationConfig, Combination, Decisive, MemoryAliasConfig, RecoveryConfig, VariableHorizonConfig,
};
use proptest::prelude::*;

/// Small worlds of many kinds.
fn worlds() -> impl Strategy<Value = Instance> {
    let combination = prop_oneof![
        Just(Combination::Lin),
        Just(Combination::And),
        Just(Combination::Or),
        Just(Combination::Xor)
    ];
    let chain = (2u32..6, 2u32..4, combination, 0.05..0.95f64, 0.0..0.5f64, any::<u64>(), 0.0..0.3f64)
        .prop_map(|(horizon, actions, combination, good_probability, repair, seed, bait)| {
            TaskConfig::Bifurcation(BifurcationConfig {
                horizon,
                decisive: Decisive::Random { count: 1 + seed as u32 % 2, seed },
                combination,
                good_probability,
                actions,
                repair,
                bait,
                ..BifurcationConfig::default()
            })
        });
    let stop = (0.1..0.9f64).prop_map(|stop_probability| {
        TaskConfig::VariableHorizon(VariableHorizonConfig {
            stop_probability,
            ..VariableHorizonConfig::default()
        })
    });
    let recovery = (0.0..1.0f64).prop_map(|recovery| TaskConfig::Recovery(RecoveryConfig { recovery }));
    let alias = Just(TaskConfig::MemoryAlias(MemoryAliasConfig { horizon: 4 }));
    prop_oneof![4 => chain, 1 => stop, 1 => recovery, 1 => alias].prop_map(solve)
}

/// Scores of given credit, in batches of eight.
fn score(instance: &Instance, seed: u64, credit: impl Fn(&Batch, usize, u64) -> f64) -> Scores {
    let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
    let mut scorer = Scorer::new(world, policy, truth, Contrast::Policy, None);
    for index in 0..20 {
        let batch = Batch::sample(world, policy, Tape::new(seed), index * 8, 8);
        let taken = (0..batch.steps()).map(|step| credit(&batch, step, index)).collect();
        scorer.push(&batch, &Assigned { taken, all: None, rewards: None, fallbacks: 0 });
    }
    scorer.finish()
}

/// Something between truth and noise: a fixed function of the step.
fn wild(instance: &Instance, batch: &Batch, step: usize, index: u64) -> f64 {
    let noise = Tape::new(77).action(index, 5, step as u32) - 0.5;
    instance.truth().advantage(batch.nodes[step], batch.actions[step]) + noise
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * (1.0 + a.abs()),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// Relative error of the exact mean gradient of an arm that credits episodes one by one.
fn exact_bias(instance: &Instance, arm: &EstimatorConfig) -> Option<f64> {
    let mut estimator = arm.build();
    let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
    let none = Batch::default();
    let context = Context::new(world, truth, policy, &none, Tape::new(0), estimator.needs());
    estimator.fit(&context, &mut Meter::default()).expect("needs no episodes");
    exact_gradient(instance, estimator.as_mut(), 1, 200_000).expect("few trajectories").error
}

#[test]
fn return_hindsight_is_unbiased_where_every_action_can_earn_every_return_and_biased_where_it_tells_the_action()
 {
    let hindsight = ReturnHindsight::new(HindsightModel::Exact).into();
    let chain = |bait| {
        let decisive = Decisive::At(vec![0, 2]);
        let chain =
            BifurcationConfig { horizon: 4, decisive, good_probability: 0.3, bait, ..Default::default() };
        solve(TaskConfig::Bifurcation(chain))
    };
    assert!(exact_bias(&chain(0.0), &hindsight).expect("a gradient") < 1e-12);
    assert!(exact_bias(&chain(0.3), &hindsight).expect("a gradient") > 0.1);
}

proptest! {
    #[test]
    fn dynamic_programming_agrees_with_the_enumeration_of_all_trajectories(instance in worlds()) {
        let all = enumerate_trajectories(&instance, 200_000).expect("short episodes");
        let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
        let total: f64 = all.probabilities.iter().sum();
        prop_assert!((total - 1.0).abs() < 1e-9);
        let (mut value, mut square) = (0.0, 0.0);
        let mut visits = vec![0.0; world.nodes()];
        let mut q = vec![(0.0, 0.0); world.nodes() * world.actions()];
        for (p, steps) in all.probabilities.iter().zip(&all.trajectories) {
            let mut later = 0.0;
            for (node, action, reward, _) in steps.iter().rev() {
                later += reward;
                visits[*node as usize] += p;
                let pair = &mut q[*node as usize * world.actions() + *action as usize];
                (pair.0, pair.1) = (pair.0 + p * later, pair.1 + p);
            }
            value += p * later;
            square += p * later * later;
        }
        prop_assert!((value - truth.value()).abs() < 1e-9);
        prop_assert!((square - value * value - truth.variance()).abs() < 1e-9);
        for node in 0..world.nodes() as u32 {
            prop_assert!((visits[node as usize] - truth.visits(node)).abs() < 1e-9);
            let mut mean = 0.0;
            for action in (0..world.actions() as u32).filter(|a| world.is_legal(node, *a)) {
                let (sum, mass) = q[node as usize * world.actions() + action as usize];
                if mass > 1e-12 {
                    prop_assert!((sum / mass - truth.q(node, action)).abs() < 1e-6);
                }
                mean += policy.probability(node, action) * truth.advantage(node, action);
            }
            prop_assert!(mean.abs() < 1e-12);
        }
    }

    #[test]
    fn the_return_is_its_expectation_plus_skill_plus_luck_on_every_trajectory(instance in worlds(), seed: u64) {
        let (truth, batch) = (instance.truth(), sample(&instance, seed, 20));
        for (range, total) in batch.ranges().zip(batch.returns()) {
            let (mut skill, mut luck) = (0.0, 0.0);
            for i in range.clone() {
                let (node, action) = (batch.nodes[i], batch.actions[i]);
                skill += truth.advantage(node, action);
                luck += batch.rewards[i] + truth.v(batch.next[i]) - truth.q(node, action);
            }
            prop_assert!((total - truth.v(batch.nodes[range.start]) - skill - luck).abs() < 1e-9);
        }
        if truth.variance() > 1e-12 {
            let shares = [truth.skill_share(), truth.luck_share(), truth.start_share()];
            prop_assert!((shares.into_iter().flatten().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_exact_arm_has_no_error_and_the_exact_direction(instance in worlds(), seed: u64) {
        let found = score(&instance, seed, |batch, step, _| {
            instance.truth().advantage(batch.nodes[step], batch.actions[step])
        });
        prop_assert_eq!(found.closeness.rmse, Some(0.0));
        prop_assert_eq!(found.cells.bias_rms, Some(0.0));
        for perfect in [found.signs.overall.value, found.localisation.hit.value, found.ranks.pooled.value] {
            prop_assert!(perfect.is_none_or(|p| (p - 1.0).abs() < 1e-12));
        }
        let exact = exact_gradient(&instance, &mut Control::Exact, 1, 200_000).expect("few trajectories");
        prop_assert!(exact.error.is_none_or(|error| error < 1e-12));
        prop_assert!(exact.cosine.is_none_or(|cosine| (cosine - 1.0).abs() < 1e-12));
    }

    #[test]
    fn a_baseline_of_each_node_leaves_the_centred_error_and_the_mean_gradient(
        instance in worlds(), seed: u64, level in -3.0..3.0f64,
    ) {
        let baseline = |node: u32| level * (f64::from(node) + 1.0).sin();
        let plain = score(&instance, seed, |b, step, index| wild(&instance, b, step, index));
        let shifted =
            score(&instance, seed, |b, step, index| wild(&instance, b, step, index) + baseline(b.nodes[step]));
        prop_assert!(close(plain.centred.rmse, shifted.centred.rmse), "{:?} {:?}", plain.centred, shifted.centred);
        // The expected score is 0 in every node: checked on the exact mean, not on a sample.
        let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
        let mut gradient = vec![0.0; policy.parameters()];
        for node in 0..world.nodes() as u32 {
            for action in (0..world.actions() as u32).filter(|a| world.is_legal(node, *a)) {
                let mass = truth.visits(node) * policy.probability(node, action);
                let credit = truth.advantage(node, action) + baseline(node);
                policy.add_score(node, action, mass * credit, &mut gradient);
            }
        }
        for (g, exact) in gradient.iter().zip(truth.gradient(world, policy)) {
            prop_assert!((g - exact).abs() < 1e-12);
        }
    }

    #[test]
    fn scaling_credit_leaves_rank_place_direction_and_the_scaled_error(
        instance in worlds(), seed: u64, scale in 0.01..100.0f64,
    ) {
        let plain = score(&instance, seed, |b, step, index| wild(&instance, b, step, index));
        let scaled = score(&instance, seed, |b, step, index| scale * wild(&instance, b, step, index));
        for (a, b) in [
            (plain.ranks.within_trajectory.value, scaled.ranks.within_trajectory.value),
            (plain.ranks.pooled.value, scaled.ranks.pooled.value),
            (plain.localisation.hit.value, scaled.localisation.hit.value),
            (plain.localisation.praise_hit.value, scaled.localisation.praise_hit.value),
            (plain.signs.overall.value, scaled.signs.overall.value),
            (plain.leakage.share, scaled.leakage.share),
            (plain.gradient.mean_cosine, scaled.gradient.mean_cosine),
            (plain.gradient.batch_cosine, scaled.gradient.batch_cosine),
            (plain.gradient.normalised_variance, scaled.gradient.normalised_variance),
            (plain.closeness.scaled_rmse, scaled.closeness.scaled_rmse),
        ] {
            prop_assert!(close(a, b), "{a:?} {b:?}");
        }
        prop_assert!(plain.closeness.scaled_rmse <= plain.closeness.rmse);
    }

    #[test]
    fn unbiased_estimators_enumerate_to_the_exact_gradient(instance in worlds()) {
        let plain = |baseline| MonteCarlo { gamma: 1.0, baseline };
        let single: Vec<EstimatorConfig> = vec![
            plain(ReturnBaseline::None).into(),
            exact_gae(1.0).into(),
            exact_gae(0.0).into(),
            Contribution::new(OutcomeKey::StateReward, HindsightModel::Exact).into(),
        ];
        for arm in single {
            let error = exact_bias(&instance, &arm);
            prop_assert!(error.is_none_or(|error| error < 1e-9), "{arm:?}: {error:?}");
        }
        let all = enumerate_trajectories(&instance, 200_000).expect("few trajectories").probabilities.len();
        if all <= 200 {
            let found = exact_gradient(&instance, &mut GroupRelative::rloo(), 2, 200_000).expect("few pairs");
            prop_assert!(found.error.is_none_or(|error| error < 1e-9), "{:?}", found.error);
        }
    }

    #[test]
    fn a_potential_has_no_residual_and_no_regret_and_a_bump_has_its_size(
        instance in worlds(), bump in 0.1..2.0f64, seed: u64,
    ) {
        let (world, truth) = (instance.world(), instance.truth());
        let potential = |node: u32| if node == milepost_fidelity::END {
            0.0
        } else {
            Tape::new(seed).action(u64::from(node), 1, 0) * 4.0 - 2.0
        };
        let extra: Vec<f64> =
            world.transitions().map(|(n, o)| potential(o.next) - potential(n)).collect();
        prop_assert!(potential_residual(world, &extra) < 1e-9);
        let table = RewardTable::from_fn(world, |node, action, which| {
            let o = world.outcomes(node, action)[which];
            o.reward + potential(o.next) - potential(node)
        });
        prop_assert!(greedy_regret(world, truth, &table).0 < 1e-9);
        // Two ways from one node to the end, one of them paid: no potential explains more than the mean.
        let ends: Vec<usize> = world.transitions().enumerate()
            .filter(|(_, (node, o))| o.next == milepost_fidelity::END && *node == world.nodes() as u32 - 1)
            .map(|(index, _)| index).collect();
        if ends.len() > 1 {
            let mut paid = extra;
            paid[ends[0]] += bump;
            let residual = potential_residual(world, &paid);
            prop_assert!((residual - bump / 2.0).abs() < 1e-9, "{residual}");
        }
    }

    #[test]
    fn the_gradient_that_is_reported_is_the_gradient_of_the_value(instance in worlds(), direction: u64) {
        let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
        let gradient = truth.gradient(world, policy);
        let step: Vec<f64> =
            (0..gradient.len()).map(|i| Tape::new(direction).action(i as u64, 2, 0) - 0.5).collect();
        let value = |eta| Truth::solve(world, &policy.stepped(&step, eta)).expect("solvable").value();
        let h = 1e-5;
        let numeric = (value(h) - value(-h)) / (2.0 * h);
        let exact: f64 = gradient.iter().zip(&step).map(|(g, s)| g * s).sum();
        prop_assert!((numeric - exact).abs() < 1e-6 * (1.0 + exact.abs()), "{numeric} {exact}");
    }
}
