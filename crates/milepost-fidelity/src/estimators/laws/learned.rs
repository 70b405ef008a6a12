//! Return predictors that learn.

use milepost_core::{Environment, TaskSeed};
use milepost_microworlds::Microworld;
use milepost_microworlds::worlds::{Bifurcation, BifurcationConfig, Decisive};

use super::support::{Bench, distance};
use super::tiny::Tiny;
use crate::estimators::{Key, Predictor, PredictorKind, Redistribution, Residual, Start};
use crate::{CreditEstimator, LayeredWorld};

fn rule(kind: PredictorKind) -> Redistribution {
    Redistribution { predictor: kind.into(), start: Start::Prediction, residual: Residual::None }
}

fn exact() -> Redistribution {
    rule(PredictorKind::Exact)
}

/// Root mean squared difference to the exact redistribution over a batch of their own.
fn error(bench: &Bench, kind: PredictorKind) -> f64 {
    let (batch, mut learned) = (bench.sample(0, 500), rule(kind));
    bench.fit(&mut learned);
    let (found, wanted) = (bench.credit(&mut learned, &batch), bench.credit(&mut exact(), &batch));
    let squares: f64 = found.iter().zip(&wanted).map(|(x, y)| (x - y) * (x - y)).sum();
    (squares / found.len() as f64).sqrt()
}

fn recurrent(episodes: usize, epochs: usize) -> PredictorKind {
    PredictorKind::Recurrent { key: Key::TimeAndState, episodes, hidden: 6, epochs, step_size: 0.05 }
}

/// Two decisions that add up, in six steps; all that can be observed is the clock.
fn additive() -> Bench {
    let config = BifurcationConfig { horizon: 6, decisive: Decisive::At(vec![1, 3]), ..Default::default() };
    let mut start = Microworld::new(Bifurcation::new(config).expect("valid"));
    start.reset(TaskSeed::literal(0)).expect("there is one start");
    let clock = |state: &Microworld<Bifurcation>| u64::from(state.elapsed());
    let (world, _) = LayeredWorld::unroll("additive", &[(1.0, start)], clock, 1000).expect("small");
    Bench::uniform(world)
}

#[test]
fn a_table_approaches_the_exact_redistribution() {
    let bench = Bench::new(&Tiny::FULL);
    let at = |episodes| error(&bench, PredictorKind::Tabular { key: Key::TimeAndState, episodes });
    let (few, many) = (at(100), at(20_000));
    assert!(many < 0.02 && many < few / 3.0, "{few} with 100 episodes, {many} with 20 000");
}

#[test]
fn a_linear_model_finds_decisions_that_add_up() {
    let bench = additive();
    let kind = PredictorKind::Linear { key: Key::Observation, episodes: 20_000, ridge: 1e-6 };
    // Without any credit the error is the root mean square of the advantages, 0.15 in two steps of six.
    let (found, nothing) = (error(&bench, kind), 0.15 * f64::sqrt(2.0 / 6.0));
    assert!(found < nothing / 8.0, "{found} against {nothing}");
}

#[test]
fn a_network_finds_decisions_and_improves_with_training() {
    let bench = additive();
    let [before, after] = [0, 40].map(|epochs| error(&bench, recurrent(1_000, epochs)));
    assert!(after < 0.05 && after < before / 2.0, "{before} before, {after} after");
}

#[test]
fn learned_predictors_are_the_same_each_time() {
    let bench = Bench::new(&Tiny::FULL);
    let batch = bench.sample(0, 20);
    for kind in [
        PredictorKind::Tabular { key: Key::State, episodes: 50 },
        PredictorKind::Linear { key: Key::State, episodes: 50, ridge: 1e-3 },
        recurrent(50, 3),
    ] {
        let [one, other] = [(); 2].map(|()| {
            let mut learned = rule(kind);
            assert_eq!(bench.fit(&mut learned).fitted_episodes, 50);
            bench.credit(&mut learned, &batch)
        });
        assert_eq!(one, other);
    }
}

#[test]
fn a_residual_completes_any_predictor() {
    let bench = Bench::new(&Tiny::FULL);
    let batch = bench.sample(0, 30);
    for kind in [
        PredictorKind::Tabular { key: Key::Observation, episodes: 20 },
        PredictorKind::Linear { key: Key::Observation, episodes: 20, ridge: 1e-3 },
        recurrent(20, 2),
    ] {
        let predictor: Predictor = kind.into();
        let mut learned = Redistribution { predictor, start: Start::Zero, residual: Residual::Uniform };
        bench.fit(&mut learned);
        let credit = bench.credit(&mut learned, &batch);
        let sums: Vec<f64> = batch.ranges().map(|range| credit[range].iter().sum()).collect();
        assert!(distance(&sums, &batch.returns()) < 1e-12, "{}", learned.name());
    }
}

#[test]
fn what_a_predictor_never_saw_is_counted() {
    let bench = Bench::new(&Tiny::FULL);
    for kind in [
        PredictorKind::Tabular { key: Key::TimeAndState, episodes: 1 },
        PredictorKind::Linear { key: Key::TimeAndState, episodes: 1, ridge: 1e-3 },
        recurrent(1, 1),
    ] {
        let mut learned = rule(kind);
        bench.fit(&mut learned);
        let estimate = bench.estimate(&mut learned, &bench.sample(0, 50)).expect("fitted");
        assert!(estimate.counters["unseen-by-predictor"] > 0, "{}", learned.name());
    }
}

#[test]
fn steps_that_are_too_large_are_named() {
    let bench = Bench::new(&Tiny::FULL);
    let batch = bench.sample(0, 5);
    for step_size in [0.0, -1.0, f64::NAN, f64::MAX] {
        let kind =
            PredictorKind::Recurrent { key: Key::State, episodes: 5, hidden: 2, epochs: 20, step_size };
        let mut learned = rule(kind);
        let context = bench.context(&batch, &learned);
        assert!(learned.fit(&context, &mut crate::Meter::default()).is_err(), "{step_size}");
    }
}
