use milepost_core::{
    Batch, Channel, Ending, Group, Level, Outcome as Verdict, StateRecords, TaskSeed, Trajectory,
    TrajectoryBuilder, Version,
};
use proptest::prelude::*;

use super::*;
use crate::fixture::channel;
use crate::{Outcome, OutcomeSource, ScoreError, Scorer};

/// A finished answer of slot `slot` to task `task`, as a look-up world records it: with two citations.
fn answer(task: u64, slot: u32, correct: bool, n: f64, named: f64, supported: f64) -> Trajectory<()> {
    citing(2.0, task, slot, correct, [n, named, supported])
}

/// The same with so many citations. `[statements, named, supported]`
fn citing(
    cited: f64,
    task: u64,
    slot: u32,
    correct: bool,
    [n, named, supported]: [f64; 3],
) -> Trajectory<()> {
    let names = ["lookup-statements", "lookup-named", "lookup-cited", "lookup-supported"];
    let records = StateRecords::named(names);
    let mut builder = TrajectoryBuilder::new(TaskSeed::literal(task), slot, 0, Version(3), records);
    builder.state((), 0, &[n, 0.0, 0.0, 0.0]);
    builder.action(0, -0.7, f64::from(u8::from(correct)));
    builder.state((), 1, &[n, named, cited, supported]);
    let outcome = if correct { Verdict::Success } else { Verdict::Failure };
    builder.finish(Ending::Terminated(outcome)).expect("consistent")
}

fn batch(groups: Vec<Vec<Trajectory<()>>>) -> Batch<()> {
    Batch { groups: groups.into_iter().map(|members| Group::new(members).expect("one task")).collect() }
}

fn scored(batch: &mut Batch<()>, config: RubricConfig) -> Vec<f64> {
    Outcome::new("outcome", OutcomeSource::Reward).score(batch).expect("scores");
    let mut rubric = Rubric::new(config, 5).expect("valid");
    rubric.score(batch).expect("scores");
    channel(batch, "rubric").into_iter().map(|value| value.expect("present")).collect()
}

#[test]
fn a_chain_counts_from_the_answer_and_ends_at_the_first_gap() {
    let members = || {
        vec![
            answer(1, 0, true, 3.0, 7.0, 7.0),
            answer(1, 1, true, 3.0, 7.0, 5.0), // the statement in the middle is not supported
            answer(1, 2, true, 3.0, 5.0, 7.0), // its far end has no value
            answer(1, 3, true, 3.0, 0.0, 7.0), // the answer was given elsewhere
            answer(1, 4, false, 3.0, 7.0, 7.0),
        ]
    };
    let third = 1.0 / 3.0;
    let mut strict = batch(vec![members()]);
    assert_eq!(scored(&mut strict, RubricConfig::default()), [1.0, third, 0.0, 0.0, 0.0]);
    let all = RubricConfig { graded: Graded::All, ..RubricConfig::default() };
    assert_eq!(scored(&mut batch(vec![members()]), all)[4], 1.0);
    let loose = RubricConfig { connection: Connection::Ignored, ..RubricConfig::default() };
    assert_eq!(scored(&mut batch(vec![members()]), loose), [1.0, 2.0 * third, third, 0.0, 0.0]);
    // The reward of the paper, of the code, and of the control.
    for (rubric_use, expected) in [
        (RubricUse::GroupMax, [1.0, 0.8, 0.7, 0.7, 0.0]),
        (RubricUse::Unnormalised, [1.0, 0.8, 0.7, 0.7, 0.0]),
        (RubricUse::Additive, [1.3, 1.1, 1.0, 1.0, 0.0]),
    ] {
        let channel_name = format!("{rubric_use:?}");
        let config =
            RubricRewardConfig { channel: channel_name.clone(), rubric_use, ..RubricRewardConfig::default() };
        let report = RubricReward::new(config).expect("valid").score(&mut strict).expect("scores");
        assert_eq!((report.counters["correct"], report.counters["missing"]), (4, 0));
        for (found, expected) in channel(&strict, &channel_name).into_iter().zip(expected) {
            assert!((found.expect("present") - expected).abs() < 1e-12);
        }
    }
}

#[test]
fn without_statements_or_an_answer_the_score_is_zero() {
    let mut empty = batch(vec![vec![answer(1, 0, true, 0.0, 0.0, 0.0), answer(1, 1, true, 2.0, 0.0, 0.0)]]);
    assert_eq!(scored(&mut empty, RubricConfig::default()), [0.0, 0.0]);
}

#[test]
fn a_score_without_a_value_counts_as_zero_and_is_counted() {
    // The first of two answers has these scores; the second is right, with all of its evidence.
    let joined = |scores: [Option<f64>; 2], rubric_use| {
        let mut rows = batch(vec![(0..2).map(|slot| answer(1, slot, true, 2.0, 3.0, 3.0)).collect()]);
        for (trajectory, scores) in rows.trajectories_mut().zip([scores, [Some(1.0); 2]]) {
            for (name, score) in ["outcome", "rubric"].into_iter().zip(scores) {
                let (values, valid) = (vec![score.unwrap_or(1.0)], vec![score.is_some()]);
                let one = Channel::masked(name, Level::Trajectory, values, valid).expect("one value");
                trajectory.add_channel(one).expect("the first of its name");
            }
        }
        let config = RubricRewardConfig { rubric_use, ..RubricRewardConfig::default() };
        let report = RubricReward::new(config).expect("valid").score(&mut rows).expect("scores");
        let rewards: Vec<f64> =
            channel(&rows, "reward").into_iter().map(|value| value.expect("present")).collect();
        (rewards, report.counters["missing"])
    };
    for rubric_use in [RubricUse::GroupMax, RubricUse::Unnormalised, RubricUse::Additive] {
        for (scores, missing) in
            [([None, Some(1.0)], 1), ([Some(1.0), None], 1), ([None, None], 2), ([Some(1.0), Some(0.5)], 0)]
        {
            let zeros = scores.map(|score| Some(score.unwrap_or(0.0)));
            let (rewards, counted) = joined(scores, rubric_use);
            assert_eq!((rewards, 0), joined(zeros, rubric_use), "{scores:?} under {rubric_use:?}");
            assert_eq!(counted, missing, "{scores:?} under {rubric_use:?}");
        }
    }
    assert_eq!(joined([None, Some(1.0)], RubricUse::GroupMax).0, [0.0, 1.0]);
    assert_eq!(joined([Some(1.0), None], RubricUse::GroupMax).0, [0.7, 1.0]);
}

#[test]
fn a_judge_that_fails_costs_the_score_and_not_the_trajectory() {
    let mut rows = batch(vec![(0..40).map(|slot| answer(1, slot, true, 2.0, 3.0, 3.0)).collect()]);
    let noise = RubricNoise { failure: 0.5, ..RubricNoise::default() };
    Outcome::new("outcome", OutcomeSource::Reward).score(&mut rows).expect("scores");
    let mut judge = Rubric::new(RubricConfig { noise, ..RubricConfig::default() }, 5).expect("valid");
    let report = judge.score(&mut rows).expect("scores");
    let zeros = channel(&rows, "rubric").iter().filter(|value| **value == Some(0.0)).count() as u64;
    assert_eq!(report.counters["judge_failures"], zeros);
    assert_eq!(report.counters["graded"], 40);
    assert_eq!(report.metrics["incomplete"], zeros as f64 / 40.0);
    assert!((8..32).contains(&zeros), "{zeros}");
}

#[test]
fn errors_of_the_judge_come_at_the_rates_that_are_asked_for() {
    let n = 4000_u32;
    let judged = |noise: RubricNoise| {
        let mut rows = batch((0..n).map(|i| vec![answer(u64::from(i), 0, true, 2.0, 3.0, 3.0)]).collect());
        Outcome::new("outcome", OutcomeSource::Reward).score(&mut rows).expect("scores");
        let config = RubricConfig { noise, ..RubricConfig::default() };
        let report = Rubric::new(config, 5).expect("valid").score(&mut rows).expect("scores");
        [report.metrics["statement_0"], report.metrics["statement_1"]]
    };
    // Four standard errors of a share of 4000 are at most 0.032.
    for (noise, expected) in [
        (RubricNoise { support: 0.1, ..RubricNoise::default() }, [0.9, 0.81]),
        (RubricNoise { identification: 0.1, ..RubricNoise::default() }, [0.81, 0.81]),
        (RubricNoise::default(), [1.0, 1.0]),
    ] {
        let found = judged(noise);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 0.032, "{found} instead of {expected}");
        }
    }
}

#[test]
fn settings_and_records_that_make_no_sense_are_named() {
    let noise = RubricNoise { support: 1.5, ..RubricNoise::default() };
    let refused = Rubric::new(RubricConfig { noise, ..RubricConfig::default() }, 1).expect_err("refused");
    assert!(matches!(refused, ScoreError::Setting { setting: "noise.support", .. }));
    let refused = RubricReward::new(RubricRewardConfig { alpha: -0.1, ..RubricRewardConfig::default() });
    assert!(matches!(refused, Err(ScoreError::Setting { setting: "alpha", .. })));
    for (n, named, setting) in
        [(2.5, 0.0, "the number of statements"), (2.0, 4.0, "named"), (2.0, f64::NAN, "named")]
    {
        let mut rows = batch(vec![vec![answer(1, 0, true, n, named, 0.0)]]);
        Outcome::new("outcome", OutcomeSource::Reward).score(&mut rows).expect("scores");
        let error =
            Rubric::new(RubricConfig::default(), 1).expect("valid").score(&mut rows).expect_err("refused");
        assert!(matches!(error, ScoreError::Setting { setting: found, .. } if found == setting), "{error}");
    }
    for cited in [-1.0, 0.5, f64::NAN] {
        let mut rows = batch(vec![vec![citing(cited, 1, 0, true, [2.0, 3.0, 3.0])]]);
        Outcome::new("outcome", OutcomeSource::Reward).score(&mut rows).expect("scores");
        let error =
            Rubric::new(RubricConfig::default(), 1).expect("valid").score(&mut rows).expect_err("refused");
        assert!(matches!(error, ScoreError::Setting { setting: "cited", .. }), "{error}");
    }
}

proptest! {
    #[test]
    fn no_error_of_a_judge_makes_evidence_where_nothing_is_named_or_nothing_is_cited(
        rows in prop::collection::vec((0..8_u32, 0..8_u32, any::<bool>()), 1..8),
        identification in 0.0..=1.0_f64, support in 0.0..=1.0_f64, all: bool, connected: bool,
    ) {
        let noise = RubricNoise { identification, support, failure: 0.0 };
        let graded = if all { Graded::All } else { Graded::Correct };
        let connection = if connected { Connection::Required } else { Connection::Ignored };
        let config = RubricConfig { graded, connection, noise, ..RubricConfig::default() };
        let row = |slot: usize| {
            let (named, supported, nameless) = rows[slot];
            let (named, cited) = if nameless { (0, 2.0) } else { (named, 0.0) };
            let found = [3.0, f64::from(named), f64::from(supported)];
            citing(cited, 1, slot as u32, slot.is_multiple_of(2), found)
        };
        let found = scored(&mut batch(vec![(0..rows.len()).map(row).collect()]), config);
        prop_assert_eq!(found, vec![0.0; rows.len()]);
    }

    #[test]
    fn verdicts_do_not_depend_on_who_else_is_judged(
        rows in prop::collection::vec((0..4_u32, 0..4_u32), 1..8), support in 0.0..1.0,
    ) {
        let noise = RubricNoise { identification: 0.3, support, failure: 0.1 };
        let config = RubricConfig { noise, ..RubricConfig::default() };
        let row = |slot: usize| {
            let (named, supported) = rows[slot];
            answer(1, slot as u32, true, 2.0, f64::from(named), f64::from(supported))
        };
        let together = scored(&mut batch(vec![(0..rows.len()).map(row).collect()]), config.clone());
        let alone: Vec<f64> =
            (0..rows.len()).flat_map(|slot| scored(&mut batch(vec![vec![row(slot)]]), config.clone())).collect();
        prop_assert_eq!(together, alone);
    }
}
