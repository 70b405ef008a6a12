use milepost_core::{CutReason, Ending, SpanKind, TokenEnvironment, Vocabulary};
use proptest::prelude::*;

use super::*;
use crate::RatedGroups;
use crate::judge::{Each, Verdict};
use crate::table::{CountingPolicy, TablePolicy};
use crate::tests::{
    assert_teacher_forced, lock, plain, policy, policy_without, rules, said, settings, tasks,
};
use crate::toy::Lock;

/// In the last step `quit` is an answer, and the only one.
#[derive(Debug, Clone, Copy)]
struct QuitAtLast;

impl StepProtocol<Lock> for QuitAtLast {
    fn kind(&self, environment: &Lock, turn: &[u32]) -> StepKind {
        ByTrial.kind(environment, turn)
    }
    fn answer_grammar(&self, _environment: &Lock, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        allowed.push(if tokens.is_empty() { Lock::QUIT } else { Vocabulary::END });
        true
    }
}

fn whim(query: &StepQuery<'_, Lock>) -> Verdict {
    Verdict { value: Some(whim_at(query.address)), tokens: 1 }
}

/// A number that looks random but is a function of where the question arises.
fn whim_at(Address { task, member, step, slot }: Address) -> f64 {
    let parts = [task, u64::from(member), u64::from(step), u64::from(slot)];
    let key = milepost_core::StreamKey::new(
        parts.iter().fold(9, |h, p| h * 31 + p),
        milepost_core::Purpose::SHUFFLE,
    );
    milepost_core::Stream::new(key).uniform()
}

type Judgement = fn(&StepQuery<'_, Lock>) -> Verdict;

fn tree<J, S>(candidates: u32, judge: J, protocol: S) -> StepTree<Each<J>, S> {
    StepTree { trees: 2, candidates, temperature: 0.7, early_bonus: 0.1, rater: Each(judge), protocol }
}

fn grow(seed: u64, candidates: u32, settings: &SamplerSettings) -> (TreeRollout, u64) {
    let counting = CountingPolicy::new(policy(seed));
    let grown = tree(candidates, whim, ByTrial)
        .grow(&lock(), &tasks(2), &counting, &mut [], settings)
        .expect("grown");
    (grown, counting.drawn())
}

proptest! {
    #[test]
    fn candidates_share_their_prefix_and_only_their_own_tokens_are_trained(seed: u64, k in 1u32..5, rule in rules()) {
        let settings = SamplerSettings { context: rule, ..settings(seed) };
        let (grown, drawn) = grow(seed, k, &settings);
        for set in &grown.sets {
            let rows = grown.rows(set).expect("consistent");
            prop_assert_eq!(rows.members().len(), k as usize);
            let line = &grown.lines[set.line];
            for (row, candidate) in rows.members().iter().zip(&set.candidates) {
                let own = row.tokens.len() - candidate.turn.tokens.len();
                prop_assert_eq!(&row.tokens[..own], &line.tokens[..own], "the prefix is the line's");
                prop_assert_eq!(&row.tokens[own..], &candidate.turn.tokens);
                let mask: Vec<bool> = (0..row.tokens.len()).map(|index| index >= own).collect();
                prop_assert_eq!(row.policy_mask(), mask);
                prop_assert_eq!(&row.state_keys[..=set.step as usize], &line.state_keys[..=set.step as usize]);
                prop_assert_eq!(row.ending, Ending::Cut(CutReason::Branch));
                assert_teacher_forced(row, &policy(seed), &rule);
            }
            if let Some(winner) = set.winner {
                prop_assert_eq!(&said(line, SpanKind::Policy, set.step as usize), &set.candidates[winner].turn.tokens);
            }
        }
        prop_assert_eq!(grown.ledger.candidates, drawn);
        prop_assert_eq!(grown.ledger.drawn_by_policy(), drawn);
        prop_assert_eq!(grown.ledger.judge, u64::from(k) * grown.sets.len() as u64);
        prop_assert_eq!(grown.batch().expect("consistent").policy_tokens() as u64, drawn);
    }

    #[test]
    fn one_candidate_follows_the_episodes_of_plain_sampling(seed: u64) {
        let settings = SamplerSettings { constrained: true, ..settings(seed) };
        let (grown, _) = grow(seed, 1, &settings);
        let plain = plain(2, &tasks(2), &policy(seed), &settings);
        for (line, trajectory) in grown.lines.iter().zip(plain.batch.trajectories()) {
            prop_assert_eq!(&line.tokens, &trajectory.tokens);
            prop_assert_eq!(&line.behaviour_logp, &trajectory.behaviour_logp);
            prop_assert_eq!(line.ending, trajectory.ending);
        }
        prop_assert!(grown.sets.iter().flat_map(|set| &set.candidates).all(|c| c.advantage == 0.0));
    }

    #[test]
    fn a_turn_of_a_whole_episode_is_worth_what_a_tree_says_of_it(seed: u64) {
        let settings = SamplerSettings { constrained: true, ..settings(seed) };
        let (grown, _) = grow(seed, 1, &settings);
        let mut groups =
            RatedGroups { group_size: 2, early_bonus: 0.1, rater: Each(whim as Judgement), protocol: ByTrial };
        let rated = groups.sample(&lock(), &tasks(2), &policy(seed), &mut [], &settings).expect("sampled");
        let mut plain = plain(2, &tasks(2), &policy(seed), &settings);
        let values = rated.batch.trajectories().flat_map(|t| t.signals.get(STEP_VALUE).expect("rated").iter());
        let expected = grown.sets.iter().map(|set| Some(set.candidates[0].value));
        prop_assert_eq!(values.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        prop_assert_eq!(rated.ledger.judge, grown.ledger.judge);
        for (one, other) in plain.batch.trajectories_mut().zip(rated.batch.trajectories()) {
            one.signals = other.signals.clone();
        }
        plain.ledger.judge = rated.ledger.judge;
        prop_assert_eq!(plain, rated);
    }

    #[test]
    fn worlds_take_the_winners_and_nothing_else(seed: u64, k in 1u32..5) {
        let (grown, _) = grow(seed, k, &settings(seed));
        let winners = grown.sets.iter().filter(|set| set.winner.is_some()).count() as u64;
        prop_assert_eq!(grown.environment_steps, winners);
        for set in &grown.sets {
            if let Some(winner) = set.winner {
                prop_assert_ne!(set.candidates[winner].kind, StepKind::Malformed);
            } else {
                prop_assert!(set.candidates.iter().all(|c| c.kind == StepKind::Malformed));
                prop_assert_eq!(grown.lines[set.line].ending, Ending::Malformed);
            }
        }
    }

    #[test]
    fn at_the_last_step_only_answers_are_drawn(seed: u64, max_turns in 1u32..4) {
        let settings = SamplerSettings { max_turns, ..settings(seed) };
        let policy = policy_without(&[Lock::QUIT - 1], seed);
        let grown = tree(3, whim, QuitAtLast).grow(&lock(), &tasks(2), &policy, &mut [], &settings).expect("grown");
        for set in grown.sets.iter().filter(|set| set.step + 1 == max_turns) {
            for candidate in &set.candidates {
                prop_assert_eq!(&candidate.turn.tokens, &[Lock::QUIT, Vocabulary::END]);
                prop_assert!(candidate.turn.log_probs.iter().all(|logp| *logp == 0.0), "there was no choice");
            }
        }
        prop_assert!(grown.lines.iter().all(|line| !matches!(line.ending, Ending::Truncated(_))));
    }

    #[test]
    fn at_one_step_a_tree_is_its_prompt_and_single_turns_worth_what_the_judge_says(seed: u64, k in 1u32..6) {
        let settings = SamplerSettings { max_turns: 1, ..settings(seed) };
        let mut single = StepTree { trees: 1, ..tree(k, whim, ByTrial) };
        let grown = single.grow(&lock(), &tasks(3), &policy(seed), &mut [], &settings).expect("grown");
        let places: Vec<(usize, u32)> = grown.sets.iter().map(|set| (set.line, set.step)).collect();
        prop_assert_eq!(places, [(0, 0), (1, 0), (2, 0)], "one set a tree");
        for (set, (task, _)) in grown.sets.iter().zip(tasks(3)) {
            let values: Vec<f64> =
                (0..k).map(|slot| whim_at(Address { task, slot, ..Address::default() })).collect();
            let prompt = said(&grown.lines[set.line], SpanKind::Prompt, 0);
            let rows = grown.rows(set).expect("consistent");
            prop_assert_eq!(rows.members().len(), k as usize);
            for (row, (candidate, value)) in rows.members().iter().zip(set.candidates.iter().zip(&values)) {
                prop_assert_eq!(&row.tokens, &[prompt.as_slice(), candidate.turn.tokens.as_slice()].concat());
                prop_assert_eq!(candidate.value, *value, "the last step has no bonus");
                prop_assert_eq!(row.signals.get(STEP_VALUE).and_then(|channel| channel.get(0)), Some(*value));
            }
            let advantages: Vec<f64> = set.candidates.iter().map(|candidate| candidate.advantage).collect();
            prop_assert_eq!(advantages, step_advantages(&values));
        }
    }

    #[test]
    fn an_answer_gains_more_the_earlier_it_comes(seed: u64) {
        let flat = |_: &StepQuery<'_, Lock>| Verdict::of(0.5);
        let settings = settings(seed);
        let grown = tree(4, flat, ByTrial).grow(&lock(), &tasks(2), &policy(seed), &mut [], &settings).expect("grown");
        for set in &grown.sets {
            let steps = f64::from(settings.max_turns);
            let bonus = 0.1 * (steps - f64::from(set.step + 1)) / steps;
            for candidate in &set.candidates {
                let expected = if candidate.kind == StepKind::Answer { 0.5 + bonus } else { 0.5 };
                prop_assert!((candidate.value - expected).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn advantages_of_a_step_sum_to_zero_and_their_squares_to_one_less_than_their_number(
        values in prop::collection::vec(-2.0..2.0f64, 2..9)
    ) {
        let advantages = step_advantages(&values);
        let spread = values.iter().copied().fold(f64::MIN, f64::max) - values.iter().copied().fold(f64::MAX, f64::min);
        prop_assume!(spread > 0.1);
        prop_assert!(advantages.iter().sum::<f64>().abs() < 1e-9);
        let squares: f64 = advantages.iter().map(|a| a * a).sum();
        prop_assert!((squares - (values.len() as f64 - 1.0)).abs() < 1e-3);
    }

    #[test]
    fn the_winner_does_not_depend_on_a_constant_in_the_rewards(
        values in prop::collection::vec(-4i32..5, 1..8), constant in -9i32..10, temperature in 0.0..3.0f64
    ) {
        let probabilities = |shift: i32| {
            let shifted: Vec<f64> = values.iter().map(|value| f64::from(value + shift)).collect();
            winner_probabilities(&step_advantages(&shifted), &vec![true; values.len()], temperature)
        };
        for (one, other) in probabilities(0).into_iter().zip(probabilities(constant)) {
            prop_assert!((one - other).abs() < 1e-9);
        }
    }

    #[test]
    fn a_cold_draw_takes_the_first_of_the_best_and_a_hot_one_anything(
        values in prop::collection::vec(-4i32..5, 1..8)
    ) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let (advantages, all) = (step_advantages(&values), vec![true; values.len()]);
        let highest = values.iter().copied().fold(f64::MIN, f64::max);
        let best = values.iter().position(|value| *value == highest).expect("not empty");
        for (index, p) in winner_probabilities(&advantages, &all, 0.0).into_iter().enumerate() {
            prop_assert_eq!(p, f64::from(u8::from(index == best)));
        }
        for p in winner_probabilities(&advantages, &all, 1e9) {
            prop_assert!((p * values.len() as f64 - 1.0).abs() < 1e-6);
        }
        let nearly: f64 = winner_probabilities(&advantages, &all, 1e-6).iter().zip(&values)
            .filter(|(_, value)| **value == highest).map(|(p, _)| p).sum();
        prop_assert!((nearly - 1.0).abs() < 1e-9);
    }
}

// SLATE's theorem, with a judge whose values are independent of each other and of everything else: the advantage
// over whole episodes of T steps has T times the variance of the advantage over the candidates of one step.
#[test]
fn comparing_one_step_has_less_variance_than_comparing_episodes_by_their_length() {
    let policy = policy_without(&[Lock::Z, Lock::QUIT], 1);
    let settings = SamplerSettings { constrained: true, ..settings(2) };
    let steps = 3.0;
    let centred = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (values.len() - 1) as f64
    };
    let mut truncated = StepTree { early_bonus: 0.0, trees: 1, ..tree(5, whim, ByTrial) };
    let grown = truncated.grow(&lock(), &tasks(300), &policy, &mut [], &settings).expect("grown");
    let of_steps: Vec<f64> = grown
        .sets
        .iter()
        .map(|set| centred(&set.candidates.iter().map(|c| c.value).collect::<Vec<_>>()))
        .collect();
    let mut whole = StepTree { early_bonus: 0.0, trees: 5, ..tree(1, whim, ByTrial) };
    let grown = whole.grow(&lock(), &tasks(900), &policy, &mut [], &settings).expect("grown");
    let mut sums = vec![0.0; grown.lines.len()];
    for set in &grown.sets {
        sums[set.line] += set.candidates[0].value;
    }
    assert!(grown.lines.iter().all(|line| line.turns.len() == 3), "every episode has {steps} steps");
    let of_episodes: Vec<f64> = sums.chunks(5).map(centred).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let ratio = mean(&of_episodes) / mean(&of_steps);
    // The standard error of the ratio is about 3 · √(2 / (4 · 900)) · √2 = 0.1.
    assert!((ratio - steps).abs() < 0.4, "{ratio}");
}

#[test]
fn a_missing_value_counts_as_zero_and_is_counted() {
    let shy = |query: &StepQuery<'_, Lock>| match query.address.slot {
        0 => Verdict::ABSTAIN,
        _ => Verdict::of(1.0),
    };
    let mut tree = StepTree { early_bonus: 0.0, ..tree(3, shy, ByTrial) };
    let grown = tree.grow(&lock(), &tasks(2), &policy(4), &mut [], &settings(4)).expect("grown");
    assert_eq!(grown.unrated, grown.sets.len() as u64);
    for set in &grown.sets {
        assert_eq!(set.candidates.iter().map(|c| c.value).collect::<Vec<_>>(), [0.0, 1.0, 1.0]);
    }
    let rows = grown.rows(&grown.sets[0]).expect("consistent");
    let value = |row: &milepost_core::Trajectory<()>| row.signals.get(STEP_VALUE).and_then(|c| c.get(0));
    assert_eq!(rows.members().iter().map(value).collect::<Vec<_>>(), [Some(0.0), Some(1.0), Some(1.0)]);
}

#[test]
fn the_rows_of_another_tree_are_refused() {
    let (grown, _) = grow(1, 2, &settings(1));
    let foreign = StepSet { line: 99, ..grown.sets[0].clone() };
    assert_eq!(grown.rows(&foreign), Err(RowError::Foreign { line: 99, step: 0 }));
    let later = StepSet { step: 99, ..grown.sets[0].clone() };
    assert_eq!(grown.rows(&later), Err(RowError::Foreign { line: 0, step: 99 }));
}

#[test]
fn where_no_candidate_can_be_taken_the_episode_is_malformed() {
    let mut mute = TablePolicy::uniform(Lock::WORDS, 0);
    let only_end =
        (0..Lock::WORDS as u32).map(|word| if word == Vocabulary::END { 0.0 } else { f64::NEG_INFINITY });
    mute.set(&[], only_end.collect()).expect("a row");
    let grown = tree(2, whim, ByTrial).grow(&lock(), &tasks(1), &mute, &mut [], &settings(0)).expect("grown");
    assert_eq!(grown.lines[0].ending, Ending::Malformed);
    assert_eq!((grown.environment_steps, grown.episodes[0].faults.malformed), (0, 1));
    assert_eq!(lock().turn_limit(), 3);
}

#[test]
fn bad_settings_and_answers_are_refused_by_name() {
    let refused = |mut tree: StepTree<Each<Judgement>>| {
        tree.sample(&lock(), &tasks(1), &policy(0), &mut [], &settings(0)).expect_err("refused")
    };
    let sound = || tree(2, whim as Judgement, ByTrial);
    assert!(matches!(
        refused(StepTree { candidates: 0, ..sound() }),
        SamplingError::Zero { name: "candidates" }
    ));
    assert!(matches!(refused(StepTree { trees: 0, ..sound() }), SamplingError::Zero { name: "trees" }));
    let cold = refused(StepTree { temperature: -1.0, ..sound() });
    assert!(matches!(cold, SamplingError::OutOfRange { name: "temperature", .. }));
    let nan = refused(StepTree { temperature: f64::NAN, ..sound() });
    assert!(matches!(nan, SamplingError::OutOfRange { name: "temperature", .. }));
    let judge = refused(StepTree { rater: Each(|_| Verdict::of(f64::INFINITY)), ..sound() });
    assert!(matches!(judge, SamplingError::JudgeValue { step: 0, slot: 0, .. }));
}
