use burn::tensor::Device;
use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::*;
use crate::data::{
    ActionColumn, ActionSpace, Dataset, End, Normalizer, Padding, Split, Trajectory, Transitions,
    WindowEncoding,
};
use crate::learners::{Batches, BcConfig, BehaviourCloning, Networks, OfflineLearner};

fn device() -> Device {
    Device::flex().autodiff()
}

/// `s' = s + 0.3 M a` with an invertible M, no noise; actions by a behaviour that differs between trajectories.
fn invertible(n: usize, steps: usize) -> Dataset {
    let mut stream = Stream::new(StreamKey::new(2, Purpose::named("test inverse")));
    let trajectory = |id: usize| {
        let bias = 0.8 * id as f64 / n as f64 - 0.4;
        let mut state = [0, 1].map(|_| (2.0 * stream.uniform() - 1.0) as f32);
        let (mut states, mut actions) = (state.to_vec(), Vec::new());
        for _ in 0..steps {
            let a = [0, 1].map(|_| (bias + 0.5 * (2.0 * stream.uniform() - 1.0)) as f32);
            state = [state[0] + 0.3 * a[0] + 0.15 * a[1], state[1] - 0.1 * a[0] + 0.3 * a[1]];
            states.extend(state);
            actions.extend(a);
        }
        let rewards = vec![bias; steps];
        Trajectory {
            id: id as u64,
            states,
            actions: ActionColumn::Recorded(actions),
            rewards,
            end: End::Truncated,
        }
    };
    Dataset::new(2, ActionSpace::Box(2), (0..n).map(trajectory).collect()).expect("valid")
}

fn small() -> InverseConfig {
    InverseConfig {
        past: 0,
        hidden: vec![48],
        dropout: 0.0,
        learning_rate: 5e-3,
        batch: 64,
        steps: 600,
        validate_every: 50,
        ..InverseConfig::default()
    }
}

fn fit(labelled: &Dataset, all: &Dataset, config: &InverseConfig) -> (InverseModel, InverseReport) {
    let normalizer = Normalizer::fit(all).expect("states");
    InverseModel::fit(labelled, &normalizer, config, 4, &device()).expect("fits")
}

proptest! {
    #[test]
    fn the_mixtures_variance_is_never_below_the_mean_variance(
        means in prop::collection::vec(-1f32..1.0, 6), variances in prop::collection::vec(0f32..2.0, 6),
    ) {
        let (mean, variance) = mixture(&means, &variances, 3);
        for i in 0..2 {
            let average = (0..3).map(|e| variances[e * 2 + i]).sum::<f32>() / 3.0;
            prop_assert!(variance[i] >= average - 1e-6 && average >= 0.0);
            let centre = (0..3).map(|e| means[e * 2 + i]).sum::<f32>() / 3.0;
            let squares = (0..3).map(|e| means[e * 2 + i].powi(2)).sum::<f32>() / 3.0;
            prop_assert!((mean[i] - centre).abs() < 1e-6);
            prop_assert!((variance[i] - (average + squares - centre * centre)).abs() < 1e-5);
        }
        let (_, same) = mixture(&[means[0]; 3], &[variances[0]; 3], 3);
        prop_assert_eq!(same, vec![variances[0]]);
    }
}

#[test]
fn invertible_noise_free_dynamics_give_the_actions_back_whatever_the_behaviour() {
    let data = invertible(60, 8);
    // The labelled part has the smallest biases, so the behaviour is another one elsewhere.
    let split = Split::low_quality(&data, 0.5, 0.5, 1).expect("fits");
    let (labelled, hidden) = split.apply(&data);
    let (model, report) = fit(&labelled, &data, &InverseConfig { steps: 1500, ..small() });
    assert!(report.held_out && report.validation[0] < -1.0, "{report:?}");
    let labels = fill_labels(&hidden, &model).expect("labels");
    let error = label_error(&labels, &data.subset(&split.unlabelled)).expect("has truth");
    // Variance of an action's component is about 0.08.
    assert!(error < 0.012, "{error}");
    for t in labels.trajectories() {
        assert!(matches!(t.actions, ActionColumn::Proxy { .. }));
        assert!(t.actions().expect("labelled").iter().all(|a| a.abs() <= 1.0));
    }
}

#[test]
fn the_best_validation_weights_are_the_ones_that_label() {
    // A rate so high that later weights are worse: the kept loss must be that of the model that comes back.
    let data = invertible(6, 30);
    let config = InverseConfig { learning_rate: 0.1, steps: 60, validate_every: 1, ..small() };
    let (model, report) = fit(&data, &data, &config);
    let shorter = InverseConfig { steps: 1, ..config.clone() };
    let (_, first) = fit(&data, &data, &shorter);
    assert!(report.validation[0] <= first.validation[0], "the first step was seen too");
    // The same seed trained for longer never keeps a worse loss.
    let longer = InverseConfig { steps: 120, ..config };
    let (_, more) = fit(&data, &data, &longer);
    assert!(more.validation[0] <= report.validation[0]);
    // What labels is what was kept: stopping right at the best step gives the same labels.
    let best_step = (1..=60).find(|steps| {
        let (_, now) = fit(&data, &data, &InverseConfig { steps: *steps, ..longer.clone() });
        now.validation == report.validation
    });
    let (stopped, _) = fit(&data, &data, &InverseConfig { steps: best_step.expect("a step"), ..longer });
    assert_eq!(stopped.label(&data).expect("labels"), model.label(&data).expect("labels"));
}

#[test]
fn labels_depend_on_their_own_window_alone() {
    let data = invertible(5, 20);
    let (model, _) = fit(&data, &data, &InverseConfig { past: 1, steps: 20, ..small() });
    let labels = model.label(&data).expect("labels");
    let swapped = model.label(&data.subset(&[3, 0, 1, 2, 4])).expect("labels");
    assert_eq!(labels[3], swapped[0]);
    // Changing a state more than one step before leaves the label.
    let mut trajectories = data.trajectories().to_vec();
    trajectories[0].states[0] += 1.0;
    let changed = Dataset::new(2, ActionSpace::Box(2), trajectories).expect("valid");
    let (ActionColumn::Proxy { mean: a, .. }, ActionColumn::Proxy { mean: b, .. }) =
        (&labels[0], &model.label(&changed).expect("labels")[0])
    else {
        panic!("proxies")
    };
    assert_ne!(a[..4], b[..4]);
    assert_eq!(a[4..], b[4..]);
}

#[test]
fn the_last_step_of_a_trajectory_without_next_state_has_no_label() {
    let data = invertible(3, 10);
    let (model, _) = fit(&data, &data, &InverseConfig { steps: 5, ..small() });
    let mut t = data.trajectories()[0].clone();
    t.states.truncate(20);
    let short = Dataset::new(2, ActionSpace::Box(2), vec![t]).expect("valid");
    let labelled = fill_labels(&short.without_actions(), &model).expect("labels");
    assert_eq!(labelled.trajectories()[0].actions().map(<[f32]>::len), Some(18));
    assert_eq!(Transitions::of(&labelled).expect("rows").len(), 9);
}

#[test]
fn recorded_actions_pass_through_and_unlabelled_copies_do_not_change_the_model() {
    let data = invertible(6, 20);
    let (labelled, rest) = (data.subset(&[0, 1, 2]), data.subset(&[3, 4, 5]).without_actions());
    let config = InverseConfig { steps: 30, ..small() };
    // The same states, with and without a second copy that has no actions.
    let mut copies = labelled.without_actions().trajectories().to_vec();
    for t in &mut copies {
        t.id += 100;
    }
    let copies = Dataset::new(2, ActionSpace::Box(2), copies).expect("valid");
    let union = labelled.union(&rest).expect("one task");
    let normalizer = Normalizer::fit(&union).expect("states");
    let labels = |data: &Dataset| {
        let (model, _) =
            InverseModel::fit(&data.subset(&[0, 1, 2]), &normalizer, &config, 4, &device()).expect("fits");
        fill_labels(data, &model).expect("labels")
    };
    let (plain, with_copies) = (labels(&union), labels(&union.union(&copies).expect("one task")));
    assert_eq!(plain.trajectories(), &with_copies.trajectories()[..6]);
    assert_eq!(plain.trajectories()[..3], *labelled.trajectories());
}

#[test]
fn with_everything_labelled_nothing_is_a_proxy_and_the_learner_is_the_oracles() {
    let data = invertible(6, 20);
    let (labelled, hidden) = Split::low_quality(&data, 1.0, 1.0, 3).expect("fits").apply(&data);
    assert!(hidden.is_empty());
    let (model, _) = fit(&labelled, &data, &InverseConfig { steps: 5, ..small() });
    let filled = labelled.union(&fill_labels(&hidden, &model).expect("nothing to label")).expect("one task");
    assert_eq!(filled, data);
    let clone = |data: &Dataset| -> Vec<f32> {
        let rows = Transitions::of(data).expect("rows");
        let networks = Networks { hidden: vec![16], ..Networks::default() };
        let config = BcConfig { networks, ..BcConfig::default() };
        let mut learner = BehaviourCloning::new(config, 2, 2, 1, &device()).expect("valid");
        let mut batches = Batches::uniform(&rows, 1, &Device::flex()).expect("rows");
        for _ in 0..10 {
            learner.update(&batches.draw(32));
        }
        let state = burn::tensor::Tensor::<2>::from_floats([[0.3, 0.1]], &Device::flex());
        learner.greedy().act(state).into_data().iter().collect()
    };
    assert_eq!(clone(&filled), clone(&data));
}

#[test]
fn a_single_trajectory_is_fitted_without_validation_and_none_is_an_error() {
    let data = invertible(1, 20);
    let (_, report) = fit(&data, &data, &InverseConfig { steps: 5, ..small() });
    assert!(!report.held_out);
    let normalizer = Normalizer::fit(&data).expect("states");
    let refuse = |data: &Dataset| InverseModel::fit(data, &normalizer, &small(), 1, &device()).err();
    assert!(refuse(&data.subset(&[])).is_some() && refuse(&data.without_actions()).is_some());
}

#[test]
fn an_ensemble_with_dropout_and_raw_padding_labels_within_bounds() {
    let data = invertible(4, 20);
    let config = InverseConfig {
        members: 3,
        past: 2,
        dropout: 0.3,
        padding: Padding::ZeroState,
        encoding: WindowEncoding::Changes,
        steps: 30,
        ..small()
    };
    let (model, report) = fit(&data, &data, &config);
    assert_eq!(report.validation.len(), 3);
    for column in model.label(&data).expect("labels") {
        let ActionColumn::Proxy { mean, variance } = column else { panic!("proxies") };
        assert!(mean.iter().all(|a| a.abs() <= 1.0) && variance.iter().all(|v| *v >= 0.0));
    }
}

#[test]
fn choices_are_told_from_states_and_ambiguous_ones_stay_uncertain() {
    // A line of cells: choice 0 goes left, 1 goes right; at cell 0 choice 0 changes nothing, as does choice 2.
    let mut stream = Stream::new(StreamKey::new(7, Purpose::named("test inverse")));
    let trajectory = |id: u64| {
        let (mut cell, mut states, mut actions) = (1i32, vec![1f32], Vec::new());
        for _ in 0..60 {
            let choice = stream.below(3) as i32;
            cell = (cell + [-1, 1, 0][choice as usize]).clamp(0, 3);
            states.push(cell as f32);
            actions.extend([0, 1, 2].map(|c| f32::from(u8::from(c == choice))));
        }
        Trajectory {
            id,
            states,
            actions: ActionColumn::Recorded(actions),
            rewards: vec![0.0; 60],
            end: End::Truncated,
        }
    };
    let data = Dataset::new(1, ActionSpace::Discrete(3), (0..10).map(trajectory).collect()).expect("valid");
    let (model, _) = fit(&data, &data, &InverseConfig { steps: 800, ..small() });
    for (t, column) in data.trajectories().iter().zip(model.label(&data).expect("labels")) {
        let ActionColumn::Proxy { mean, variance } = column else { panic!("proxies") };
        for (step, p) in mean.chunks(3).enumerate() {
            assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-4);
            let (from, to) = (t.states[step], t.states[step + 1]);
            if to > from {
                assert!(p[1] > 0.9, "{from} {to} {p:?}");
            } else if from == 0.0 {
                assert!(p[0] > 0.2 && p[2] > 0.2 && variance[3 * step] > 0.1, "{p:?}");
            }
        }
    }
}
