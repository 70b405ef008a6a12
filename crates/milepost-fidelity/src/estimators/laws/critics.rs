//! Critics: what they learn, and what they see.

use super::support::Bench;
use super::tiny::Tiny;
use crate::estimators::{Critic, CriticKind, Gae, Key};
use crate::{CreditEstimator, FidelityError, Tape};

/// Root mean squared difference of the values of two critics over a batch, read off `V̂_t = G_t − ĉ_t`.
fn difference(bench: &Bench, one: CriticKind, other: CriticKind) -> f64 {
    let batch = bench.sample(0, 200);
    let [x, y] = [one, other].map(|kind| {
        let mut rule = Gae { gamma: 1.0, lambda: 1.0, critic: kind.into() };
        bench.fit(&mut rule);
        bench.credit(&mut rule, &batch)
    });
    let squares: f64 = x.iter().zip(&y).map(|(x, y)| (x - y) * (x - y)).sum();
    (squares / x.len() as f64).sqrt()
}

#[test]
fn a_fitted_critic_approaches_the_exact_value_of_what_it_sees() {
    let bench = Bench::new(&Tiny::FULL);
    for key in [Key::TimeAndState, Key::State, Key::TimeAndObservation, Key::Observation] {
        let exact = CriticKind::Exact { key };
        let at = |episodes| difference(&bench, CriticKind::MonteCarlo { key, episodes }, exact);
        let (few, many) = (at(50), at(20_000));
        assert!(many < 0.015 && many < few / 4.0, "{key:?}: {few} with 50 episodes, {many} with 20 000");
    }
}

#[test]
fn temporal_differences_approach_the_exact_value() {
    let bench = Bench::new(&Tiny::FULL);
    let key = Key::TimeAndState;
    for lambda in [0.0, 0.5, 1.0] {
        let learned = CriticKind::TdLambda { key, episodes: 20_000, lambda, step_size: 0.003, sweeps: 2 };
        let error = difference(&bench, learned, CriticKind::Exact { key });
        assert!(error < 0.03, "lambda {lambda}: {error}");
    }
}

#[test]
fn a_critic_that_sees_less_than_the_state_is_another_critic() {
    let bench = Bench::new(&Tiny::FULL);
    let exact = |key| CriticKind::Exact { key };
    assert!(difference(&bench, exact(Key::TimeAndState), exact(Key::Observation)) > 0.05);
    // In this world the state contains the clock, and so does the observation.
    assert!(difference(&bench, exact(Key::TimeAndState), exact(Key::State)) < 1e-12);
    assert!(difference(&bench, exact(Key::TimeAndObservation), exact(Key::Observation)) < 1e-12);
}

#[test]
fn noise_of_a_critic_is_fixed_by_the_seed_and_has_its_size() {
    let mut bench = Bench::new(&Tiny::FULL);
    let kind = CriticKind::Noisy { sigma: 0.5 };
    let batch = bench.sample(0, 200);
    let (mut errors, mut before) = (Vec::new(), Vec::new());
    for seed in 0..200 {
        bench.tape = Tape::new(seed);
        let credit = |kind: CriticKind| {
            bench.credit(&mut Gae { gamma: 1.0, lambda: 1.0, critic: kind.into() }, &batch)
        };
        let (noisy, again, exact) = (credit(kind), credit(kind), credit(Critic::exact().kind()));
        assert_eq!(noisy, again);
        assert_ne!(noisy, before);
        errors.push(noisy[0] - exact[0]);
        before = noisy;
    }
    let mean = errors.iter().sum::<f64>() / 200.0;
    let deviation = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / 199.0).sqrt();
    // Four standard errors of mean and deviation.
    assert!(mean.abs() < 4.0 * 0.5 / 200_f64.sqrt() && (deviation - 0.5).abs() < 4.0 * 0.5 / 400_f64.sqrt());
}

#[test]
fn a_critic_must_be_fitted_first_and_says_so() {
    let bench = Bench::new(&Tiny::FULL);
    let critic: Critic = CriticKind::MonteCarlo { key: Key::State, episodes: 10 }.into();
    let mut rule = Gae { gamma: 1.0, lambda: 1.0, critic };
    assert_eq!(rule.wants_episodes(), 10);
    let error = bench.estimate(&mut rule, &bench.sample(0, 2)).expect_err("not fitted");
    assert!(matches!(error, FidelityError::NotFitted { .. }));
    assert_eq!(bench.fit(&mut rule).fitted_episodes, 10);
    assert!(bench.estimate(&mut rule, &bench.sample(0, 2)).is_ok());
}

#[test]
fn states_that_a_critic_never_saw_are_counted() {
    let bench = Bench::new(&Tiny::FULL);
    let critic: Critic = CriticKind::MonteCarlo { key: Key::TimeAndState, episodes: 1 }.into();
    let mut rule = Gae { gamma: 1.0, lambda: 1.0, critic };
    bench.fit(&mut rule);
    let estimate = bench.estimate(&mut rule, &bench.sample(0, 50)).expect("fitted");
    assert!(estimate.counters["unseen-by-critic"] > 0);
}
