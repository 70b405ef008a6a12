//! What the tests of all samplers share, and tests of those that need one file.

mod behaviour;
mod best_of;
mod groups;
mod hints;
mod independence;
mod lookup;
mod toy;

use milepost_core::{SpanKind, TaskSeed, TokenEnvironment, Trajectory};
use proptest::prelude::*;

use crate::table::TablePolicy;
use crate::toy::Lock;
use crate::{ContextRule, ContextView, GroupSampler, Overflow, SamplerSettings, TokenRollout, TokenSampler};

/// A lock with a code of three dials.
pub(crate) fn lock() -> Lock {
    Lock::new(3).expect("short")
}

/// A policy that reads the last four tokens.
pub(crate) fn policy(seed: u64) -> TablePolicy {
    TablePolicy::random(Lock::WORDS, 4, seed, 1.5)
}

/// A policy that never draws `without`.
pub(crate) fn policy_without(without: &[u32], seed: u64) -> TablePolicy {
    let mut policy = TablePolicy::uniform(Lock::WORDS, 1);
    let noise = TablePolicy::random(Lock::WORDS, 1, seed, 1.0);
    for read in 0..Lock::WORDS as u32 {
        let row = noise.probabilities(&[read], None).expect("finite");
        let logit =
            |(word, p): (usize, f64)| if without.contains(&(word as u32)) { f64::NEG_INFINITY } else { p };
        policy.set(&[read], row.into_iter().enumerate().map(logit).collect()).expect("a row");
    }
    policy
}

/// The settings of most tests: at most six turns, all of them read.
pub(crate) fn settings(run_seed: u64) -> SamplerSettings {
    SamplerSettings::training(run_seed, ContextRule::full(64), 6)
}

/// The first training tasks.
pub(crate) fn tasks(count: u64) -> Vec<(u64, TaskSeed)> {
    (0..count).map(|key| (key, TaskSeed::train(7, key))).collect()
}

/// Plain groups.
pub(crate) fn plain(
    group_size: u32,
    tasks: &[(u64, TaskSeed)],
    policy: &TablePolicy,
    settings: &SamplerSettings,
) -> TokenRollout {
    GroupSampler { group_size }.sample(&lock(), tasks, policy, &mut [], settings).expect("sampled")
}

/// Rules under which contexts of the lock are whole, cut by a window, and cut for room.
pub(crate) fn rules() -> impl Strategy<Value = ContextRule> {
    let view =
        prop_oneof![Just(ContextView::Full), (0u32..5).prop_map(|turns| ContextView::Window { turns })];
    (view, 2usize..40).prop_map(|(view, max_tokens)| ContextRule {
        view,
        max_tokens,
        overflow: Overflow::DropOldest,
    })
}

/// The tokens of `kind` in `turn`.
pub(crate) fn said(trajectory: &Trajectory<()>, kind: SpanKind, turn: usize) -> Vec<u32> {
    let spans = trajectory.spans.iter().filter(|span| span.kind == kind && span.turn as usize == turn);
    spans.flat_map(|span| &trajectory.tokens[span.range()]).copied().collect()
}

/// Demands that prompt, replies, rewards and state keys are those of a fresh world that takes the same turns.
pub(crate) fn assert_replays<E: TokenEnvironment>(prototype: &E, trajectory: &Trajectory<()>) {
    let mut world = prototype.clone();
    world.reset(trajectory.task).expect("the task exists");
    let heard = |world: &E| {
        let mut words = world.new_observation();
        world.observe(&mut words);
        words
    };
    assert_eq!(heard(&world), said(trajectory, SpanKind::Prompt, 0), "the prompt");
    assert_eq!(world.state_key(), trajectory.state_keys[0], "the first state");
    for turn in 0..trajectory.turns.len() {
        let outcome = world.step(&said(trajectory, SpanKind::Policy, turn)).expect("a turn was taken here");
        assert_eq!(heard(&world), said(trajectory, SpanKind::Environment, turn), "the reply to turn {turn}");
        assert_eq!(outcome.reward, trajectory.turns[turn].reward, "the reward of turn {turn}");
        assert_eq!(world.state_key(), trajectory.state_keys[turn + 1], "the state after turn {turn}");
    }
}

/// Demands that the log-probabilities of trained tokens are those of `policy` for the tokens before them: of all
/// tokens that `rule` lets it read.
pub(crate) fn assert_teacher_forced(trajectory: &Trajectory<()>, policy: &TablePolicy, rule: &ContextRule) {
    for segment in crate::scoring_segments(trajectory, rule).expect("fits") {
        for (position, index) in segment.targets {
            let allowed = trajectory.allowed.get(index).and_then(Option::as_deref);
            let read = &segment.tokens[..position];
            let p = policy.probabilities(read, allowed).expect("a word")[trajectory.tokens[index] as usize];
            assert_eq!(libm::log(p) as f32, trajectory.behaviour_logp[index], "token {index}");
        }
    }
}
