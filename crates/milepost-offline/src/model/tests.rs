use burn::tensor::Device;
use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::*;
use crate::data::Transitions;
use crate::learners::{Networks, Sac, SacConfig};

fn device() -> Device {
    Device::flex().autodiff()
}

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("test model")))
}

/// `s' = s + 0.5 a` with a little noise, reward `s · (1, −1)`.
fn linear(rows: usize) -> Transitions {
    let mut draws = stream(1);
    let mut t = Transitions { state_width: 2, action_width: 2, ..Transitions::default() };
    for row in 0..rows {
        let s = [0, 1].map(|_| (2.0 * draws.uniform() - 1.0) as f32);
        let a = [0, 1].map(|_| (2.0 * draws.uniform() - 1.0) as f32);
        t.states.extend(s);
        t.actions.extend(a);
        t.rewards.push(s[0] - s[1]);
        t.next_states.extend([0, 1].map(|i| s[i] + 0.5 * a[i] + 0.01 * draws.normal() as f32));
        t.terminals.push(0.0);
        t.uncertainty.push(0.0);
        t.trajectory.push(row);
        t.step.push(0);
    }
    t
}

fn small() -> DynamicsConfig {
    DynamicsConfig {
        members: 3,
        elites: 2,
        hidden: vec![24],
        learning_rate: 1e-2,
        max_epochs: 25,
        ..DynamicsConfig::default()
    }
}

fn fitted() -> (Transitions, Dynamics) {
    let data = linear(1500);
    let dynamics = Dynamics::fit(&data, &small(), 3, &device()).expect("fits");
    (data, dynamics)
}

fn sac() -> Sac {
    let networks = Networks { hidden: vec![16], ..Networks::default() };
    Sac::new(SacConfig { networks, ..SacConfig::default() }, 2, 2, 1, &device()).expect("valid")
}

const NEVER: Termination<'static> = &|_, _, _| false;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn uncertainty_is_never_negative_and_zero_where_members_agree(
        mean in prop::collection::vec(-3f32..3.0, 12), std in prop::collection::vec(0f32..2.0, 12),
    ) {
        let (means, stds): (Vec<_>, Vec<_>) = (mean.chunks(3).collect(), std.chunks(3).collect());
        for kind in [RewardPenalty::Aleatoric, RewardPenalty::Disagreement, RewardPenalty::EnsembleStd] {
            prop_assert!(kind.of(&means, &stds) >= 0.0);
        }
        let same = vec![means[0]; 4];
        prop_assert_eq!(RewardPenalty::Disagreement.of(&same, &stds), 0.0);
        prop_assert_eq!(RewardPenalty::EnsembleStd.of(&same, &stds), 0.0);
        let largest = stds.iter().map(|s| s.iter().map(|x| x * x).sum::<f32>().sqrt()).fold(0.0, f32::max);
        prop_assert_eq!(RewardPenalty::Aleatoric.of(&means, &stds), largest);
    }

    #[test]
    fn inconsistency_is_the_sample_deviation_over_elites(q in prop::collection::vec(-9f32..9.0, 6)) {
        let found = inconsistency(&q, 3);
        for (row, u) in found.iter().enumerate() {
            let values = [q[row], q[2 + row], q[4 + row]].map(f64::from);
            let mean = values.iter().sum::<f64>() / 3.0;
            let sample = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
            prop_assert!((f64::from(*u) - sample).abs() < 1e-5);
        }
        prop_assert!(inconsistency(&[q[0]; 6], 3).iter().all(|u| *u == 0.0));
        prop_assert!(inconsistency(&q, 1).iter().all(|u| *u == 0.0));
    }

    #[test]
    fn the_buffer_keeps_the_newest_rows(capacity in 1usize..6, pushed in 0usize..20) {
        let mut buffer = ModelBuffer::new(capacity, 1, 1);
        for i in 0..pushed {
            buffer.push(&[i as f32], &[0.0], i as f32, &[0.0], false);
        }
        let mut kept = buffer.rows().rewards.clone();
        kept.sort_by(f32::total_cmp);
        let newest: Vec<f32> = (pushed.saturating_sub(capacity)..pushed).map(|i| i as f32).collect();
        prop_assert_eq!(&kept, &newest);
        prop_assert_eq!(buffer.rows().states.len(), newest.len());
    }
}

#[test]
fn an_ensemble_learns_dynamics_and_how_noisy_they_are() {
    let (_, dynamics) = fitted();
    assert_eq!((dynamics.elite_errors().len(), dynamics.state_width()), (2, 2));
    let prediction = dynamics.predict(&[0.2, -0.4], &[0.6, -0.2]).expect("fits");
    for elite in 0..2 {
        let (mean, std) = prediction.of(elite, 0);
        for (found, true_mean) in mean.iter().zip([0.5, -0.5, 0.6]) {
            assert!((found - true_mean).abs() < 0.05, "{mean:?}");
        }
        assert!(std[0] > 0.004 && std[0] < 0.06, "{std:?} for a noise of 0.01");
    }
    assert!(dynamics.predict(&[0.2, -0.4], &[0.6]).is_err());
}

#[test]
fn penalties_only_lower_rewards_and_lambda_zero_is_a_plain_roll_out() {
    let (data, dynamics) = fitted();
    let roll = |penalty_weight: f64| {
        let config = RollOutConfig { starts: 20, horizon: 3, penalty_weight, ..RollOutConfig::default() };
        let mut buffer = ModelBuffer::new(1000, 2, 2);
        let report = roll_out(
            &data,
            &dynamics,
            &mut sac(),
            &config,
            NEVER,
            &mut buffer,
            &mut stream(2),
            &Device::flex(),
        )
        .expect("rolls");
        assert_eq!(report.stored, 60);
        buffer
    };
    let (plain, penalised) = (roll(0.0), roll(2.0));
    assert_eq!(plain.rows().states, penalised.rows().states, "only rewards differ");
    for (r, p) in plain.rows().rewards.iter().zip(&penalised.rows().rewards) {
        assert!(p < r);
    }
}

#[test]
fn roll_outs_end_at_terminals_and_where_they_leave_the_clip() {
    let (data, dynamics) = fitted();
    let roll = |clip: f64, termination: Termination<'_>| {
        let config = RollOutConfig { starts: 30, horizon: 4, clip, ..RollOutConfig::default() };
        let mut buffer = ModelBuffer::new(1000, 2, 2);
        let (mut learner, mut draws) = (sac(), stream(2));
        let report = roll_out(
            &data,
            &dynamics,
            &mut learner,
            &config,
            termination,
            &mut buffer,
            &mut draws,
            &Device::flex(),
        );
        (report.expect("rolls"), buffer)
    };
    let (report, buffer) = roll(10.0, &|_, _, _| true);
    assert_eq!(report.stored, 30);
    assert!(buffer.rows().terminals.iter().all(|d| *d == 1.0));
    let (report, buffer) = roll(0.5, NEVER);
    assert!(report.left > 0 && buffer.rows().next_states.iter().all(|x| x.abs() <= 0.5));
}

#[test]
fn mobile_without_weight_is_plain_sac_on_the_mix_and_real_rows_are_never_penalised() {
    let (data, dynamics) = fitted();
    let run = |weight: Option<f64>, real: f64| {
        let inconsistency = weight.map(|weight| BellmanInconsistency { weight, draws: 2 });
        let networks = Networks { hidden: vec![16], ..Networks::default() };
        let roll_out =
            RollOutConfig { starts: 20, horizon: 2, penalty_weight: 0.0, ..RollOutConfig::default() };
        let config = ModelBasedConfig {
            sac: SacConfig { networks, deterministic_backup: true, ..SacConfig::default() },
            roll_out,
            inconsistency,
            real,
            batch: 32,
            ..ModelBasedConfig::default()
        };
        let mut learner = ModelBased::new(config, &data, &dynamics, 1, &device()).expect("valid");
        for _ in 0..5 {
            learner.update(NEVER).expect("updates");
        }
        let state = burn::tensor::Tensor::<2>::from_floats([[0.3, 0.1]], &Device::flex());
        let action: Vec<f32> = learner.greedy().act(state).into_data().iter().collect();
        action
    };
    assert_eq!(run(Some(0.0), 0.05), run(None, 0.05));
    assert_ne!(run(Some(50.0), 0.05), run(None, 0.05));
    assert_eq!(run(Some(50.0), 1.0), run(None, 1.0), "all rows are recorded ones");
}

#[test]
fn an_ensemble_that_diverges_is_an_error() {
    let mut data = linear(50);
    data.rewards[3] = f32::NAN;
    let error = Dynamics::fit(&data, &small(), 3, &device()).expect_err("not a number");
    assert!(error.to_string().contains("finite"), "{error}");
    let config = DynamicsConfig { elites: 9, ..small() };
    assert!(Dynamics::fit(&linear(50), &config, 3, &device()).is_err());
}
