use milepost_core::{Provenance, SpanKind};
use proptest::prelude::*;

use super::{assert_replays, lock, plain, policy, settings, tasks};
use crate::judge::{Each, StepQuery, Verdict};
use crate::table::CountingPolicy;
use crate::toy::Lock;
use crate::tree::ByTrial;
use crate::{BestOfN, SamplingError, TokenSampler};

/// Likes what the code asks for, and thinks little of the rest.
fn oracle(query: &StepQuery<'_, Lock>) -> Verdict {
    let wanted = query.environment.dial(query.environment.dialled());
    let right = query.turn.iter().any(|word| Some(*word) == wanted) && query.turn.len() <= 3;
    Verdict { value: Some(f64::from(u8::from(right))), tokens: 2 }
}

type Judgement = fn(&StepQuery<'_, Lock>) -> Verdict;

fn best_of<J>(candidates: u32, judge: J) -> BestOfN<Each<J>> {
    BestOfN { group_size: 3, candidates, rater: Each(judge), protocol: ByTrial }
}

proptest! {
    #[test]
    fn one_candidate_is_plain_sampling(seed: u64) {
        let one = best_of(1, oracle).sample(&lock(), &tasks(2), &policy(seed), &mut [], &settings(seed)).expect("sampled");
        prop_assert_eq!(one, plain(3, &tasks(2), &policy(seed), &settings(seed)));
    }

    #[test]
    fn all_candidates_are_paid_for_and_one_of_them_is_kept(seed: u64, n in 2u32..5) {
        let counting = CountingPolicy::new(policy(seed));
        let rollout = best_of(n, oracle).sample(&lock(), &tasks(2), &counting, &mut [], &settings(seed)).expect("sampled");
        prop_assert_eq!(rollout.ledger.drawn_by_policy(), counting.drawn());
        prop_assert_eq!(rollout.ledger.kept, rollout.batch.policy_tokens() as u64);
        prop_assert_eq!(rollout.ledger.judge, 2 * u64::from(n) * rollout.environment_steps);
        rollout.batch.trajectories().for_each(|trajectory| assert_replays(&lock(), trajectory));
    }

    #[test]
    fn ties_go_to_the_lowest_index_and_a_missing_value_comes_last(seed: u64) {
        let slots = |rater: Judgement| -> Vec<u32> {
            let rollout = best_of(3, rater).sample(&lock(), &tasks(1), &policy(seed), &mut [], &settings(seed)).expect("sampled");
            let policy_spans = rollout.batch.trajectories().flat_map(|t| &t.spans).filter(|s| s.kind == SpanKind::Policy);
            policy_spans.map(|span| match span.provenance {
                Provenance::Candidate { slot, .. } => slot,
                other => panic!("a candidate was taken, not {other:?}"),
            }).collect()
        };
        let all = |slots: Vec<u32>, expected: u32| slots.iter().all(|slot| *slot == expected);
        let last = |query: &StepQuery<'_, Lock>| match query.address.slot {
            0 => Verdict::ABSTAIN,
            _ => Verdict::of(-1.0),
        };
        prop_assert!(all(slots(|_| Verdict::of(0.5)), 0));
        prop_assert!(all(slots(|_| Verdict::ABSTAIN), 0));
        prop_assert!(all(slots(last), 1));
        prop_assert!(all(slots(|query| Verdict::of(f64::from(query.address.slot))), 2));
    }
}

#[test]
fn a_good_judge_opens_more_locks() {
    let policy = super::policy_without(&[Lock::QUIT], 3);
    let settings = crate::SamplerSettings { constrained: true, ..settings(5) };
    let successes = |n| {
        let rollout =
            best_of(n, oracle).sample(&lock(), &tasks(40), &policy, &mut [], &settings).expect("sampled");
        rollout.episodes.iter().filter(|episode| episode.success()).count()
    };
    let (alone, judged) = (successes(1), successes(4));
    assert!(judged > 2 * alone, "{alone} of 120 alone, {judged} with the best of four");
}

#[test]
fn no_candidates_and_no_number_are_refused() {
    let sample = |mut sampler: BestOfN<Each<Judgement>>| {
        sampler.sample(&lock(), &tasks(1), &policy(0), &mut [], &settings(0)).expect_err("refused")
    };
    assert!(matches!(sample(best_of(0, |_| Verdict::of(0.0))), SamplingError::Zero { name: "candidates" }));
    let nan = sample(best_of(2, |_| Verdict::of(f64::NAN)));
    assert!(matches!(nan, SamplingError::JudgeValue { step: 0, slot: 0, .. }));
}
