use burn::tensor::{Device, s};
use milepost_core::{Purpose, Stream, StreamKey};

use super::*;
use crate::data::{ActionColumn, ActionSpace, Dataset, End, Normalizer, Trajectory};
use crate::learners::Actor;

fn device() -> Device {
    Device::flex().autodiff()
}

fn stream() -> Stream {
    Stream::new(StreamKey::new(3, Purpose::named("test sequence")))
}

/// Two kinds of trajectories: those that answer 0.5 and are paid, and those that answer −0.5 and are not.
fn two_kinds(n: usize, steps: usize) -> Dataset {
    let trajectory = |id: usize| {
        let (action, reward) = if id.is_multiple_of(2) { (0.5, 1.0) } else { (-0.5, 0.0) };
        Trajectory {
            id: id as u64,
            states: (0..=steps).map(|t| t as f32 / steps as f32).collect(),
            actions: ActionColumn::Recorded(vec![action; steps]),
            rewards: vec![reward; steps],
            end: End::Truncated,
        }
    };
    Dataset::new(1, ActionSpace::Box(1), (0..n).map(trajectory).collect()).expect("valid")
}

fn config() -> DecisionTransformerConfig {
    DecisionTransformerConfig {
        context: 4,
        layers: 1,
        width: 16,
        heads: 2,
        dropout: 0.0,
        learning_rate: 5e-3,
        scale: 10.0,
        max_steps: 20,
    }
}

fn contexts(data: &Dataset, k: usize) -> Contexts {
    Contexts::new(data, &Normalizer::identity(1), k, 10.0).expect("labelled")
}

fn learner(config: DecisionTransformerConfig) -> DecisionTransformer {
    DecisionTransformer::new(config, 1, 1, 5, &device()).expect("valid")
}

fn trained(updates: usize) -> DecisionTransformer {
    let (data, mut learner, mut draws) = (two_kinds(6, 8), learner(config()), stream());
    let contexts = contexts(&data, 4);
    for _ in 0..updates {
        learner.update(&contexts.draw(16, &mut draws, &Device::flex()));
    }
    learner
}

#[test]
fn it_does_what_the_return_asks_for() {
    let learner = trained(200);
    let mean_action = |target: f64, paid: f64| {
        let mut actor = learner.actor(target, &Normalizer::identity(1), &Device::flex());
        actor.begin(2);
        let mut total = 0.0;
        for step in 0..8 {
            let actions = actor.act(&[step as f32 / 8.0; 2]).expect("fits");
            assert_eq!(actions[0], actions[1]);
            total += actions[0] / 8.0;
            actor.rewarded(&[paid; 2]);
        }
        total
    };
    let (high, low) = (mean_action(8.0, 1.0), mean_action(0.0, 0.0));
    assert!(high > 0.35 && low < -0.35, "{high} {low}");
}

#[test]
fn later_tokens_do_not_change_earlier_predictions() {
    let learner = trained(5);
    let batch = contexts(&two_kinds(6, 8), 4).draw(3, &mut stream(), &Device::flex());
    let before: Vec<f32> =
        learner.predict(&batch).reshape([3, 4]).slice(s![.., 0..3]).into_data().iter().collect();
    let mut changed = batch.clone();
    let last = |x: &burn::tensor::Tensor<3>| {
        x.clone().slice_assign(s![.., 3..4, ..], x.clone().slice(s![.., 3..4, ..]).add_scalar(3.0))
    };
    changed.returns = last(&batch.returns);
    changed.states = last(&batch.states);
    changed.actions = last(&batch.actions);
    let after: Vec<f32> =
        learner.predict(&changed).reshape([3, 4]).slice(s![.., 0..3]).into_data().iter().collect();
    assert_eq!(before, after);
    // The action of a step is not its own prediction's input.
    let mut own = batch.clone();
    own.actions = batch.actions.clone().add_scalar(1.0);
    let own: Vec<f32> =
        learner.predict(&own).reshape([3, 4]).slice(s![.., 0..1]).into_data().iter().collect();
    let first: Vec<f32> =
        learner.predict(&batch).reshape([3, 4]).slice(s![.., 0..1]).into_data().iter().collect();
    assert_eq!(own, first);
}

#[test]
fn filling_up_a_short_context_changes_neither_predictions_nor_loss() {
    let data = two_kinds(2, 2);
    let predict = |k: usize| -> Vec<f32> {
        let batch = contexts(&data, k).draw(6, &mut stream(), &Device::flex());
        let predicted: Vec<f32> = trained(5).predict(&batch).into_data().iter().collect();
        let mask: Vec<f32> = batch.mask.into_data().iter().collect();
        predicted.into_iter().zip(mask).filter(|(_, m)| *m == 1.0).map(|(p, _)| p).collect()
    };
    for (long, exact) in predict(7).iter().zip(predict(2)) {
        assert!((long - exact).abs() < 1e-6);
    }
    let loss = |k: usize| {
        let batch = contexts(&data, k).draw(6, &mut stream(), &Device::flex());
        trained(5).update(&batch).into_scalar::<f32>()
    };
    assert!((loss(7) - loss(2)).abs() < 1e-6);
}

#[test]
fn the_same_seed_gives_the_same_predictions_with_dropout() {
    let run = || -> Vec<f32> {
        let (data, mut draws) = (two_kinds(6, 8), stream());
        let mut learner = learner(DecisionTransformerConfig { dropout: 0.2, ..config() });
        let contexts = contexts(&data, 4);
        for _ in 0..5 {
            learner.update(&contexts.draw(8, &mut draws, &Device::flex()));
        }
        learner.predict(&contexts.draw(2, &mut draws, &Device::flex())).into_data().iter().collect()
    };
    assert_eq!(run(), run());
}

#[test]
fn contexts_need_actions_and_leave_unlabelled_last_steps_out_of_the_loss() {
    let data = two_kinds(2, 3);
    assert!(Contexts::new(&data.without_actions(), &Normalizer::identity(1), 4, 1.0).is_err());
    let mut t = data.trajectories()[0].clone();
    t.states.truncate(3);
    t.actions = ActionColumn::Proxy { mean: vec![0.5; 2], variance: vec![0.0; 2] };
    let data = Dataset::new(1, ActionSpace::Box(1), vec![t]).expect("valid");
    let contexts = contexts(&data, 3);
    assert_eq!(contexts.best_return(), 3.0);
    let mut draws = stream();
    for _ in 0..20 {
        let batch = contexts.draw(1, &mut draws, &Device::flex());
        let mask: Vec<f32> = batch.mask.into_data().iter().collect();
        assert!(mask == [1.0, 0.0, 0.0] || mask == [1.0, 1.0, 0.0], "{mask:?}");
    }
}

#[test]
fn parameters_out_of_range_are_named() {
    let refuse = |config: DecisionTransformerConfig| {
        DecisionTransformer::new(config, 1, 1, 5, &device()).expect_err("refused").to_string()
    };
    assert!(refuse(DecisionTransformerConfig { heads: 3, ..config() }).contains("`heads` is 3"));
    assert!(refuse(DecisionTransformerConfig { scale: 0.0, ..config() }).contains("scale"));
}
