use milepost_core::{Provenance, TaskSeed, Trajectory, Vocabulary};
use proptest::prelude::*;

use super::{assert_replays, assert_teacher_forced, settings, tasks};
use crate::hints::{EnvironmentReturn, HintProvider, RescueRollout};
use crate::table::{CountingPolicy, TablePolicy};
use crate::toy::Lock;
use crate::{ContextRule, GroupSampler, HintRescue, SamplingError, TokenRollout, TokenSampler};

/// A lock of one dial.
fn small() -> Lock {
    Lock::new(1).expect("short")
}

fn favouring(word: u32, strength: f64) -> Vec<f64> {
    (0..Lock::WORDS as u32).map(|other| if other == word { strength } else { 0.0 }).collect()
}

/// Dials `x`, unless a hint stands under the prompt: then mostly what the hint says.
fn obedient() -> TablePolicy {
    let mut policy = TablePolicy::uniform(Lock::WORDS, 2);
    let mut set =
        |read: [u32; 2], word, strength| policy.set(&read, favouring(word, strength)).expect("a row");
    set([Vocabulary::BEGIN, Lock::LOCK], Lock::X, 40.0);
    set([Lock::LOCK, Lock::X], Vocabulary::END, 40.0);
    set([Lock::LOCK, Lock::HM], Lock::Y, 5.0);
    set([Lock::HM, Lock::Y], Vocabulary::END, 5.0);
    set([Lock::LOCK, Lock::QUIT], Lock::QUIT, 40.0);
    set([Lock::QUIT, Lock::QUIT], Vocabulary::END, 40.0);
    policy
}

/// Says `hm`, as often as it is asked.
struct Hum;

impl HintProvider<Lock> for Hum {
    fn prompt(&mut self, _environment: &Lock, _attempt: u32) -> Option<Vec<u32>> {
        Some(vec![Vocabulary::BEGIN, Lock::LOCK, Lock::HM])
    }
}

fn rescue<H: HintProvider<Lock>>(
    hints: H,
    tasks: &[(u64, TaskSeed)],
    policy: &CountingPolicy<TablePolicy>,
    seed: u64,
) -> RescueRollout {
    let inner = GroupSampler { group_size: 5 };
    HintRescue { inner, hints, worth: EnvironmentReturn, completions: 2, attempts: 3 }
        .rescue(&small(), tasks, policy, &mut [], &settings(seed))
        .expect("sampled")
}

fn plain(tasks: &[(u64, TaskSeed)], seed: u64) -> TokenRollout {
    GroupSampler { group_size: 5 }
        .sample(&small(), tasks, &obedient(), &mut [], &settings(seed))
        .expect("sampled")
}

proptest! {
    #[test]
    fn a_group_with_any_success_is_left_alone_and_a_rescued_one_holds_that_many_successes(seed: u64) {
        let counting = CountingPolicy::new(obedient());
        let RescueRollout { rollout: rescued, counts, moved } = rescue(Hum, &tasks(8), &counting, seed);
        let before = plain(&tasks(8), seed);
        let mut groups = (0, 0);
        for (after, before) in rescued.batch.groups.iter().zip(&before.batch.groups) {
            if before.members().iter().any(|member| member.environment_return() > 0.0) {
                prop_assert_eq!(after, before);
                continue;
            }
            groups.0 += 1;
            let injected = |t: &&Trajectory<()>| t.spans.iter().any(|s| s.provenance == Provenance::Injected);
            let successes = after.members().iter().filter(injected).count();
            groups.1 += u64::from(successes > 0);
            prop_assert!(successes == 0 && after == before || successes == 2);
            for (member, old) in after.members().iter().zip(before.members()) {
                if injected(&member) {
                    prop_assert!(member.ending.is_success());
                    prop_assert!(member.environment_return() > 0.0, "the others of its group have 0");
                    prop_assert_eq!(&member.tokens[..2], &[Vocabulary::BEGIN, Lock::LOCK], "no hint is left");
                    prop_assert_eq!(member.slot, old.slot);
                    assert_teacher_forced(member, &obedient(), &settings(seed).context);
                } else {
                    prop_assert_eq!(member, old);
                }
                assert_replays(&small(), member);
            }
        }
        prop_assert_eq!((counts.failed_groups, counts.rescued_groups, counts.injected), (groups.0, groups.1, 2 * groups.1));
        prop_assert_eq!(rescued.ledger.total(), counting.drawn());
        prop_assert_eq!(rescued.ledger.kept + rescued.ledger.discarded, before.ledger.kept);
        prop_assert_eq!(moved.len() as u64, counts.injected);
        let all: Vec<&Trajectory<()>> = rescued.batch.trajectories().collect();
        for tokens in &moved {
            prop_assert_eq!(tokens.tokens.len(), tokens.drawn_logp.len());
            let (first, trajectory) = (tokens.tokens[0], all[tokens.place]);
            let after = |read: &[u32]| -> f32 {
                let p = obedient().probabilities(read, None).expect("a word");
                libm::log(p[trajectory.tokens[first] as usize]) as f32
            };
            prop_assert_eq!(tokens.drawn_logp[0], after(&[Lock::LOCK, Lock::HM]));
            prop_assert_eq!(trajectory.behaviour_logp[first], after(&[Vocabulary::BEGIN, Lock::LOCK]));
        }
        for (episode, trajectory) in rescued.episodes.iter().zip(rescued.batch.trajectories()) {
            prop_assert_eq!(episode.environment_return, trajectory.environment_return());
            prop_assert_eq!(episode.ending, trajectory.ending);
        }
    }

    #[test]
    fn without_an_accepted_hint_nothing_changes(seed: u64) {
        let counting = CountingPolicy::new(obedient());
        let RescueRollout { rollout: silent, counts, .. } = rescue(|_: &Lock, _: u32| None, &tasks(6), &counting, seed);
        prop_assert_eq!(silent, plain(&tasks(6), seed));
        prop_assert_eq!(counts.hints, 0);
        let wrong = |_: &Lock, _: u32| Some(vec![Vocabulary::BEGIN, Lock::LOCK, Lock::QUIT]);
        let RescueRollout { rollout: misled, counts, .. } = rescue(wrong, &tasks(6), &counting, seed);
        prop_assert_eq!(misled.batch, plain(&tasks(6), seed).batch);
        prop_assert_eq!((counts.hints, counts.rescued_groups), (3 * counts.failed_groups, 0));
    }
}

#[test]
fn hints_do_rescue() {
    let counting = CountingPolicy::new(obedient());
    let counts = rescue(Hum, &tasks(16), &counting, 1).counts;
    assert!(counts.rescued_groups >= 4, "{counts:?}");
}

#[test]
fn bad_configurations_are_refused() {
    let attempt = |completions| {
        let inner = GroupSampler { group_size: 2 };
        HintRescue { inner, hints: Hum, worth: EnvironmentReturn, completions, attempts: 1 }
            .sample(&small(), &tasks(1), &obedient(), &mut [], &settings(0))
            .expect_err("refused")
    };
    assert!(matches!(attempt(0), SamplingError::Zero { name: "completions" }));
    assert!(matches!(attempt(2), SamplingError::OutOfRange { name: "completions", .. }));
}

#[test]
fn a_hint_that_does_not_fit_is_given_up_and_counted() {
    let narrow = crate::SamplerSettings { context: ContextRule::window(0, 2), ..settings(1) };
    let inner = GroupSampler { group_size: 3 };
    let mut rescue = HintRescue { inner, hints: Hum, worth: EnvironmentReturn, completions: 1, attempts: 2 };
    let task = [(0, TaskSeed::literal(1))];
    let rescued = rescue.rescue(&small(), &task, &obedient(), &mut [], &narrow).expect("sampled");
    let counts = rescued.counts;
    assert_eq!((counts.failed_groups, counts.too_long, counts.rescued_groups), (1, 2, 0));
}
