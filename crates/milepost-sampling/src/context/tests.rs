use milepost_core::{
    Ending, Provenance, Purpose, SpanKind, StateRecords, TaskSeed, Trajectory, TrajectoryBuilder, Version,
};
use proptest::prelude::*;

use super::*;
use crate::table::TablePolicy;
use crate::tests::rules;
use crate::toy::Lock;
use crate::{GroupSampler, SamplerSettings, TokenSampler};

/// A trajectory whose tokens are 0, 1, 2, …: a prompt of 3 tokens, then turns of 2 tokens with replies of 2.
fn counted(turns: usize) -> Trajectory<()> {
    let mut builder = TrajectoryBuilder::new(TaskSeed::literal(0), 0, 0, Version(0), StateRecords::default());
    let mut next = 0..;
    let mut take = |n: usize| -> Vec<u32> { next.by_ref().take(n).collect() };
    builder.span(SpanKind::Prompt, Provenance::Forced, &take(3), &[]);
    builder.state((), 0, &[]);
    for _ in 0..turns {
        builder.span(SpanKind::Policy, Provenance::OnPolicy, &take(2), &[-1.0; 2]);
        builder.span(SpanKind::Environment, Provenance::Forced, &take(2), &[]);
        builder.end_turn(0.0);
        builder.state((), 0, &[]);
    }
    builder.finish(Ending::Malformed).expect("consistent")
}

fn read(rule: ContextRule, turns: usize, turn: u32) -> Vec<u32> {
    let trajectory = counted(turns);
    rule.before_turn(&trajectory.spans, turn).expect("fits").tokens(&trajectory.tokens)
}

#[test]
fn the_full_view_reads_everything_before_the_turn() {
    assert_eq!(read(ContextRule::full(99), 3, 0), [0, 1, 2]);
    assert_eq!(read(ContextRule::full(99), 3, 2), (0..11).collect::<Vec<_>>());
    assert_eq!(read(ContextRule::full(99), 2, 2), (0..11).collect::<Vec<_>>(), "as a sampler asks");
}

#[test]
fn a_window_reads_the_prompt_and_the_last_turns_with_their_replies() {
    assert_eq!(read(ContextRule::window(0, 99), 3, 2), [0, 1, 2]);
    assert_eq!(read(ContextRule::window(1, 99), 3, 2), [0, 1, 2, 7, 8, 9, 10]);
    assert_eq!(read(ContextRule::window(9, 99), 3, 2), (0..11).collect::<Vec<_>>());
}

#[test]
fn what_does_not_fit_is_dropped_and_counted_or_an_error() {
    let trajectory = counted(3);
    let dropping = ContextRule { overflow: Overflow::DropOldest, ..ContextRule::full(10) };
    let context = dropping.before_turn(&trajectory.spans, 2).expect("the oldest turn can go");
    assert_eq!((context.tokens(&trajectory.tokens), context.dropped_turns), (vec![0, 1, 2, 7, 8, 9, 10], 1));
    assert_eq!(
        ContextRule::full(10).before_turn(&trajectory.spans, 2),
        Err(ContextError::TooLong { turn: 2, tokens: 11, max_tokens: 10 })
    );
    let narrow = ContextRule { max_tokens: 2, ..dropping };
    assert_eq!(
        narrow.before_turn(&trajectory.spans, 2),
        Err(ContextError::TooLong { turn: 2, tokens: 3, max_tokens: 2 }),
        "a prompt is never cut"
    );
    assert_eq!(dropping.before_turn(&[], 0), Err(ContextError::Empty { turn: 0 }));
}

#[test]
fn the_full_view_is_one_segment_and_a_window_one_a_turn_once_it_moves() {
    let full = scoring_segments(&counted(3), &ContextRule::full(99)).expect("fits");
    let targets = vec![(3, 3), (4, 4), (7, 7), (8, 8), (11, 11), (12, 12)];
    assert_eq!(full, [Segment { tokens: (0..13).collect(), targets }]);
    let window = scoring_segments(&counted(3), &ContextRule::window(1, 99)).expect("fits");
    assert_eq!(
        window,
        [
            Segment { tokens: (0..9).collect(), targets: vec![(3, 3), (4, 4), (7, 7), (8, 8)] },
            Segment { tokens: vec![0, 1, 2, 7, 8, 9, 10, 11, 12], targets: vec![(7, 11), (8, 12)] },
        ]
    );
}

proptest! {
    #[test]
    fn every_trained_token_is_scored_once_in_the_context_it_was_drawn_in(
        rule in rules(), seed: u64, constrained: bool
    ) {
        let settings = SamplerSettings { constrained, ..SamplerSettings::training(seed, rule, 8) };
        // Order 64 reads the whole context: one token of difference changes every probability.
        let policy = TablePolicy::random(Lock::WORDS, 64, seed, 1.0);
        let lock = Lock::new(3).expect("short");
        let tasks = [(0, TaskSeed::literal(seed))];
        let rollout = GroupSampler { group_size: 3 }
            .sample(&lock, &tasks, &policy, &mut [], &settings)
            .expect("sampled");
        for trajectory in rollout.batch.trajectories() {
            let segments = scoring_segments(trajectory, &rule).expect("as sampled");
            let mut seen = vec![0; trajectory.tokens.len()];
            for segment in &segments {
                for &(position, index) in &segment.targets {
                    seen[index] += 1;
                    prop_assert_eq!(segment.tokens[position], trajectory.tokens[index]);
                    let allowed = trajectory.allowed.get(index).and_then(Option::as_deref);
                    let p = policy
                        .probabilities(&segment.tokens[..position], allowed)
                        .expect("a word can follow")[trajectory.tokens[index] as usize];
                    prop_assert_eq!(libm::log(p) as f32, trajectory.behaviour_logp[index]);
                }
            }
            let expected: Vec<i32> = trajectory.policy_mask().into_iter().map(i32::from).collect();
            prop_assert_eq!(seen, expected);
        }
        prop_assert_eq!(settings.purpose, Purpose::POLICY);
    }

    #[test]
    fn a_context_is_never_longer_than_the_rule_allows(rule in rules(), turns in 1usize..12) {
        let trajectory = counted(turns);
        for turn in 0..turns as u32 {
            match rule.before_turn(&trajectory.spans, turn) {
                Ok(context) => prop_assert!(context.len() <= rule.max_tokens),
                Err(error) => prop_assert_eq!(error, ContextError::TooLong { turn, tokens: 3, max_tokens: 2 }),
            }
        }
    }
}
