//! The published numbers of R1 and its variants, reproduced by simulation; where a closed form exists, the
//! simulation must agree with it, and the published number must lie within its own error of it.

use std::sync::atomic::AtomicBool;

use milepost_fidelity::CreditEstimator;
use milepost_fidelity::estimators::{Critic, CriticKind, Gae};
use milepost_fidelity::protocol::{Instance, Metric, Sampling, run};
use milepost_fidelity::record::Record;
use milepost_fidelity::reference::{
    BEST_LAMBDA, CRITIC_DRAWS, CRITIC_ERRORS, Chain, PUBLISHED_BATCHES, PUBLISHED_TOLERANCE, ReferenceValue,
    published,
};

/// How many standard errors count as agreement: about 200 numbers are compared.
const WIDTH: f64 = 4.0;

fn measure(instance: &Instance, estimator: &mut dyn CreditEstimator, batches: u64, seed: u64) -> Record {
    let sampling = Sampling { group: 8, batches, seed };
    run(instance, estimator, sampling, &AtomicBool::new(false)).expect("the arm runs on the chain")
}

/// Standard error of a metric in a record; 0 where it is far below the published rounding.
fn standard_error(metric: Metric, record: &Record) -> f64 {
    let gradient = &record.scores.gradient;
    let share = |value: Option<f64>, n: u64| value.map_or(0.0, |v| (v * (1.0 - v) / n as f64).sqrt());
    match metric {
        Metric::NormalisedVariance => gradient.normalised_variance_error.unwrap_or(0.0),
        Metric::BatchCosine => gradient.batch_cosine_error.unwrap_or(0.0),
        Metric::VarianceCost => {
            let steps = record.cost.base_steps + record.cost.extra.environment_steps;
            gradient.normalised_variance_error.unwrap_or(0.0) * steps as f64 / gradient.batches as f64
        }
        Metric::SignAccuracy => {
            let signs = record.scores.signs.overall;
            share(signs.value, signs.scored)
        }
        Metric::Hit => {
            let hit = record.scores.localisation.hit;
            share(hit.value, hit.defined)
        }
        _ => 0.0,
    }
}

fn check(arm: &str, value: &ReferenceValue, record: &Record, failures: &mut Vec<String>) {
    let found = value.metric.of(record).unwrap_or(0.0);
    let error = standard_error(value.metric, record);
    let theirs = error * (record.scores.gradient.batches as f64 / PUBLISHED_BATCHES as f64).sqrt();
    let print = (PUBLISHED_TOLERANCE * value.published).abs() + value.rounding;
    let mut compare = |left: f64, right: f64, tolerance: f64, what: &str| {
        if (left - right).abs() > tolerance {
            let (chain, metric) = (value.chain, value.metric.label());
            failures.push(format!("{arm} {chain:?} {metric}: {what}: {left} against {right} ± {tolerance}"));
        }
    };
    if let Some(exact) = value.exact {
        compare(found, exact, WIDTH * error + 1e-3 * exact, "measured against the closed form");
        if value.note.is_none() {
            compare(value.published, exact, print + WIDTH * theirs, "published against the closed form");
        }
    }
    if value.note.is_none() {
        let tolerance = print + WIDTH * error.hypot(theirs);
        compare(found, value.published, tolerance, "measured against published");
    } else if (found - value.published).abs() <= print + WIDTH * error.hypot(theirs) {
        failures
            .push(format!("{arm}: the note on {:?} explains a difference that is not there", value.metric));
    }
}

fn reproduce(chain: Chain, batches: u64) {
    let instance = chain.instance().build().expect("the chain can be solved");
    let mut failures = Vec::new();
    let mut compared = 0;
    for arm in published() {
        let values: Vec<&ReferenceValue> = arm.values.iter().filter(|v| v.chain == chain).collect();
        if values.is_empty() {
            continue;
        }
        let mut estimator = arm.arm.build();
        let record = measure(&instance, estimator.as_mut(), batches, 1);
        compared += values.len();
        for value in values {
            check(&record.arm, value, &record, &mut failures);
        }
    }
    assert!(compared > 0 && failures.is_empty(), "of {compared} numbers:\n{}", failures.join("\n"));
}

#[test]
fn the_published_table_of_eight_steps_is_reproduced() {
    reproduce(Chain::Eight, 4000);
}

#[test]
fn the_published_variances_of_32_steps_are_reproduced() {
    reproduce(Chain::ThirtyTwo, 1000);
}

#[test]
fn the_published_distractor_row_is_reproduced_or_its_difference_explained() {
    reproduce(Chain::Distractor, 4000);
}

#[test]
fn uncertainty_is_not_criticality_in_the_saturated_chain() {
    reproduce(Chain::Saturated, 4000);
}

#[test]
fn r1_is_as_hard_as_published() {
    let facts = Chain::Eight.instance().build().expect("solvable").facts();
    assert!((facts.skill_share.expect("varies") - 0.36).abs() < 1e-12);
    assert!((facts.luck_share.expect("varies") - 0.64).abs() < 1e-12);
}

/// Mean RMSE over the draws of the critic's noise, and its standard error.
fn critic_rmse(instance: &Instance, sigma: f64, lambda: f64) -> (f64, f64) {
    let errors: Vec<f64> = (0..CRITIC_DRAWS)
        .map(|seed| {
            let critic: Critic = CriticKind::Noisy { sigma }.into();
            let mut gae = Gae { gamma: 1.0, lambda, critic };
            measure(instance, &mut gae, 40, seed).scores.closeness.rmse.expect("steps")
        })
        .collect();
    let n = errors.len() as f64;
    let mean = errors.iter().sum::<f64>() / n;
    let variance = errors.iter().map(|e| (e - mean) * (e - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

#[test]
fn the_published_critic_errors_are_reproduced() {
    let instance = Chain::Eight.instance().build().expect("solvable");
    for (sigma, lambda, published) in CRITIC_ERRORS {
        let (mean, error) = critic_rmse(&instance, sigma, lambda);
        let tolerance = PUBLISHED_TOLERANCE * published + 0.005 + WIDTH * error * 2f64.sqrt();
        assert!(
            (mean - published).abs() <= tolerance,
            "σ={sigma} λ={lambda}: {mean} ± {error} for {published}"
        );
    }
}

#[test]
fn worse_critics_call_for_longer_traces_as_published() {
    let instance = Chain::Eight.instance().build().expect("solvable");
    let mut before = -1.0;
    for (sigma, published) in BEST_LAMBDA {
        let lambdas = [0.0, 0.5, 0.9, 0.95, 1.0];
        let errors = lambdas.map(|lambda| critic_rmse(&instance, sigma, lambda));
        let best = (0..lambdas.len()).min_by(|i, j| errors[*i].0.total_cmp(&errors[*j].0)).expect("five");
        let at = lambdas.iter().position(|l| *l == published).expect("listed");
        // The published λ is the best one up to the noise of the draws, which the λs share.
        assert!(errors[at].0 - errors[best].0 <= errors[at].1, "σ={sigma}: {errors:?}");
        assert!(lambdas[best] >= before, "σ={sigma}: the best λ fell to {}", lambdas[best]);
        before = lambdas[best];
    }
}
