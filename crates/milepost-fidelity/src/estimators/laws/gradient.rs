//! Which rules have an unbiased gradient, by enumeration of all batches.

use milepost_microworlds::worlds::{VariableHorizon, VariableHorizonConfig};

use super::support::{Bench, distance};
use super::tiny::Tiny;
use crate::estimators::{
    Alone, Critic, CriticKind, DoublyRobust, Gae, GroupRelative, Key, MonteCarlo, NStep, Normalization,
    Outcome, Predictor, ReMax, Redistribution, Residual, ReturnBaseline, Start, Statistic, TdLambda, TurnLoo,
    VTrace, Weighted, Weighting,
};
use crate::{CreditEstimator, LayeredWorld};

fn gae(lambda: f64, critic: Critic) -> Box<dyn CreditEstimator> {
    Box::new(Gae { gamma: 1.0, lambda, critic })
}

fn monte_carlo(baseline: ReturnBaseline) -> Box<dyn CreditEstimator> {
    Box::new(MonteCarlo { gamma: 1.0, baseline })
}

fn noisy() -> Critic {
    CriticKind::Noisy { sigma: 0.7 }.into()
}

#[test]
fn unbiased_rules_enumerate_to_the_exact_gradient() {
    let bench = Bench::new(&Tiny::FULL);
    let exact = bench.exact_gradient();
    let aliased: Critic = CriticKind::Exact { key: Key::Observation }.into();
    let rules: Vec<Box<dyn CreditEstimator>> = vec![
        Box::new(Outcome {}),
        Box::new(GroupRelative::rloo()),
        Box::new(TurnLoo { alone: Alone::Raw }),
        monte_carlo(ReturnBaseline::None),
        monte_carlo(ReturnBaseline::LeaveOneOut),
        monte_carlo(ReturnBaseline::Critic { critic: Critic::exact() }),
        monte_carlo(ReturnBaseline::Critic { critic: noisy() }),
        gae(0.0, Critic::exact()),
        gae(0.6, Critic::exact()),
        gae(1.0, Critic::exact()),
        gae(1.0, aliased),
        gae(1.0, noisy()),
        gae(1.0, Critic::none()),
        Box::new(NStep { n: 2, gamma: 1.0, critic: Critic::exact() }),
        Box::new(TdLambda { gamma: 1.0, lambda: 0.5, critic: Critic::exact() }),
        Box::new(VTrace {
            gamma: 1.0,
            lambda: 0.5,
            clip_rho: 1.0,
            clip_pg_rho: 1.0,
            critic: Critic::exact(),
        }),
        Box::new(DoublyRobust { gamma: 1.0, lambda: 0.5, critic: Critic::exact() }),
        Box::new(Redistribution {
            predictor: Predictor::exact(),
            start: Start::Prediction,
            residual: Residual::None,
        }),
        Box::new(Weighted { statistic: Statistic::Unit, weighting: Weighting::Proportional }),
    ];
    for mut rule in rules {
        let found = bench.expected_gradient(rule.as_mut(), 2);
        let error = distance(&found, &exact);
        assert!(error < 1e-12, "{}: off by {error:e}", rule.name());
    }
}

#[test]
fn a_greedy_baseline_leaves_the_gradient_unbiased() {
    // Nothing is left to chance, so that the greedy episode is the same in every batch.
    let bench = Bench::new(&Tiny { slip: 0.0, success: [[0.0, 1.0], [1.0, 0.0]], ..Tiny::FULL });
    let found = bench.expected_gradient(&mut ReMax {}, 2);
    assert!(distance(&found, &bench.exact_gradient()) < 1e-12);
    let plain = bench.credit(&mut Outcome {}, &bench.sample(0, 20));
    assert!(distance(&bench.credit(&mut ReMax {}, &bench.sample(0, 20)), &plain) > 0.1);
}

#[test]
fn biased_rules_do_not_enumerate_to_the_exact_gradient() {
    let bench = Bench::new(&Tiny::FULL);
    let exact = bench.exact_gradient();
    let aliased: Critic = CriticKind::Exact { key: Key::Observation }.into();
    let rules: Vec<Box<dyn CreditEstimator>> = vec![
        Box::new(TurnLoo { alone: Alone::Zero }),
        gae(0.0, noisy()),
        gae(0.0, aliased),
        Box::new(Weighted { statistic: Statistic::Entropy, weighting: Weighting::Proportional }),
    ];
    for mut rule in rules {
        let found = bench.expected_gradient(rule.as_mut(), 2);
        assert!(distance(&found, &exact) > 1e-3, "{}", rule.name());
    }
}

#[test]
fn mean_centring_shrinks_the_gradient_by_one_part_in_the_group() {
    let bench = Bench::new(&Tiny::FULL);
    let found = bench.expected_gradient(&mut GroupRelative::dr_grpo(), 2);
    let wanted: Vec<f64> = bench.exact_gradient().iter().map(|g| g * (2.0 - 1.0) / 2.0).collect();
    assert!(distance(&found, &wanted) < 1e-12);
}

#[test]
fn the_standardised_gradient_has_the_exact_direction_for_returns_of_0_and_1() {
    let bench = Bench::new(&Tiny { slip: 0.0, ..Tiny::BINARY });
    let exact = bench.exact_gradient();
    let length = |g: &[f64]| g.iter().map(|g| g * g).sum::<f64>().sqrt();
    let mut lengths = Vec::new();
    for (ddof, epsilon) in [(0, 0.0), (1, 0.0), (1, 0.1)] {
        let normalization = Normalization::Standard { ddof, epsilon };
        let found = bench.expected_gradient(&mut GroupRelative { normalization }, 3);
        let factor = length(&found) / length(&exact);
        let wanted: Vec<f64> = exact.iter().map(|g| factor * g).collect();
        assert!(distance(&found, &wanted) < 1e-12, "ddof {ddof}, epsilon {epsilon}");
        lengths.push(length(&found));
    }
    assert!((lengths[0] / lengths[1] - 1.5_f64.sqrt()).abs() < 1e-12, "√(n/(n − 1)) for groups of 3");
    assert!(lengths[2] < 0.95 * lengths[1]);
}

#[test]
fn the_standardised_gradient_has_another_direction_for_other_returns() {
    let bench = Bench::new(&Tiny { slip: 0.0, second_start: 0.0, ..Tiny::FULL });
    let exact = bench.exact_gradient();
    let found = bench.expected_gradient(&mut GroupRelative::grpo(), 3);
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let cosine = dot(&found, &exact) / (dot(&found, &found) * dot(&exact, &exact)).sqrt();
    assert!(cosine < 1.0 - 1e-4, "{cosine}");
}

#[test]
fn dropping_steps_without_peers_bends_the_gradient_as_published() {
    // The variable-horizon task of AgentCreditBench: stopping pays 0, 2, 1, 3, 0 by step.
    let world = VariableHorizon::new(VariableHorizonConfig::default()).expect("valid");
    let bench = Bench::uniform(LayeredWorld::of(&world, 100).expect("valid").0);
    let exact = bench.exact_gradient();
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    for (count, published) in [(2, 0.974), (4, 0.989), (8, 0.996)] {
        let found = bench.expected_gradient(&mut TurnLoo { alone: Alone::Zero }, count);
        let cosine = dot(&found, &exact) / (dot(&found, &found) * dot(&exact, &exact)).sqrt();
        assert!((cosine - published).abs() < 0.0006, "groups of {count}: {cosine} for {published}");
        let raw = bench.expected_gradient(&mut TurnLoo { alone: Alone::Raw }, count);
        assert!(distance(&raw, &exact) < 1e-12, "groups of {count}");
    }
}
