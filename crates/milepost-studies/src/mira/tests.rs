use milepost_core::Environment;
use milepost_policies::DeviceChoice;
use milepost_progress::Form;
use proptest::prelude::*;

use super::*;
use crate::{Measured, Memory};

fn tiny() -> Mira {
    Mira {
        level: "MiniGrid-DoorKey-5x5-v0".to_owned(),
        max_steps: 12,
        phases: 2,
        episodes: 8,
        demonstrations: 4,
        epochs: 2,
        updates: 3,
        critic_updates: 3,
        minibatch: 32,
        width: 8,
        evaluation_tasks: 8,
        ..Mira::default()
    }
}

fn run(study: &Mira) -> Memory {
    Memory::of(study, &Context { seed: 3, device: DeviceChoice::Cpu }).expect("runs")
}

#[test]
fn every_arm_runs_and_the_same_seed_records_the_same_bytes() {
    for update in [Update::Sft, Update::Regression, Update::Divergence, Update::Awr, Update::Ppo] {
        let study = Mira { update, ..tiny() };
        assert_eq!(run(&study), run(&study), "{update:?}");
    }
    for study in [
        Mira { progress: Progress::Oracle, alpha: 1.0, ..tiny() },
        Mira { miss: 0.2, false_positive: 0.02, report: true, ..tiny() },
        Mira { shaping: Form::Shaped, gamma: 0.9, ..tiny() },
    ] {
        run(&study);
    }
}

#[test]
fn only_a_policy_that_reads_the_report_says_what_it_gains_by_it() {
    let blind = run(&tiny());
    assert!(blind.results.contains(&(
        "report-gain".into(),
        Measured::Undefined("this policy never reads the checker's report".into())
    )));
    let reading = run(&Mira { report: true, ..tiny() });
    assert!(reading.value("report-gain").is_some());
}

/// An episode of these milestones, and what critics may say of it.
fn episode(success: bool, passed: &[Option<u32>], steps: usize) -> Episode {
    Episode {
        task: TaskSeed::literal(0),
        features: vec![0.0; (steps + 1) * FEATURES],
        actions: vec![0; steps],
        log_probs: vec![0.0; steps],
        success,
        detected: passed.to_vec(),
        passed: passed.to_vec(),
    }
}

fn judgements() -> impl Strategy<Value = Judgement> {
    (1usize..12).prop_flat_map(|steps| {
        let column = || prop::collection::vec(0.0..=1.0f64, steps + 1);
        (column(), column()).prop_map(|(potential, value)| Judgement { potential, value })
    })
}

proptest! {
    #[test]
    fn shaping_telescopes_without_a_discount(judged in judgements(), success: bool, alpha in 0.0..2.0) {
        let steps = judged.value.len() - 1;
        let episode = episode(success, &[None], steps);
        let paid = Mira { alpha, ..tiny() }.shaped_rewards(&episode, &judged).expect("finite");
        let extra: f64 = paid.iter().zip(episode.task_rewards()).map(|(shaped, task)| shaped - task).sum();
        prop_assert!((extra - alpha * (judged.potential[steps] - judged.potential[0])).abs() < 1e-9);
    }

    #[test]
    fn without_alpha_there_is_no_potential(judged in judgements(), success: bool, lambda in 0.0..=1.0) {
        let episode = episode(success, &[None], judged.value.len() - 1);
        let sparse = Mira { alpha: 0.0, lambda, ..tiny() };
        let other = Judgement { potential: vec![0.7; judged.potential.len()], ..judged.clone() };
        prop_assert_eq!(
            sparse.advantages(&episode, &judged).expect("finite"),
            sparse.advantages(&episode, &other).expect("finite")
        );
    }

    #[test]
    fn the_ends_of_lambda_are_monte_carlo_and_one_temporal_difference(judged in judgements(), success: bool, gamma in 0.5..=1.0) {
        let steps = judged.value.len() - 1;
        let episode = episode(success, &[None], steps);
        let of = |lambda| Mira { lambda, gamma, alpha: 0.0, ..tiny() }.advantages(&episode, &judged).expect("finite");
        let reward = f64::from(u8::from(success));
        for (t, (monte_carlo, difference)) in of(0.0).into_iter().zip(of(1.0)).enumerate() {
            let to_go = reward * gamma.powi((steps - 1 - t) as i32);
            prop_assert!((monte_carlo - (to_go - judged.value[t])).abs() < 1e-9);
            let last = t + 1 == steps;
            let next = if last { reward } else { gamma * judged.value[t + 1] };
            prop_assert!((difference - (next - judged.value[t])).abs() < 1e-9);
        }
    }

    #[test]
    fn the_oracle_pays_each_milestone_once(times in prop::collection::vec(prop::option::of(1u32..10), 1..5), alpha in 0.1..2.0) {
        let episode = episode(false, &times, 10);
        let judged = Judgement { potential: vec![0.0; 11], value: vec![0.0; 11] };
        let study = Mira { progress: Progress::Oracle, alpha, ..tiny() };
        let paid: f64 = study.shaped_rewards(&episode, &judged).expect("finite").iter().sum();
        let passed = times.iter().flatten().count() as f64;
        prop_assert!((paid - alpha * passed / times.len() as f64).abs() < 1e-9);
    }
}

#[test]
fn failures_teach_the_potential_critic_nothing_and_before_a_success_it_is_zero() {
    let device = open_device(DeviceChoice::Cpu).expect("there is one").device;
    let mut critics = Critics::new(8, 1e-2, 1, &device).expect("builds");
    let (failure, success) = (episode(false, &[Some(2)], 6), episode(true, &[Some(2)], 6));
    critics.fit(&[&failure], 5, 16, 0, &device);
    assert_eq!(critics.judge(&[&failure], &device).expect("judges")[0].potential, [0.0; 7]);
    critics.fit(&[&success], 5, 16, 1, &device);
    let with_success = critics.judge(&[&failure], &device).expect("judges")[0].clone();
    assert!(with_success.potential.iter().all(|p| *p > 0.0 && *p < 1.0));
    // Another critic that met ever more failures says the same of the potential, and something else of the value.
    let mut other = Critics::new(8, 1e-2, 1, &device).expect("builds");
    other.fit(&[&failure], 5, 16, 0, &device);
    let mut fresh = Critics::new(8, 1e-2, 1, &device).expect("builds");
    fresh.fit(&[&success], 0, 16, 0, &device);
    let untrained = fresh.judge(&[&failure], &device).expect("judges")[0].potential.clone();
    other.fit(&[&success], 0, 16, 1, &device);
    assert_eq!(other.judge(&[&failure], &device).expect("judges")[0].potential, untrained);
}

/// Steps of [`shown`].
const SHOWN: usize = 5;

/// What a small policy learns from: the same state and action again and again.
fn shown() -> Episode {
    episode(false, &[], SHOWN)
}

fn small_learner(device: &Device) -> Learner {
    let config = NetworkConfig::Mlp(MlpConfig { hidden: vec![8; 2], ..MlpConfig::default() });
    let policy = config.init(FEATURES, 7, 1, &device.clone().autodiff()).expect("builds");
    let adam = AdamConfig { learning_rate: 1e-3, ..AdamConfig::default() };
    Learner { policy, adam: Adam::new(adam), run_seed: 1 }
}

/// Log-probability of the action of [`shown`].
fn log_prob(learner: &Learner, device: &Device) -> f64 {
    learner.log_probs(&[&shown()], device).expect("scores")[0][0]
}

#[test]
fn advantages_of_zero_cost_nothing_and_leave_the_policy_where_it_is_and_their_sign_decides_its_direction() {
    let device = open_device(DeviceChoice::Cpu).expect("there is one").device;
    let learned = |update: Update, advantage: f64| {
        let mut learner = small_learner(&device);
        let before = log_prob(&learner, &device);
        let lessons = Lessons::new(&[&shown()], &[vec![before; SHOWN]], &[vec![advantage; SHOWN]], &device);
        let learned = learner.update(update, 0.1, &lessons, [1, SHOWN], 0, &device).expect("learns");
        (learned.loss, log_prob(&learner, &device) - before)
    };
    let moved = |update: Update, advantage: f64| learned(update, advantage).1;
    let (loss, movement) = learned(Update::Regression, 0.0);
    assert!(loss.abs() < 1e-9 && movement.abs() < 1e-6, "{loss} {movement}");
    // At the reference the residual is the advantage itself.
    assert!((learned(Update::Regression, 2.0).0 - 4.0).abs() < 1e-4);
    for update in [Update::Regression, Update::Divergence, Update::Ppo] {
        assert!(moved(update, 1.0) > 1e-4 && moved(update, -1.0) < -1e-4, "{update:?}");
    }
    // Weights of advantage-weighted regression are positive, whatever the sign.
    assert!(moved(Update::Awr, -1.0) > 0.0);
}

#[test]
fn an_action_that_the_reference_all_but_excludes_is_an_outlier_and_is_still_pulled_back() {
    let device = open_device(DeviceChoice::Cpu).expect("there is one").device;
    let mut learner = small_learner(&device);
    let before = log_prob(&learner, &device);
    // A log-ratio of nearly 200: with β = 0.1 the residual is nearly 20, and Huber's threshold is 5.
    let lessons = Lessons::new(&[&shown()], &[vec![-200.0; SHOWN]], &[vec![0.0; SHOWN]], &device);
    let learned = learner.update(Update::Regression, 0.1, &lessons, [1, SHOWN], 0, &device).expect("learns");
    let residual = 0.1 * (before + 200.0);
    assert!((learned.loss - 5.0 * (2.0 * residual - 5.0)).abs() < 1e-3, "{}", learned.loss);
    assert_eq!(learned.outliers, SHOWN as u64);
    assert!(log_prob(&learner, &device) < before - 1e-4);
}

#[test]
fn levels_on_one_map_have_two_milestones_or_four_and_the_solver_passes_them_all() {
    let device = open_device(DeviceChoice::Cpu).expect("there is one").device;
    let levels =
        [("MiniGrid-Unlock-v0", 2), ("MiniGrid-UnlockPickup-v0", 4), ("MiniGrid-BlockedUnlockPickup-v0", 4)];
    for (level, milestones) in levels {
        let study = Mira { level: level.to_owned(), max_steps: 288, ..tiny() };
        let mut world = study.world().expect("registered");
        world.reset(TaskSeed::train(3, 0)).expect("generated");
        assert_eq!(world.extent(), (11, 6), "{level}");
        let checker = study.checker().expect("rates");
        let field = Field { world, checker, device: device.clone(), run_seed: 3 };
        let tasks: Vec<TaskSeed> = (0..3).map(|index| TaskSeed::train(3, index)).collect();
        for played in field.demonstrate(&tasks, 0.0, Report::Hidden).expect("plays") {
            assert!(played.success, "{level}");
            assert_eq!((played.passed.len(), played.milestones()), (milestones, milestones), "{level}");
        }
    }
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let refused = |study: Mira| study.validate().expect_err("refused").to_string();
    assert!(refused(Mira { lambda: 1.5, ..tiny() }).contains("lambda"));
    assert!(refused(Mira { beta: 0.0, ..tiny() }).contains("beta"));
    assert!(refused(Mira { miss: 2.0, ..tiny() }).contains("miss"));
    assert!(refused(Mira { level: "MiniGrid-DoorKey-55x5-v0".into(), ..tiny() }).contains("level"));
    assert!(refused(Mira { shaping: Form::Level, ..tiny() }).contains("shaping"));
    assert!(refused(Mira { familiar: 0.9, foreign: 0.1, ..tiny() }).contains("familiar"));
    assert!(refused(Mira { phases: 0, ..tiny() }).contains("phases"));
}
