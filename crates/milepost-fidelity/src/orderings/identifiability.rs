//! Row 12: what logs cannot tell.

use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::{MemoryAliasConfig, Sign, TwoWorldsConfig};

use super::lab::{Lab, verdict};
use super::{Measured, Ordering};
use crate::config::{EstimatorConfig, InstanceConfig};
use crate::estimators::{
    Critic, CriticKind, EpisodeTerm, Gae, GiGpo, GroupRelative, Key, NoisyJudge, Normalization, Outcome,
    PairedBranches, Predictor, PredictorKind, Redistribution, ReplaceStep, Residual, Reuse, Sees, Start,
    Tail,
};
use crate::protocol::{Instance, Metric, Sampling, credit_batches, run};
use crate::{Contrast, FidelityError, Restore, Sharing};

const SAMPLING: Sampling = Sampling { group: 8, batches: 200, seed: 12 };

/// Arms that see nothing but the log.
fn log_only() -> Vec<EstimatorConfig> {
    let critic: Critic = CriticKind::MonteCarlo { key: Key::Observation, episodes: 500 }.into();
    let predictor = Predictor::from(PredictorKind::Tabular { key: Key::Observation, episodes: 500 });
    vec![
        Outcome {}.into(),
        GroupRelative::rloo().into(),
        GroupRelative::grpo().into(),
        step_groups(Key::Observation).into(),
        Gae { gamma: 1.0, lambda: 0.95, critic }.into(),
        Redistribution { predictor, start: Start::Prediction, residual: Residual::Last }.into(),
    ]
}

const fn step_groups(key: Key) -> GiGpo {
    let (episode, step) = (EpisodeTerm::Off, Normalization::Mean);
    GiGpo { key, episode, step, omega: 1.0, gamma: 1.0, shrinkage: 0.0 }
}

/// What an arm says of `E[R₁ − R₀]` from a log: mean credit of action 1 minus mean credit of action 0.
fn effect(lab: &Lab<'_>, instance: &Instance, arm: &EstimatorConfig) -> Result<f64, FidelityError> {
    let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
    credit_batches(instance, arm.build().as_mut(), SAMPLING, lab.stop, |_, batch, credit, _| {
        for (action, credit) in batch.actions.iter().zip(&credit.taken) {
            sums[*action as usize] += credit;
            counts[*action as usize] += 1.0;
        }
        Ok(())
    })?;
    Ok(sums[1] / counts[1] - sums[0] / counts[0])
}

/// The same by replaying each restored state with either action in place of the recorded one.
fn restored_effect(lab: &Lab<'_>, instance: &Instance) -> Result<f64, FidelityError> {
    let against = |action| -> Result<f64, FidelityError> {
        let arm = ReplaceStep {
            samples: 1,
            alternative: Contrast::Default { action },
            tail: Tail::Resample,
            shared_noise: false,
        };
        let (mut sum, mut count) = (0.0, 0.0);
        credit_batches(instance, &mut arm.clone(), SAMPLING, lab.stop, |_, _, credit, _| {
            sum += credit.taken.iter().sum::<f64>();
            count += credit.taken.len() as f64;
            Ok(())
        })?;
        Ok(sum / count)
    };
    // E[R − R₀] − E[R − R₁]
    Ok(against(0)? - against(1)?)
}

/// Share of the two worlds in which the sign is found; 0 takes no side.
fn sign_accuracy(plus: f64, minus: f64) -> f64 {
    f64::midpoint(f64::from(u8::from(plus > 1e-9)), f64::from(u8::from(minus < -1e-9)))
}

pub(super) fn logs_alone_cannot_tell_two_worlds_apart(lab: &Lab<'_>) -> Result<Ordering, FidelityError> {
    let world = |sign| {
        let task = TaskConfig::TwoWorlds(TwoWorldsConfig { sign });
        InstanceConfig { sharing: Sharing::Observation, ..InstanceConfig::from(task) }.build()
    };
    let (plus, minus) = (world(Sign::Plus)?, world(Sign::Minus)?);
    let (mut measured, mut holds) = (Vec::new(), true);
    for arm in log_only() {
        let (up, down) = (effect(lab, &plus, &arm)?, effect(lab, &minus, &arm)?);
        holds &= up == down && sign_accuracy(up, down) <= 0.5;
        let name = arm.build().name();
        measured.push(Measured::new(format!("two worlds: sign accuracy of {name}"), sign_accuracy(up, down)));
    }
    let (up, down) = (restored_effect(lab, &plus)?, restored_effect(lab, &minus)?);
    let found = Measured::new("two worlds: sign accuracy of restored states", sign_accuracy(up, down));
    let found = found.expecting(1.0);
    holds &= found.within(0.0);
    measured.push(found);

    let task = TaskConfig::MemoryAlias(MemoryAliasConfig::default());
    let alias = InstanceConfig { sharing: Sharing::Observation, ..InstanceConfig::from(task) }.build()?;
    let mut blind = NoisyJudge::default();
    blind.sees = Sees::Observation;
    let branches = PairedBranches { continuations: 16, reuse: Reuse::None, restore: Restore::Full };
    let arms: [(EstimatorConfig, f64); 2] = [(blind.into(), 0.0), (branches.into(), 1.0)];
    for (arm, expected) in arms {
        let record = run(&alias, arm.build().as_mut(), SAMPLING, lab.stop)?;
        let sign = Metric::SignAccuracy.of(&record).unwrap_or(f64::NAN);
        let found = Measured::new(format!("memory alias: sign accuracy of {}", record.arm), sign);
        let found = found.expecting(expected);
        holds &= found.within(1e-3);
        measured.push(found);
    }
    let (value, error) = mean_at_the_decision(lab, &alias)?;
    let found =
        Measured::new("memory alias: mean credit of an observed action, groups by observation", value);
    let found = found.expecting(0.0);
    holds &= found.within(4.0 * error);
    measured.push(found);
    Ok(Ordering {
        row: 12,
        claim: "what the log does not show, no estimator reads from it; a restored state shows it",
        source: "after the survey's proposition 2 (reading notes); construction derived",
        expected: "two worlds with the same logs: log-only arms say the same in both (sign accuracy at most ½), \
                   restored states get both; memory alias: credit by observation is 0, restored branches find \
                   every sign",
        measured,
        verdict: verdict(holds),
    })
}

/// Mean credit of action 0 in the last, aliased step by groups keyed by what is seen, and its standard error.
fn mean_at_the_decision(lab: &Lab<'_>, instance: &Instance) -> Result<(f64, f64), FidelityError> {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    let mut arm = step_groups(Key::TimeAndObservation);
    credit_batches(instance, &mut arm, SAMPLING, lab.stop, |_, batch, credit, _| {
        for last in batch.ranges().map(|range| range.end - 1).filter(|step| batch.actions[*step] == 0) {
            n += 1.0;
            sum += credit.taken[last];
            squares += credit.taken[last] * credit.taken[last];
        }
        Ok(())
    })?;
    let mean = sum / n;
    Ok((mean, ((squares / n - mean * mean) / n).sqrt()))
}
