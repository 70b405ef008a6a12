//! Groups of one, equal returns, what is spent, what is refused.

use super::support::Bench;
use super::tiny::Tiny;
use crate::estimators::{
    Alone, Critic, EpisodeTerm, Gae, GiGpo, GroupRelative, Key, MtGrpo, NStep, Normalization, Opo,
    OptimalTokenBaseline, ReMax, Statistic, TurnGae, TurnLoo, Weighted, Weighting,
};
use crate::{Batch, CreditEstimator, FidelityError, LayeredWorld, Meter};

fn gigpo() -> GiGpo {
    let normalization = Normalization::grpo();
    GiGpo {
        key: Key::TimeAndState,
        episode: EpisodeTerm::On { normalization },
        step: normalization,
        omega: 1.0,
        gamma: 1.0,
        shrinkage: 0.0,
    }
}

fn weighted(weighting: Weighting) -> Weighted {
    Weighted { statistic: Statistic::Entropy, weighting }
}

#[test]
fn leave_one_out_refuses_a_group_of_one() {
    let bench = Bench::new(&Tiny::FULL);
    let batch = bench.sample(0, 1);
    let rules: [&mut dyn CreditEstimator; 2] =
        [&mut GroupRelative::rloo(), &mut weighted(Weighting::Proportional)];
    for rule in rules {
        assert!(matches!(bench.estimate(rule, &batch), Err(FidelityError::Credit(_))), "{}", rule.name());
    }
}

#[test]
fn other_groups_of_one_give_0_and_are_counted() {
    let bench = Bench::new(&Tiny::FULL);
    let batch = bench.sample(0, 1);
    let normalization = Normalization::grpo();
    let rules: [&mut dyn CreditEstimator; 5] = [
        &mut GroupRelative::grpo(),
        &mut GroupRelative::dr_grpo(),
        &mut Opo {},
        &mut gigpo(),
        &mut MtGrpo { tokens_per_turn: 1, turn: 0, lambda: 1.0, normalization },
    ];
    for rule in rules {
        let estimate = bench.estimate(rule, &batch).expect("defined");
        assert_eq!(estimate.counters["singleton-groups"], 1, "{}", rule.name());
        assert!(bench.credit(rule, &batch).iter().all(|c| *c == 0.0), "{}", rule.name());
    }
    let estimate = bench.estimate(&mut gigpo(), &batch).expect("defined");
    assert_eq!(estimate.counters["singleton-step-groups"], batch.steps() as u64);
}

#[test]
fn equal_returns_give_exactly_0_and_are_counted() {
    let bench = Bench::new(&Tiny::FULL);
    let mut batch = bench.sample(0, 7);
    // A number whose mean over seven is not itself in floating point.
    batch.rewards.fill(0.0);
    let last: Vec<usize> = batch.ranges().map(|range| range.end - 1).collect();
    for step in last {
        batch.rewards[step] = 0.1;
    }
    for rule in [&mut GroupRelative::grpo(), &mut GroupRelative::rloo()] {
        let estimate = bench.estimate(rule, &batch).expect("defined");
        assert_eq!(estimate.counters["zero-range-groups"], 1);
        assert!(bench.credit(rule, &batch).iter().all(|c| *c == 0.0));
    }
    let estimate = bench.estimate(&mut gigpo(), &batch).expect("defined");
    let groups: std::collections::BTreeSet<u32> = batch.nodes.iter().copied().collect();
    let step = ["zero-range-step-groups", "singleton-step-groups"]
        .map(|name| estimate.counters.get(name).copied().unwrap_or(0));
    assert_eq!(step.iter().sum::<u64>(), groups.len() as u64);
}

#[test]
fn an_episode_that_outlives_the_others_is_alone() {
    let bench = Bench::new(&Tiny::FULL);
    let mut batches = (0..1000).map(|first| bench.sample(first, 2));
    let batch = batches.find(|batch| batch.lengths() == [2, 3]).expect("every sixth batch or so");
    let total: f64 = batch.rewards[4];
    let raw = bench.credit(&mut TurnLoo { alone: Alone::Raw }, &batch);
    let zero = bench.credit(&mut TurnLoo { alone: Alone::Zero }, &batch);
    assert_eq!((raw[4], zero[4]), (total, 0.0));
    let estimate = bench.estimate(&mut TurnLoo { alone: Alone::Zero }, &batch).expect("defined");
    assert_eq!(estimate.counters["steps-without-peers"], 1);
}

#[test]
fn an_empty_batch_has_no_credit() {
    let bench = Bench::new(&Tiny::FULL);
    let batch = Batch::default();
    let rules: [&mut dyn CreditEstimator; 5] = [
        &mut GroupRelative::rloo(),
        &mut gigpo(),
        &mut TurnLoo { alone: Alone::Raw },
        &mut ReMax {},
        &mut Gae { gamma: 1.0, lambda: 1.0, critic: Critic::exact() },
    ];
    for rule in rules {
        assert!(bench.credit(rule, &batch).is_empty(), "{}", rule.name());
    }
}

#[test]
fn one_greedy_episode_per_start_is_on_the_meter() {
    let bench = Bench::new(&Tiny { slip: 0.0, ..Tiny::FULL });
    let batch = bench.sample(0, 50);
    let (rule, mut meter) = (&mut ReMax {}, Meter::default());
    let context = bench.context(&batch, rule);
    rule.estimate(&context, &mut meter).expect("defined");
    assert_eq!(meter.resets, 2);
    assert!((4..=6).contains(&meter.environment_steps), "{meter:?}");
    let starts: Vec<u32> = batch.ranges().map(|range| batch.nodes[range.start]).collect();
    let credit = bench.credit(rule, &batch);
    let baselines: Vec<f64> =
        batch.ranges().zip(batch.returns()).map(|(range, total)| total - credit[range.start]).collect();
    for (start, baseline) in starts.iter().zip(&baselines) {
        let first = starts.iter().position(|s| s == start).expect("itself");
        assert!((baseline - baselines[first]).abs() < 1e-12, "episodes of one start share a baseline");
    }
}

#[test]
fn the_truth_is_refused_to_those_who_did_not_declare_it() {
    let bench = Bench::new(&Tiny::FULL);
    let batch = bench.sample(0, 3);
    let undeclared = GroupRelative::rloo().needs();
    let context = bench.context_with(&batch, undeclared);
    let mut gae = Gae { gamma: 1.0, lambda: 1.0, critic: Critic::exact() };
    let rules: [&mut dyn CreditEstimator; 2] = [&mut gae, &mut ReMax {}];
    for rule in rules {
        let refused = rule.estimate(&context, &mut Meter::default());
        assert!(matches!(refused, Err(FidelityError::Undeclared { .. })), "{}", rule.name());
    }
}

#[test]
fn parameters_out_of_range_are_errors() {
    let bench = Bench::new(&Tiny::FULL);
    let batch = bench.sample(0, 3);
    let (critic, normalization) = (Critic::exact(), Normalization::Standard { ddof: 1, epsilon: -1.0 });
    let rules: [&mut dyn CreditEstimator; 9] = [
        &mut Gae { gamma: 1.5, lambda: 1.0, critic: critic.clone() },
        &mut Gae { gamma: 1.0, lambda: f64::NAN, critic: critic.clone() },
        &mut NStep { n: 0, gamma: 1.0, critic: critic.clone() },
        &mut TurnGae { tokens_per_turn: 0, gamma: 1.0, lambda: 1.0, critic },
        &mut GroupRelative { normalization },
        &mut GiGpo { shrinkage: -1.0, ..gigpo() },
        &mut MtGrpo { tokens_per_turn: 0, turn: 0, lambda: 1.0, normalization: Normalization::Mean },
        &mut weighted(Weighting::Top { fraction: 0.0 }),
        &mut weighted(Weighting::Amplify { fraction: 1.0, alpha: 2.0 }),
    ];
    for rule in rules {
        assert!(bench.estimate(rule, &batch).is_err(), "{}", rule.name());
    }
}

#[test]
fn the_optimal_token_baseline_of_equal_probabilities_is_the_mean_of_those_alive() {
    let bench = Bench::uniform(LayeredWorld::of(&Tiny::BINARY, 100).expect("valid").0);
    let batch = bench.sample(0, 9);
    let found = bench.credit(&mut OptimalTokenBaseline { epsilon: 0.0 }, &batch);
    let wanted = bench.credit(&mut GroupRelative::dr_grpo(), &batch);
    assert!(super::support::distance(&found, &wanted) < 1e-12);
}
