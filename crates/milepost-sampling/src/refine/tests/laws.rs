use milepost_core::{SpanKind, Vocabulary};
use proptest::prelude::*;

use crate::refine::{Draft, MetaTokens, Redo, RefineRollout, Reviewer, Unjudged};
use crate::table::{CountingPolicy, TablePolicy};
use crate::tests::{
    assert_replays, assert_teacher_forced, lock, plain, policy, rules, said, settings, tasks,
};
use crate::toy::Lock;
use crate::{Refine, SamplerSettings, SamplingError, TokenSampler};

fn judged<D, T>(rounds: u32, discriminator: D, trimmer: T) -> Refine<D, T> {
    Refine {
        group_size: 3,
        rounds,
        reviewer: Reviewer::Judged { discriminator, trimmer },
        redo: Redo::FromCut,
    }
}

/// Keeps exactly `turns` turns.
fn keep(turns: usize) -> impl FnMut(&Draft<'_, Lock>) -> Vec<f64> {
    move |_| (0..=turns).map(|k| f64::from(u8::from(k == turns))).collect()
}

const fn never(_: &Draft<'_, Lock>) -> f64 {
    0.0
}

fn meta() -> MetaTokens {
    MetaTokens {
        ask: vec![Lock::HUH],
        keep: vec![Lock::OPEN],
        cuts: (Lock::X..=Lock::Z).map(|k| vec![Lock::SHUT, k]).collect(),
    }
}

fn by_policy(rounds: u32, policy: &CountingPolicy<TablePolicy>, settings: &SamplerSettings) -> RefineRollout {
    Refine::by_policy(3, rounds, meta())
        .refine(&lock(), &tasks(3), policy, &mut [], settings)
        .expect("sampled")
}

proptest! {
    #[test]
    fn a_draft_that_is_always_accepted_is_a_plain_one(seed: u64, rounds in 0u32..3) {
        let expected = plain(3, &tasks(3), &policy(seed), &settings(seed));
        let accepted = judged(rounds, Unjudged, Unjudged)
            .sample(&lock(), &tasks(3), &policy(seed), &mut [], &settings(seed)).expect("sampled");
        prop_assert_eq!(&accepted, &expected);
        let kept = judged(rounds, never, keep(99))
            .sample(&lock(), &tasks(3), &policy(seed), &mut [], &settings(seed)).expect("sampled");
        prop_assert_eq!(&kept, &expected, "to keep all turns is to accept");
    }

    #[test]
    fn a_refined_draft_keeps_its_first_turns_and_the_state_after_them(seed: u64, k in 0usize..3, rule in rules()) {
        let settings = SamplerSettings { context: rule, ..settings(seed) };
        let drafts = plain(3, &tasks(3), &policy(seed), &settings);
        let refined = judged(1, never, keep(k))
            .refine(&lock(), &tasks(3), &policy(seed), &mut [], &settings).expect("sampled");
        let mut differ = 0;
        for (draft, trajectory) in drafts.batch.trajectories().zip(refined.rollout.batch.trajectories()) {
            if draft.turns.len() <= k {
                prop_assert_eq!(draft, trajectory);
                continue;
            }
            for turn in 0..k {
                prop_assert_eq!(said(draft, SpanKind::Policy, turn), said(trajectory, SpanKind::Policy, turn));
                prop_assert_eq!(said(draft, SpanKind::Environment, turn), said(trajectory, SpanKind::Environment, turn));
            }
            prop_assert_eq!(&draft.state_keys[..=k], &trajectory.state_keys[..=k]);
            prop_assert_eq!(&draft.turns[..k], &trajectory.turns[..k]);
            assert_replays(&lock(), trajectory);
            assert_teacher_forced(trajectory, &policy(seed), &rule);
            differ += usize::from(draft.tokens != trajectory.tokens);
        }
        prop_assert!(differ > 0 || refined.counts.revised < 4, "the rest is drawn afresh");
    }

    #[test]
    fn each_round_goes_on_from_the_draft_of_the_round_before(seed: u64) {
        // Everything is written anew in the first round, and all but the first turn in the second.
        let by_round = |draft: &Draft<'_, Lock>| match draft.address.step {
            0 => vec![1.0],
            _ => vec![0.0, 1.0],
        };
        let after = |rounds| {
            judged(rounds, never, by_round)
                .sample(&lock(), &tasks(3), &policy(seed), &mut [], &settings(seed)).expect("sampled").batch
        };
        let (once, twice) = (after(1), after(2));
        for (once, twice) in once.trajectories().zip(twice.trajectories()) {
            prop_assert_eq!(said(once, SpanKind::Policy, 0), said(twice, SpanKind::Policy, 0));
            prop_assert_eq!(once.state_keys[1], twice.state_keys[1]);
            assert_replays(&lock(), twice);
        }
    }

    #[test]
    fn from_scratch_the_place_of_the_cut_does_not_matter(seed: u64, k in 0usize..3) {
        let again = |redo, k| {
            Refine { redo, ..judged(1, never, keep(k)) }
                .refine(&lock(), &tasks(3), &policy(seed), &mut [], &settings(seed)).expect("sampled")
        };
        let (scratch, first) = (again(Redo::FromScratch, k), again(Redo::FromCut, 0));
        let drafts = plain(3, &tasks(3), &policy(seed), &settings(seed));
        let (drafts, scratch_rows, first_rows) = (drafts, scratch.rollout.batch, first.rollout.batch);
        let rows = drafts.batch.trajectories().zip(scratch_rows.trajectories()).zip(first_rows.trajectories());
        for ((draft, scratch), first) in rows {
            // A cut at or after the end is none, from scratch or not.
            prop_assert_eq!(scratch, if draft.turns.len() <= k { draft } else { first });
        }
    }

    #[test]
    fn who_watches_sees_every_draft_with_its_decision_and_changes_nothing(seed: u64, k in 0usize..3) {
        let half = |draft: &Draft<'_, Lock>| f64::from(u8::from(draft.address.member == 0));
        let mut seen = Vec::new();
        let watched = judged(2, half, keep(k))
            .refine_watched(&lock(), &tasks(3), &policy(seed), &mut [], &settings(seed), |draft, kept| {
                seen.push((draft.address.member, draft.trajectory.turns.len(), kept));
            }).expect("sampled");
        let plain = judged(2, half, keep(k))
            .refine(&lock(), &tasks(3), &policy(seed), &mut [], &settings(seed)).expect("sampled");
        prop_assert_eq!(&watched, &plain);
        prop_assert_eq!(seen.len() as u64, watched.counts.reviewed);
        prop_assert_eq!(seen.iter().filter(|(.., kept)| kept.is_some()).count() as u64, watched.counts.revised);
        for (member, turns, kept) in seen {
            let expected = (member > 0 && k < turns).then_some(k as u32);
            prop_assert_eq!(kept, expected);
        }
    }

    #[test]
    fn what_was_cut_is_paid_for(seed: u64, rounds in 0u32..4, k in 0usize..3) {
        let counting = CountingPolicy::new(policy(seed));
        let refined = judged(rounds, |_: &Draft<'_, Lock>| 0.3, keep(k))
            .refine(&lock(), &tasks(3), &counting, &mut [], &settings(seed)).expect("sampled").rollout;
        prop_assert_eq!(refined.ledger.total(), counting.drawn());
        prop_assert_eq!(refined.ledger.kept, refined.batch.policy_tokens() as u64);
        let written: u64 = refined.episodes.iter().map(|episode| episode.policy_tokens).sum();
        prop_assert_eq!(refined.ledger.kept, written);
    }

    #[test]
    fn decisions_are_trained_in_the_context_in_which_they_were_drawn(seed: u64, constrained: bool, rule in rules()) {
        let settings = SamplerSettings { constrained, context: crate::ContextRule { max_tokens: 64, ..rule }, ..settings(seed) };
        let counting = CountingPolicy::new(policy(seed));
        let refined = by_policy(2, &counting, &settings);
        prop_assert_eq!(refined.rollout.ledger.total(), counting.drawn());
        prop_assert_eq!(refined.decisions.len() as u64, refined.counts.reviewed);
        let mut trained = 0;
        for row in &refined.decisions {
            assert_teacher_forced(&row.trajectory, &policy(seed), &settings.context);
            let spans = row.trajectory.spans.iter().filter(|span| span.is_trained());
            prop_assert!(spans.clone().all(|span| span.kind == SpanKind::Meta));
            trained += spans.map(|span| u64::from(span.len)).sum::<u64>();
            prop_assert!(row.place < refined.rollout.episodes.len());
        }
        prop_assert_eq!(trained, refined.rollout.ledger.decisions);
        for trajectory in refined.rollout.batch.trajectories() {
            prop_assert!(trajectory.spans.iter().all(|span| span.kind != SpanKind::Meta));
            assert_replays(&lock(), trajectory);
        }
        if constrained {
            prop_assert_eq!(refined.counts.malformed, 0);
        }
    }

    #[test]
    fn a_decision_says_how_many_turns_stay(seed: u64) {
        let settings = SamplerSettings { constrained: true, ..settings(seed) };
        let refined = by_policy(1, &CountingPolicy::new(policy(seed)), &settings);
        let drafts = plain(3, &tasks(3), &policy(seed), &settings);
        let drafts: Vec<_> = drafts.batch.trajectories().collect();
        let refined_trajectories: Vec<_> = refined.rollout.batch.trajectories().collect();
        let (mut revised, mut past) = (0, 0);
        for row in &refined.decisions {
            let (draft, after) = (drafts[row.place], refined_trajectories[row.place]);
            prop_assert_eq!(&row.trajectory.tokens[..draft.tokens.len()], &draft.tokens);
            let decided = said(&row.trajectory, SpanKind::Meta, draft.turns.len());
            prop_assert_eq!(decided.last(), Some(&Vocabulary::END));
            match meta().cuts.iter().position(|cut| *cut == decided[..decided.len() - 1]) {
                Some(k) if k < draft.turns.len() => {
                    revised += 1;
                    prop_assert_eq!(&draft.state_keys[..=k], &after.state_keys[..=k]);
                }
                cut => {
                    past += u64::from(cut.is_some());
                    prop_assert_eq!(draft, after);
                }
            }
        }
        prop_assert_eq!((refined.counts.revised, refined.counts.past_the_end), (revised, past));
    }
}

#[test]
fn bad_reviews_are_refused_by_name() {
    let nan = judged(1, |_: &Draft<'_, Lock>| f64::NAN, Unjudged)
        .sample(&lock(), &tasks(1), &policy(0), &mut [], &settings(0))
        .expect_err("refused");
    assert!(matches!(nan, SamplingError::OutOfRange { name: "acceptance", .. }));
    let nowhere = judged(1, never, |_: &Draft<'_, Lock>| vec![0.0, 0.0])
        .sample(&lock(), &tasks(1), &policy(0), &mut [], &settings(0))
        .expect_err("refused");
    assert!(matches!(nowhere, SamplingError::Cuts { .. }));
    let tokens = |meta: MetaTokens| {
        Refine::by_policy(1, 1, meta)
            .sample(&lock(), &tasks(1), &policy(0), &mut [], &settings(0))
            .expect_err("refused")
    };
    let unknown = tokens(MetaTokens { keep: vec![99], ..meta() });
    assert!(matches!(unknown, SamplingError::MetaToken { word: 99 }));
    let reserved = tokens(MetaTokens { ask: vec![Vocabulary::END], ..meta() });
    assert!(matches!(reserved, SamplingError::MetaToken { word: Vocabulary::END }));
    for cuts in [vec![], vec![vec![]], vec![vec![Lock::OPEN]], vec![vec![Lock::X], vec![Lock::X]]] {
        assert!(matches!(tokens(MetaTokens { cuts, ..meta() }), SamplingError::MetaPhrases));
    }
}

#[test]
fn a_draft_without_room_for_a_decision_is_accepted_and_counted() {
    let meta = MetaTokens { ask: vec![Lock::HUH; 62], ..meta() };
    let refined = Refine::by_policy(2, 1, meta)
        .refine(&lock(), &tasks(2), &policy(1), &mut [], &settings(1))
        .expect("sampled");
    assert_eq!((refined.counts.too_long, refined.counts.revised, refined.decisions.len()), (4, 0, 0));
}
