use milepost_core::{Budget, Ending, Probe, Purpose, SpanKind, TaskSeed};
use proptest::prelude::*;

use super::{assert_replays, lock, plain, policy, settings, tasks};
use crate::table::{CountingPolicy, TablePolicy};
use crate::toy::Lock;
use crate::{
    ContextError, ContextRule, GroupSampler, Overflow, SamplerSettings, SamplingError, TokenSampler,
};

struct Right;

impl Probe<Lock> for Right {
    fn name(&self) -> &'static str {
        "right"
    }
    fn read(&mut self, lock: &Lock) -> f64 {
        lock.right() as f64
    }
}

proptest! {
    #[test]
    fn a_group_does_not_depend_on_what_is_sampled_beside_it(seed: u64, turn in 0usize..4) {
        let mut tasks = tasks(4);
        let whole = plain(3, &tasks, &policy(seed), &settings(seed));
        for (task, group) in tasks.iter().zip(&whole.batch.groups) {
            let alone = plain(3, &[*task], &policy(seed), &settings(seed));
            prop_assert_eq!(&alone.batch.groups[0], group);
        }
        tasks.rotate_left(turn);
        let mut turned = whole.batch.groups.clone();
        turned.rotate_left(turn);
        prop_assert_eq!(plain(3, &tasks, &policy(seed), &settings(seed)).batch.groups, turned);
        let smaller = plain(2, &tasks, &policy(seed), &settings(seed));
        for (small, large) in smaller.batch.groups.iter().zip(&plain(3, &tasks, &policy(seed), &settings(seed)).batch.groups) {
            prop_assert_eq!(small.members(), &large.members()[..2]);
        }
    }

    #[test]
    fn the_ledger_holds_what_the_policy_drew_and_the_batch_what_the_ledger_holds(seed: u64, constrained: bool) {
        let policy = CountingPolicy::new(TablePolicy::random(Lock::WORDS, 2, seed, 1.0));
        let settings = SamplerSettings { constrained, ..settings(seed) };
        let rollout = GroupSampler { group_size: 4 }
            .sample(&lock(), &tasks(3), &policy, &mut [], &settings)
            .expect("sampled");
        prop_assert_eq!(rollout.ledger.total(), policy.drawn());
        prop_assert_eq!(rollout.ledger.kept, rollout.batch.policy_tokens() as u64);
        prop_assert_eq!(rollout.ledger.kept, rollout.episodes.iter().map(|e| e.policy_tokens).sum::<u64>());
        let turns: u32 = rollout.episodes.iter().map(|e| e.turns).sum();
        prop_assert_eq!(rollout.environment_steps, u64::from(turns));
        let longest = rollout.episodes.iter().map(|e| e.turns).max();
        prop_assert_eq!(Some(policy.calls() as u32), longest, "one call of the policy a turn");
        if constrained {
            prop_assert!(rollout.episodes.iter().all(|e| e.faults.malformed == 0));
        }
    }

    #[test]
    fn every_reply_is_what_a_fresh_replay_of_the_turns_says(seed: u64) {
        let rollout = plain(3, &tasks(2), &policy(seed), &settings(seed));
        for trajectory in rollout.batch.trajectories() {
            assert_replays(&lock(), trajectory);
        }
    }

    #[test]
    fn budgets_truncate_and_nothing_else_does(seed: u64, max_turns in 1u32..6, max_policy_tokens in 1u64..12) {
        let settings = SamplerSettings { max_turns, max_policy_tokens, ..settings(seed) };
        for episode in plain(2, &tasks(3), &policy(seed), &settings).episodes {
            prop_assert!(episode.turns <= max_turns && episode.policy_tokens < max_policy_tokens + 3);
            match episode.ending {
                Ending::Truncated(Budget::Steps) => prop_assert_eq!(episode.turns, max_turns),
                Ending::Truncated(Budget::Tokens) => {
                    prop_assert!(episode.policy_tokens >= max_policy_tokens && episode.turns < max_turns);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn an_episode_without_room_ends_if_the_rule_says_so() {
    let roomy = ContextRule { overflow: Overflow::EndEpisode, ..ContextRule::full(64) };
    let narrow = ContextRule { max_tokens: 9, ..roomy };
    let sample = |context| plain(4, &tasks(4), &policy(1), &SamplerSettings { context, ..settings(1) });
    let (whole, cut) = (sample(roomy), sample(narrow));
    let mut ended = 0;
    for (whole, cut) in whole.batch.trajectories().zip(cut.batch.trajectories()) {
        assert_eq!(whole.tokens[..cut.tokens.len()], cut.tokens, "the same, as far as it goes");
        if cut.turns.len() < whole.turns.len() {
            ended += 1;
            assert_eq!(cut.ending, Ending::Truncated(Budget::Tokens));
            assert!(cut.tokens.len() > 9);
        } else {
            assert_eq!(whole, cut);
        }
    }
    assert!(ended > 0 && cut.truncated_contexts == 0);
}

#[test]
fn the_layout_is_prompt_then_turns_each_with_its_reply() {
    let policy = TablePolicy::random(Lock::WORDS, 2, 5, 1.0);
    let mut probes: Vec<Box<dyn Probe<Lock>>> = vec![Box::new(Right)];
    let rollout = GroupSampler { group_size: 2 }
        .sample(&lock(), &tasks(2), &policy, &mut probes, &settings(3))
        .expect("sampled");
    for trajectory in rollout.batch.trajectories() {
        assert_eq!((trajectory.spans[0].kind, trajectory.spans[0].turn), (SpanKind::Prompt, 0));
        let turns = trajectory.turns.len();
        for turn in 0..turns {
            let kinds: Vec<SpanKind> = trajectory.spans[1..]
                .iter()
                .filter(|span| span.turn as usize == turn)
                .map(|span| span.kind)
                .collect();
            assert!(matches!(kinds[..], [SpanKind::Policy] | [SpanKind::Policy, SpanKind::Environment]));
        }
        assert_eq!(trajectory.records.get("right").map(<[f64]>::len), Some(turns + 1));
    }
}

#[test]
fn training_and_evaluation_draw_from_different_streams() {
    let training = settings(1);
    let evaluation = SamplerSettings { purpose: Purpose::EVALUATION_POLICY, ..training };
    assert_ne!(
        plain(4, &tasks(4), &policy(1), &training).batch,
        plain(4, &tasks(4), &policy(1), &evaluation).batch
    );
}

#[test]
fn bad_settings_are_refused_by_name() {
    let policy = TablePolicy::uniform(Lock::WORDS, 1);
    let attempt = |group_size, tasks: &[(u64, TaskSeed)], settings: SamplerSettings| {
        GroupSampler { group_size }.sample(&lock(), tasks, &policy, &mut [], &settings).expect_err("refused")
    };
    let one = tasks(1);
    assert!(matches!(attempt(0, &one, settings(0)), SamplingError::Zero { name: "group_size" }));
    assert!(matches!(attempt(1, &[], settings(0)), SamplingError::NoTasks));
    let none = SamplerSettings { max_turns: 0, ..settings(0) };
    assert!(matches!(attempt(1, &one, none), SamplingError::Zero { name: "max_turns" }));
    let broke = SamplerSettings { max_policy_tokens: 0, ..settings(0) };
    assert!(matches!(attempt(1, &one, broke), SamplingError::Zero { name: "max_policy_tokens" }));
    let narrow = SamplerSettings { context: ContextRule::full(1), ..settings(0) };
    assert!(matches!(
        attempt(1, &one, narrow),
        SamplingError::Context(ContextError::TooLong { turn: 0, tokens: 2, max_tokens: 1 })
    ));
}
