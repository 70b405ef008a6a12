use std::ops::RangeInclusive;

use milepost_core::{
    Batch, Budget, Channel, CutReason, Ending, Group, Level, Outcome, Provenance, SpanKind, StateRecords,
    TaskSeed, Trajectory, TrajectoryBuilder, Version,
};
use proptest::prelude::*;

/// What recorded batches look like.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchShape {
    /// Number of groups.
    pub groups: RangeInclusive<usize>,
    /// Trajectories of a group, at least 1; ragged, singletons included where 1 is allowed.
    pub members: RangeInclusive<usize>,
    /// Turns of a trajectory; 0 makes empty ones.
    pub turns: RangeInclusive<usize>,
    /// Number of states; equal keys are common where it is small.
    pub states: u64,
    /// Names of numbers recorded from each state.
    pub records: Vec<String>,
    /// Reward channels that are there already, with missing values.
    pub channels: Vec<(String, Level)>,
}

impl Default for BatchShape {
    /// Up to three groups of up to four members of up to five turns, with one record `progress` and no channel.
    fn default() -> Self {
        Self {
            groups: 1..=3,
            members: 1..=4,
            turns: 0..=5,
            states: 6,
            records: vec!["progress".to_owned()],
            channels: Vec::new(),
        }
    }
}

/// Every way in which a trajectory can end.
pub fn ending() -> impl Strategy<Value = Ending> {
    prop::sample::select(vec![
        Ending::Terminated(Outcome::Success),
        Ending::Terminated(Outcome::Failure),
        Ending::Truncated(Budget::Steps),
        Ending::Truncated(Budget::Tokens),
        Ending::Cut(CutReason::SegmentFull),
        Ending::Cut(CutReason::Branch),
        Ending::Malformed,
    ])
}

/// A quarter of an integer in `[−2, 2]`.
fn quarter() -> impl Strategy<Value = f64> + Clone {
    (-8..=8_i32).prop_map(|quarters| f64::from(quarters) / 4.0)
}

/// One stretch of tokens.
#[derive(Debug, Clone)]
struct Stretch {
    kind: SpanKind,
    provenance: Provenance,
    tokens: Vec<u32>,
}

fn stretch() -> impl Strategy<Value = Stretch> {
    let kind = prop_oneof![
        4 => Just(SpanKind::Policy),
        2 => Just(SpanKind::Environment),
        1 => Just(SpanKind::Prompt),
        1 => Just(SpanKind::Feedback),
        1 => Just(SpanKind::Meta),
    ];
    let provenance = prop_oneof![
        5 => Just(Provenance::OnPolicy),
        1 => Just(Provenance::Spliced),
        1 => Just(Provenance::Injected),
        1 => Just(Provenance::Forced),
        1 => (0..4_u32, 0..3_u32).prop_map(|(step, slot)| Provenance::Candidate { step, slot }),
    ];
    (kind, provenance, prop::collection::vec(0..50_u32, 0..4))
        .prop_map(|(kind, provenance, tokens)| Stretch { kind, provenance, tokens })
}

/// One turn: the state before it, what was written, and the environment's reward.
type TurnDraw = (u64, Vec<Stretch>, f64, Vec<f64>);

/// A recorded trajectory of a task. Observations are what `observe` makes of the state's key, so equal keys
/// look alike; turns hold spans of every kind and provenance, among them empty ones.
pub fn trajectory<O: Clone + std::fmt::Debug>(
    shape: &BatchShape,
    task: TaskSeed,
    observe: impl Fn(u64) -> O + Clone,
) -> impl Strategy<Value = Trajectory<O>> {
    let (names, channels) = (shape.records.clone(), shape.channels.clone());
    let numbers = || prop::collection::vec(quarter(), names.len());
    let spans = prop::collection::vec(stretch(), 0..4);
    let turn = (0..shape.states.max(1), spans, quarter(), numbers());
    let turns = prop::collection::vec(turn, shape.turns.clone());
    let last = (0..shape.states.max(1), numbers());
    let origin = (0..4_u32, 0..3_u32, 0..3_u64);
    let filler = prop::collection::vec(prop::option::weighted(0.75, quarter()), 1..12);
    (turns, last, ending(), origin, filler).prop_map(move |(turns, last, ending, origin, filler)| {
        let mut recorded = lay_out(task, &names, &turns, &last, origin, ending, &observe);
        for (name, level) in &channels {
            let values = (0..recorded.len_at(*level)).map(|at| filler[at % filler.len()]).collect();
            let filled = channel_of(name, *level, values);
            recorded.add_channel(filled).expect("the channel was made for this trajectory");
        }
        recorded
    })
}

fn lay_out<O>(
    task: TaskSeed,
    names: &[String],
    turns: &[TurnDraw],
    last: &(u64, Vec<f64>),
    (slot, first_step, version): (u32, u32, u64),
    ending: Ending,
    observe: impl Fn(u64) -> O,
) -> Trajectory<O> {
    let records = StateRecords::named(names.iter().map(String::as_str));
    let mut builder = TrajectoryBuilder::new(task, slot, first_step, Version(version), records);
    for (key, spans, reward, numbers) in turns {
        builder.state(observe(*key), *key, numbers);
        for Stretch { kind, provenance, tokens } in spans {
            let drawn = matches!(kind, SpanKind::Policy | SpanKind::Meta);
            let logp: Vec<f32> = if drawn { vec![-0.5; tokens.len()] } else { Vec::new() };
            builder.span(*kind, *provenance, tokens, &logp);
        }
        builder.end_turn(*reward);
    }
    builder.state(observe(last.0), last.0, &last.1);
    builder.finish(ending).expect("the parts fit together by construction")
}

fn channel_of(name: &str, level: Level, values: Vec<Option<f64>>) -> Channel {
    let valid = values.iter().map(Option::is_some).collect();
    let values = values.into_iter().map(Option::unwrap_or_default).collect();
    Channel::masked(name, level, values, valid).expect("values are finite and as many as flags")
}

/// A reward channel of `len` values, some of them missing.
pub fn channel(name: &'static str, level: Level, len: usize) -> impl Strategy<Value = Channel> {
    prop::collection::vec(prop::option::weighted(0.75, quarter()), len)
        .prop_map(move |values| channel_of(name, level, values))
}

/// A recorded batch: ragged groups, one task each.
pub fn batch<O: Clone + std::fmt::Debug>(
    shape: &BatchShape,
    observe: impl Fn(u64) -> O + Clone,
) -> impl Strategy<Value = Batch<O>> {
    // Groups are drawn as lists of trajectories of one task and renamed, so that leaving one out shrinks well.
    let members = trajectory(shape, TaskSeed::literal(0), observe);
    let group = prop::collection::vec(members, (*shape.members.start()).max(1)..=*shape.members.end());
    prop::collection::vec(group, shape.groups.clone()).prop_map(|groups| Batch {
        groups: groups
            .into_iter()
            .enumerate()
            .map(|(index, mut members)| {
                for member in &mut members {
                    member.task = TaskSeed::train(0, index as u64);
                }
                Group::new(members).expect("one task, at least one member")
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest! {
        #[test]
        fn recorded_batches_are_valid(
            batch in batch(
                &BatchShape { channels: vec![("judge".to_owned(), Level::Turn)], ..BatchShape::default() },
                |key| key as u32,
            ),
        ) {
            for trajectory in batch.trajectories() {
                prop_assert_eq!(trajectory.validate(), Ok(()));
                prop_assert!(trajectory.signals.get("judge").is_some());
                for (observation, key) in trajectory.observations.iter().zip(&trajectory.state_keys) {
                    prop_assert_eq!(u64::from(*observation), *key);
                }
            }
        }

        #[test]
        fn a_channel_has_the_length_and_level_that_were_asked_for(
            channel in channel("judge", Level::Token, 5),
        ) {
            prop_assert_eq!((channel.name(), channel.level(), channel.values().len()), ("judge", Level::Token, 5));
        }
    }

    #[test]
    fn every_ending_every_kind_of_span_and_missing_values_are_drawn() {
        let shape = BatchShape { channels: vec![("judge".to_owned(), Level::Turn)], ..BatchShape::default() };
        let (mut endings, mut kinds) = (Vec::new(), Vec::new());
        let (mut missing, mut singletons, mut untrained, mut empty) = (0, 0, 0, 0);
        let looked = |batch: &Batch<u64>| -> Result<(), ()> {
            singletons += batch.groups.iter().filter(|group| group.members().len() == 1).count();
            for trajectory in batch.trajectories() {
                endings.push(format!("{:?}", trajectory.ending));
                kinds.extend(trajectory.spans.iter().map(|span| format!("{:?}", span.kind)));
                untrained += trajectory.last_policy_token().iter().filter(|last| last.is_none()).count();
                empty += usize::from(trajectory.turns.is_empty());
                let judge = trajectory.signals.get("judge").into_iter().flat_map(Channel::iter);
                missing += judge.filter(Option::is_none).count();
            }
            Ok(())
        };
        crate::search::falsify(&batch(&shape, |key| key), 100, looked, |(), ()| true).expect("never fails");
        endings.sort();
        endings.dedup();
        kinds.sort();
        kinds.dedup();
        assert_eq!((endings.len(), kinds.len()), (7, 5));
        assert!(missing > 0 && singletons > 0 && untrained > 0 && empty > 0);
    }
}
