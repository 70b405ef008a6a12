use milepost_core::{Budget, CutReason, Ending, Outcome, Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::*;

/// A trajectory of scalar states 0, 1, 2, … and two-component actions that name the step.
fn trajectory(id: u64, rewards: &[f64], end: End, last_state: bool) -> Trajectory {
    let n = rewards.len();
    Trajectory {
        id,
        states: (0..n + usize::from(last_state)).map(|t| t as f32).collect(),
        actions: ActionColumn::Recorded((0..2 * n).map(|i| (i % 7) as f32 / 10.0).collect()),
        rewards: rewards.to_vec(),
        end,
    }
}

fn dataset(trajectories: Vec<Trajectory>) -> Dataset {
    Dataset::new(1, ActionSpace::Box(2), trajectories).expect("valid data")
}

fn refused(t: Trajectory) -> DataError {
    Dataset::new(1, ActionSpace::Box(2), vec![t]).expect_err("broken data")
}

prop_compose! {
    fn trajectories(max: usize)(
        all in prop::collection::vec((prop::collection::vec(-5f64..5.0, 1..12), 0u8..3, any::<bool>()), 1..max)
    ) -> Vec<Trajectory> {
        all.into_iter().enumerate().map(|(id, (rewards, end, last))| {
            let end = [End::Terminated, End::Truncated, End::Open][end as usize];
            trajectory(id as u64, &rewards, end, last)
        }).collect()
    }
}

proptest! {
    #[test]
    fn transitions_have_an_action_and_a_next_state_and_only_true_ends_are_terminal(all in trajectories(8)) {
        let usable: usize = all.iter().map(|t| t.steps_with_next(1)).sum();
        let data = dataset(all.clone());
        match Transitions::of(&data) {
            Err(error) => {
                let empty = matches!(error, DataError::Empty { .. });
                prop_assert!(usable == 0 && empty);
            }
            Ok(rows) => {
                prop_assert_eq!(rows.len(), usable);
                for row in 0..rows.len() {
                    let t = &all[rows.trajectory[row]];
                    prop_assert_eq!(rows.states[row] as usize, rows.step[row]);
                    prop_assert_eq!(rows.next_states[row] as usize, rows.step[row] + 1);
                    let last = rows.step[row] + 1 == t.len();
                    prop_assert_eq!(rows.terminals[row] == 1.0, last && t.end == End::Terminated);
                    prop_assert_eq!(rows.rewards[row], t.rewards[rows.step[row]] as f32);
                }
            }
        }
    }

    #[test]
    fn returns_to_go_telescope(rewards in prop::collection::vec(-5f64..5.0, 1..30)) {
        let t = trajectory(0, &rewards, End::Open, true);
        let to_go = t.returns_to_go();
        prop_assert_eq!(to_go[rewards.len()], 0.0);
        for (step, reward) in rewards.iter().enumerate() {
            prop_assert!((to_go[step] - to_go[step + 1] - reward).abs() < 1e-9);
        }
        prop_assert!((to_go[0] - t.discounted_return(1.0)).abs() < 1e-9);
    }

    #[test]
    fn the_top_fraction_has_the_right_size_and_the_largest_returns(all in trajectories(12), f in 0.01f64..=1.0) {
        let data = dataset(all);
        let top = data.top_fraction(f, 0.99).expect("in range");
        prop_assert_eq!(top.len(), ((f * data.len() as f64 + 1e-9).floor() as usize).max(1));
        let value = |t: &Trajectory| t.discounted_return(0.99);
        let least = top.trajectories().iter().map(value).fold(f64::INFINITY, f64::min);
        let kept = |t: &&Trajectory| top.trajectories().iter().any(|k| k.id == t.id);
        for left_out in data.trajectories().iter().filter(|t| !kept(t)) {
            prop_assert!(value(left_out) <= least);
        }
        prop_assert_eq!(data.top_fraction(1.0, 0.99).expect("in range"), data);
    }

    #[test]
    fn splits_partition_and_label_only_below_the_cut(
        all in trajectories(30), p in 0.05f64..1.0, q in 0.1f64..=1.0, seed: u64,
    ) {
        let data = dataset(all);
        let n = data.len() as f64;
        let (wanted, available) = ((p * n).round() as usize, (q * n - 1e-9).ceil() as usize);
        match Split::low_quality(&data, p, q, seed) {
            Err(error) => prop_assert!(wanted == 0 || wanted > available, "{error}"),
            Ok(split) => {
                prop_assert_eq!(split.labelled.len(), wanted);
                let mut all: Vec<usize> = split.labelled.iter().chain(&split.unlabelled).copied().collect();
                all.sort_unstable();
                prop_assert_eq!(all, (0..data.len()).collect::<Vec<_>>());
                let mut returns: Vec<f64> = data.trajectories().iter().map(|t| t.discounted_return(1.0)).collect();
                let (labelled, unlabelled) = split.apply(&data);
                returns.sort_by(f64::total_cmp);
                let cut = returns[available - 1];
                prop_assert!(labelled.trajectories().iter().all(|t| t.discounted_return(1.0) <= cut));
                prop_assert!(unlabelled.trajectories().iter().all(|t| t.actions().is_none()));
                prop_assert!(labelled.require_actions().is_ok());
                prop_assert_eq!(Split::low_quality(&data, p, q, seed).expect("again"), split);
            }
        }
    }

    #[test]
    fn normalised_training_states_have_mean_zero_and_others_do_not_matter(
        states in prop::collection::vec(-50f32..50.0, 4..40), more in prop::collection::vec(-9f32..9.0, 1..9),
    ) {
        let by = Normalizer::fit_rows(&states, 1).expect("rows");
        let after = by.normalized(&states).expect("fits");
        let mean = after.iter().map(|x| f64::from(*x)).sum::<f64>() / after.len() as f64;
        prop_assert!(mean.abs() < 1e-3);
        // A row is normalised by itself, whatever is normalised with it.
        let joined = [states.as_slice(), more.as_slice()].concat();
        prop_assert_eq!(&by.normalized(&joined).expect("fits")[..states.len()], &after[..]);
    }

    #[test]
    fn the_score_is_affine_with_the_references_at_0_and_100(random in -100f64..0.0, gap in 1f64..100.0, x in -2f64..2.0) {
        let score = NormalizedScore::new(random, random + gap).expect("defined");
        prop_assert!(score.of(random).abs() < 1e-9 && (score.of(random + gap) - 100.0).abs() < 1e-9);
        prop_assert!((score.of(random + x * gap) - 100.0 * x).abs() < 1e-6);
    }

    #[test]
    fn windows_see_their_own_trajectory_and_nothing_else(all in trajectories(6), past in 0usize..4) {
        let by = Normalizer::identity(1);
        let window = |data: &Dataset| Windows::of(data, past, &by, Padding::MeanState);
        let usable: usize = all.iter().map(|t| t.steps_with_next(1)).sum();
        let Ok(rows) = window(&dataset(all.clone())) else {
            prop_assert_eq!(usable, 0);
            return Ok(());
        };
        prop_assert_eq!((rows.len(), rows.width), (usable, past + 2));
        for (index, row) in rows.rows.chunks(rows.width).enumerate() {
            let t = rows.step[index] as i64;
            let expected = (-(past as i64)..=1).map(|offset| (t + offset).max(0) as f32);
            prop_assert_eq!(row, expected.collect::<Vec<_>>());
        }
        // The order of trajectories changes the order of windows, and nothing in them.
        let mut reversed = all;
        reversed.reverse();
        let mut other = window(&dataset(reversed)).expect("the same rows").rows;
        let mut rows = rows.rows;
        other.sort_by(f32::total_cmp);
        rows.sort_by(f32::total_cmp);
        prop_assert_eq!(rows, other);
    }
}

#[test]
fn windows_of_changes_hold_the_present_state_and_one_change_for_each_pair() {
    let data = dataset(vec![trajectory(0, &[0.0; 3], End::Open, true)]);
    let states = Windows::of(&data, 1, &Normalizer::identity(1), Padding::MeanState).expect("rows");
    assert_eq!(states.clone().encoded(WindowEncoding::States, 1), states);
    let changes = states.encoded(WindowEncoding::Changes, 1);
    assert_eq!(changes.rows, [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0]);
}

#[test]
fn every_time_step_is_drawn_equally_often() {
    let data = dataset(vec![
        trajectory(0, &[0.0; 2], End::Open, true),
        trajectory(1, &[0.0; 9], End::Open, true),
        trajectory(2, &[0.0; 5], End::Open, true),
    ]);
    let rows = Transitions::of(&data).expect("rows");
    let mut stream = Stream::new(StreamKey::new(5, Purpose::named("test")));
    for sampler in [rows.sampler().expect("rows"), Sampler::weighted(&[1.0; 16]).expect("weights")] {
        let mut counts = [0f64; 16];
        for _ in 0..32_000 {
            counts[sampler.draw(&mut stream)] += 1.0;
        }
        // 15 degrees of freedom: 37.7 is exceeded once in a thousand.
        let chi: f64 = counts.iter().map(|c| (c - 2000.0).powi(2) / 2000.0).sum();
        assert!(chi < 37.7, "{chi}");
        let long: f64 = rows.trajectory.iter().zip(counts).filter(|(t, _)| **t == 1).map(|(_, c)| c).sum();
        assert!((long / 32_000.0 - 9.0 / 16.0).abs() < 0.02, "a trajectory comes up by its length");
    }
}

#[test]
fn rows_of_weight_zero_are_never_drawn() {
    let sampler = Sampler::weighted(&[0.0, 2.0, 0.0, 1.0, 0.0]).expect("weights");
    let drawn = sampler.rows(3000, &mut Stream::new(StreamKey::new(5, Purpose::named("test"))));
    let ones = drawn.iter().filter(|row| **row == 1).count() as f64;
    assert!(drawn.iter().all(|row| [1, 3].contains(row)) && (ones / 3000.0 - 2.0 / 3.0).abs() < 0.05);
    assert!(Sampler::weighted(&[0.0]).is_err() && Sampler::weighted(&[f64::NAN]).is_err());
}

#[test]
fn broken_data_are_refused_with_their_place() {
    let good = trajectory(4, &[1.0, 2.0], End::Open, true);
    let with = |change: &dyn Fn(&mut Trajectory)| {
        let mut t = good.clone();
        change(&mut t);
        refused(t)
    };
    assert_eq!(with(&|t| t.states[1] = f32::NAN), DataError::State { trajectory: 4, step: 1 });
    let reward = with(&|t| t.rewards[1] = f64::INFINITY);
    assert_eq!(reward, DataError::Reward { trajectory: 4, index: 1, value: f64::INFINITY });
    assert!(matches!(with(&|t| t.states.truncate(1)), DataError::Length { column: "states", .. }));
    let long = |t: &mut Trajectory| t.actions = ActionColumn::Recorded(vec![0.0; 5]);
    assert!(matches!(with(&long), DataError::Length { column: "actions", expected: 4, .. }));
    let outside = |t: &mut Trajectory| t.actions = ActionColumn::Recorded(vec![0.0, 0.0, 0.0, 1.5]);
    assert!(matches!(with(&outside), DataError::Action { trajectory: 4, step: 1, .. }));
    let variance = |t: &mut Trajectory| {
        t.actions = ActionColumn::Proxy { mean: vec![0.0; 4], variance: vec![0.0, 0.0, -1.0, 0.0] };
    };
    assert_eq!(with(&variance), DataError::Variance { trajectory: 4, step: 1 });
    assert!(matches!(
        with(&|t| {
            t.states.clear();
            t.rewards.clear();
        }),
        DataError::Empty { .. }
    ));
    let twice = Dataset::new(1, ActionSpace::Box(2), vec![good.clone(), good.clone()]);
    assert_eq!(twice.expect_err("one id"), DataError::DuplicateId { trajectory: 4 });
    let choice = Dataset::new(1, ActionSpace::Discrete(2), vec![good]).expect_err("not one-hot");
    assert!(choice.to_string().contains("probabilities"), "{choice}");
}

#[test]
fn a_learner_that_needs_actions_is_told_how_many_are_missing() {
    let data = dataset((0..4).map(|id| trajectory(id, &[1.0], End::Open, true)).collect());
    let (labelled, hidden) = (data.subset(&[0]), data.subset(&[1, 2, 3]).without_actions());
    let union = labelled.union(&hidden).expect("one task");
    let error = union.require_actions().expect_err("three have none");
    assert_eq!(error, DataError::MissingActions { missing: 3, total: 4, first: 1 });
    assert_eq!(Transitions::of(&union).expect("one row").len(), 1);
    assert_eq!(union.with_actions(), labelled);
    assert!(matches!(Transitions::of(&hidden), Err(DataError::Empty { .. })));
}

#[test]
fn a_terminal_wins_over_a_time_out_and_neither_is_open() {
    assert_eq!(End::from_flags(true, true), End::Terminated);
    assert_eq!(End::from_flags(false, true), End::Truncated);
    assert_eq!(End::from_flags(false, false), End::Open);
    assert_eq!(End::from(Ending::Terminated(Outcome::Failure)), End::Terminated);
    assert_eq!(End::from(Ending::Truncated(Budget::Steps)), End::Truncated);
    assert_eq!(End::from(Ending::Cut(CutReason::Branch)), End::Open);
}

#[test]
fn equal_references_leave_the_score_undefined() {
    assert!(matches!(NormalizedScore::new(3.0, 3.0), Err(DataError::Score { .. })));
    assert!(NormalizedScore::new(f64::NAN, 3.0).is_err());
}

#[test]
fn a_constant_component_has_the_floor_as_scale() {
    let by = Normalizer::fit_rows(&[5.0, 1.0, 5.0, 3.0], 2).expect("rows");
    assert_eq!(by.normalized(&[5.0, 2.0]).expect("fits"), [0.0, 0.0]);
    assert!((by.normalized(&[5.001, 2.0]).expect("fits")[0] - 1.0).abs() < 1e-3);
}

#[test]
fn ties_at_the_cut_go_to_the_earlier_trajectories() {
    let data = dataset((0..6).map(|id| trajectory(id, &[1.0], End::Open, true)).collect());
    assert_eq!(Split::low_quality(&data, 0.5, 0.5, 9).expect("fits").labelled, [0, 1, 2]);
    assert_eq!(data.top_fraction(0.4, 1.0).expect("fits").trajectories()[1].id, 1);
    assert!(matches!(
        Split::low_quality(&data, 0.9, 0.5, 9),
        Err(DataError::Split { wanted: 5, available: 3 })
    ));
    assert!(Split::low_quality(&data, 0.01, 0.5, 9).is_err());
}

#[test]
fn uncertain_labels_weigh_less() {
    let mut t = trajectory(0, &[0.0, 0.0], End::Truncated, true);
    t.actions = ActionColumn::Proxy { mean: vec![0.0; 4], variance: vec![0.0, 0.0, 0.5, 1.5] };
    let rows = Transitions::of(&dataset(vec![t])).expect("rows");
    assert_eq!(rows.uncertainty, [0.0, 1.0]);
    let weights = rows.certainty_weights(0.5).expect("positive");
    assert!(weights[0] == 1.0 && (weights[1] - (-2f64).exp()).abs() < 1e-12);
    assert!(rows.certainty_weights(0.0).is_err());
}
