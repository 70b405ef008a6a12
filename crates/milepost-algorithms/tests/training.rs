//! Whole runs of every named method on a small world.

mod common;

use std::cell::Cell;

use burn::tensor::{Device, Tensor};
use common::{OneHot, credit_rules, methods, network, trainer};
use milepost_algorithms::config::ObjectiveConfig;
use milepost_algorithms::config::{CreditConfig, Pool, SamplerConfig};
use milepost_algorithms::{
    FeatureAgent, Loss, MethodConfig, Minibatch, Objective, TrainError, Trainer, WarmStart, WarmStartReport,
};
use milepost_core::{Ending, Environment, TaskSeed};
use milepost_policies::Network;
use milepost_testkit::environment::Corridor;

fn success_rate(trainer: &mut Trainer<FeatureAgent<Corridor, Network>>, iterations: usize) -> f64 {
    let mut episodes = Vec::new();
    for _ in 0..iterations {
        episodes.extend(trainer.iterate().expect("trains").episodes);
    }
    episodes.iter().filter(|episode| episode.success()).count() as f64 / episodes.len() as f64
}

#[test]
fn every_method_learns_the_corridor() {
    for (name, method) in methods() {
        let mut trainer = trainer(method, 1);
        let before = success_rate(&mut trainer, 3);
        success_rate(&mut trainer, 40);
        let after = success_rate(&mut trainer, 10);
        // Always right succeeds in about five of six episodes; a fair coin in about one of four.
        assert!(after > 0.7 && before < 0.5, "{name}: {before} before, {after} after");
    }
}

#[test]
fn every_credit_rule_gives_an_advantage_to_every_turn_and_most_learn_the_corridor() {
    for (name, method) in credit_rules() {
        method.validate().unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut trainer = trainer(method, 1);
        let traces = trainer.trace(TaskSeed::literal(3), 4).expect("traces");
        for trace in &traces {
            assert_eq!(trace.advantages.len(), trace.trajectory.turns.len(), "{name}");
            assert!(trace.advantages.iter().all(|advantage| advantage.is_finite()), "{name}");
        }
        let before = success_rate(&mut trainer, 3);
        success_rate(&mut trainer, 60);
        let after = success_rate(&mut trainer, 10);
        assert!(after > before, "{name}: {before} before, {after} after");
    }
}

/// What the clone of an expert of the corridor was made from.
fn cloned(
    warm: &WarmStart,
    expert: impl Fn(&Corridor) -> Option<u32>,
) -> Result<WarmStartReport, TrainError> {
    let device = Device::flex();
    let start = network(9, &device);
    let cloned = warm.apply_to_features(start, &Corridor::default(), expert, &OneHot, &device, 9);
    cloned.map(|(_, report)| report)
}

#[test]
fn a_warm_start_over_features_imitates_the_expert_with_its_noise() {
    let sure = WarmStart { demonstrations: 64, epochs: 20, learning_rate: 0.02, ..WarmStart::default() };
    let report = cloned(&sure, |_| Some(1)).expect("learns from the expert");
    // Always right succeeds in about five of six episodes.
    assert!(report.demonstrations == 64 && (40..64).contains(&report.solved), "{report:?}");
    let ends = |report: &WarmStartReport| (report.losses[0], report.losses[report.losses.len() - 1]);
    let (first, last) = ends(&report);
    assert!(first > 0.3 && last < 0.1, "{first} to {last}");
    assert_eq!(cloned(&sure, |_| Some(1)).expect("learns again"), report);
    // All of whose actions are random, whatever it knows.
    let noisy = cloned(&WarmStart { noise: 1.0, ..sure }, |_| Some(1)).expect("learns what it is shown");
    assert!(noisy.solved < report.solved && ends(&noisy).1 > 0.6, "{noisy:?}");
    let none = cloned(&WarmStart::default(), |_| Some(1)).expect("skips");
    assert_eq!(none, WarmStartReport::default());
}

#[test]
fn a_demonstration_ends_where_the_expert_has_no_action_and_must_have_one() {
    let warm = WarmStart { demonstrations: 10, epochs: 1, ..WarmStart::default() };
    let report = cloned(&warm, |world| (world.elapsed() == 0).then_some(1)).expect("one action each");
    assert_eq!((report.demonstrations, report.tokens), (10, 10));
    let refused = |warm: &WarmStart, action: Option<u32>| {
        cloned(warm, |_| action).expect_err("must be refused").to_string()
    };
    assert!(refused(&warm, None).contains("no action at the start"));
    assert!(refused(&WarmStart { hinted: 0.5, ..warm }, Some(1)).contains("hinted"));
    assert!(refused(&WarmStart { reviews: 1, ..warm }, Some(1)).contains("reviews"));
}

#[test]
fn a_resumed_run_has_the_same_bits_as_an_uninterrupted_one() {
    for (name, method) in methods() {
        let mut whole = trainer(method.clone(), 7);
        let mut first = trainer(method.clone(), 7);
        for _ in 0..3 {
            assert_eq!(whole.iterate().expect("trains"), first.iterate().expect("trains"), "{name}");
        }
        let saved = first.checkpoint().expect("saves");
        let mut second = trainer(method, 7);
        second.restore(&saved).expect("restores");
        for _ in 0..3 {
            assert_eq!(whole.iterate().expect("trains"), second.iterate().expect("trains"), "{name}");
        }
        assert_eq!(whole.checkpoint().expect("saves"), second.checkpoint().expect("saves"), "{name}");
    }
}

#[test]
fn evaluation_and_traces_do_not_change_training() {
    for (name, method) in methods() {
        let (mut plain, mut watched) = (trainer(method.clone(), 3), trainer(method, 3));
        for _ in 0..2 {
            watched.trace(TaskSeed::literal(9), 4).expect("traces");
            let mut policy = watched.evaluation_policy(milepost_algorithms::ActionMode::Sampled);
            policy.act(&[0, 1, 2], &[0, 2, 4], &mut [0; 3]).expect("acts");
            assert_eq!(plain.iterate().expect("trains"), watched.iterate().expect("trains"), "{name}");
        }
    }
}

#[test]
fn different_seeds_train_differently() {
    let (_, method) = methods().remove(0);
    let (mut a, mut b) = (trainer(method.clone(), 1), trainer(method, 2));
    assert_ne!(a.iterate().expect("trains"), b.iterate().expect("trains"));
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let (_, method) = methods().remove(0);
    let saved = trainer(method.clone(), 1).checkpoint().expect("saves");
    let refused = |parts: &[(String, Vec<u8>)], seed| {
        trainer(method.clone(), seed).restore(parts).expect_err("must be refused").to_string()
    };
    assert!(refused(&saved, 2).contains("seed is 1"));
    assert!(refused(&saved[1..], 1).contains("trainer.json is missing"));
    let mut damaged = saved.clone();
    damaged[1].1.truncate(40);
    assert!(trainer(method.clone(), 1).restore(&damaged).is_err());
    let (_, other) = methods().remove(2);
    assert!(trainer(other, 1).restore(&saved).is_err());
}

#[test]
fn parts_that_do_not_fit_are_refused_by_name() {
    let refuse = |method: MethodConfig, words: &str| {
        let error = method.validate().expect_err("must be refused");
        assert!(matches!(error, TrainError::Config { .. }) && error.to_string().contains(words), "{error}");
    };
    let ppo = MethodConfig::ppo;
    refuse(MethodConfig { scorers: vec![], ..ppo() }, "`scorers` is empty");
    refuse(
        MethodConfig { sampler: SamplerConfig::Segments { environments: 0, steps: 1 }, ..ppo() },
        "`sampler.environments` is 0",
    );
    refuse(MethodConfig { credit: CreditConfig::Gae { gamma: 1.5, lambda: 1.0 }, ..ppo() }, "`credit.gamma`");
    let mut grouped = ppo();
    grouped.normalize.pool = Pool::Group;
    refuse(grouped, "broadcast");
    let mut segments = MethodConfig::grpo();
    segments.sampler = SamplerConfig::Segments { environments: 8, steps: 8 };
    refuse(segments, "share a task");
}

#[test]
fn a_trace_tells_what_each_channel_paid_and_how_it_ended() {
    let (_, method) = methods().remove(0);
    let mut trainer = trainer(method, 5);
    let trace = trainer.trace(TaskSeed::literal(4), 1).expect("traces").remove(0);
    let turns = trace.trajectory.turns.len();
    assert_eq!(trace.rewards.len(), turns);
    assert_eq!(trace.advantages.len(), turns);
    assert_eq!(trace.values.len(), turns + 1);
    assert!(!matches!(trace.trajectory.ending, Ending::Cut(_)));
    let outcome = trace.trajectory.signals.require("outcome").expect("scored");
    assert_eq!(outcome.sum(), trace.trajectory.environment_return());
    assert_eq!(trace.rewards.iter().sum::<f64>(), outcome.sum());
}

/// PPO's objective for some minibatches, then NaN.
struct BreaksAfter(Cell<usize>);

impl Objective for BreaksAfter {
    fn loss(&self, logits: Tensor<2>, values: Tensor<1>, minibatch: &Minibatch) -> Result<Loss, TrainError> {
        let loss = ObjectiveConfig::ppo().loss(logits, values, minibatch)?;
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        Ok(if left > 0 { loss } else { Loss { total: loss.total * f64::NAN, ..loss } })
    }
}

#[test]
fn an_update_that_breaks_is_an_error_and_leaves_weights_and_moments_as_they_were() {
    let (_, method) = methods().remove(0);
    let updates = method.learner.epochs * 4;
    // The second iteration breaks in its last minibatch: every loss was still finite, its gradient is not.
    let mut trainer = trainer(method, 1).with_objective(BreaksAfter(Cell::new(2 * updates - 1)));
    trainer.iterate().expect("still sound");
    let learned = |trainer: &Trainer<FeatureAgent<Corridor, Network>>| {
        trainer.checkpoint().expect("saves")[1..3].to_vec()
    };
    let before = learned(&trainer);
    let error = trainer.iterate().expect_err("a NaN gradient");
    assert!(
        matches!(&error, TrainError::NonFinite { iteration: 1, what, .. } if what == "grad_norm"),
        "{error}"
    );
    assert_eq!(learned(&trainer), before);
}
