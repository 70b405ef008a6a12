use milepost_core::{Environment, StateRecords, TaskSeed, Trajectory, TrajectoryBuilder, Vocabulary};
use proptest::prelude::*;

use super::*;
use crate::tests::lock;
use crate::toy::Lock;

/// A state in which questions can be asked: a lock whose code is `y y y`, and nothing said.
struct Scene {
    lock: Lock,
    history: Trajectory<()>,
    turns: Vec<Vec<u32>>,
}

impl Scene {
    fn new(turns: usize) -> Self {
        let mut lock = lock();
        let task = TaskSeed::literal(0b111);
        lock.reset(task).expect("a task");
        let version = milepost_core::Version(0);
        let history = TrajectoryBuilder::new(task, 0, 0, version, StateRecords::default()).so_far().clone();
        let turns = (0..turns as u32).map(|turn| vec![Lock::X + turn % 4, Vocabulary::END]).collect();
        Self { lock, history, turns }
    }

    fn queries(&self, task: u64) -> Vec<StepQuery<'_, Lock>> {
        let query = |(slot, turn)| StepQuery {
            environment: &self.lock,
            history: &self.history,
            turn,
            kind: StepKind::Act,
            address: Address { task, member: 0, step: 0, slot },
            steps: 3,
        };
        (0..).zip(self.turns.iter().map(Vec::as_slice)).map(query).collect()
    }
}

fn first_word(query: &StepQuery<'_, Lock>) -> Verdict {
    Verdict { value: Some(f64::from(query.turn[0])), tokens: 3 }
}

/// Prefers the higher word, and the first place a little.
fn partial(query: &PairQuery<'_, Lock>) -> Verdict {
    let margin = f64::from(query.first.turn[0]) - f64::from(query.second.turn[0]);
    Verdict { value: Some((0.5 + 0.2 * margin + 0.15).clamp(0.0, 1.0)), tokens: 1 }
}

proptest! {
    #[test]
    fn noise_and_failures_depend_on_where_a_question_arises_and_not_on_when(run_seed: u64, task: u64) {
        let scene = Scene::new(6);
        let noisy = Noisy::new(first_word, 0.5, vec![-1.0, 0.0, 1.0], run_seed).expect("sound");
        let mut judge = Failing::new(noisy, 0.3, run_seed).expect("sound");
        let queries = scene.queries(task);
        let forwards: Vec<Verdict> = queries.iter().map(|query| judge.judge(query)).collect();
        let mut backwards: Vec<Verdict> = queries.iter().rev().map(|query| judge.judge(query)).collect();
        backwards.reverse();
        prop_assert_eq!(&forwards, &backwards);
        prop_assert!(forwards.iter().all(|verdict| verdict.tokens == 3), "a failed answer is paid for");
    }

    #[test]
    fn averaging_both_orders_is_antisymmetric(a in 0usize..4, b in 0usize..4) {
        let scene = Scene::new(4);
        let queries = scene.queries(0);
        let mut judge = Swapped::new(partial);
        let pair = PairQuery { first: queries[a], second: queries[b] };
        let (one, other) = (judge.judge(&pair), judge.judge(&pair.swapped()));
        let sum = one.value.expect("answered") + other.value.expect("answered");
        prop_assert!((sum - 1.0).abs() < 1e-12);
        prop_assert_eq!(one.tokens, 2);
    }

    #[test]
    fn wins_of_a_round_robin_share_out_one_a_pair(n in 2usize..7) {
        let scene = Scene::new(n);
        let verdicts = RoundRobin(partial).rate(&scene.queries(0));
        let values: Vec<f64> = verdicts.iter().map(|verdict| verdict.value.expect("answered")).collect();
        prop_assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
        prop_assert!((values.iter().sum::<f64>() - n as f64 / 2.0).abs() < 1e-12);
        let pairs = n as u64 * (n as u64 - 1) / 2;
        prop_assert_eq!(verdicts.iter().map(|verdict| verdict.tokens).sum::<u64>(), pairs);
    }
}

#[test]
fn the_rates_of_noise_and_failure_are_what_they_say() {
    let scene = Scene::new(1);
    let judge = |_: &StepQuery<'_, Lock>| Verdict::of(7.0);
    let mut noisy = Noisy::new(judge, 0.4, vec![-1.0, 1.0], 3).expect("sound");
    let mut failing = Failing::new(judge, 0.25, 3).expect("sound");
    let (mut replaced, mut ups, mut failed) = (0, 0, 0);
    for task in 0..4000 {
        let query = scene.queries(task)[0];
        let value = noisy.judge(&query).value;
        replaced += i32::from(value != Some(7.0));
        ups += i32::from(value == Some(1.0));
        failed += i32::from(failing.judge(&query).value.is_none());
    }
    // Four standard errors: 4 · √(4000 p (1 − p)).
    assert!((replaced - 1600).abs() < 124 && (ups - 800).abs() < 102, "{replaced} replaced, {ups} by 1");
    assert!((failed - 1000).abs() < 110, "{failed} failed");
}

#[test]
fn a_panel_adds_up_its_parts_and_counts_those_that_nobody_judged() {
    let scene = Scene::new(3);
    let part = |abstains_at: u32, value: f64| {
        move |query: &StepQuery<'_, Lock>| {
            let value = (query.address.slot < abstains_at).then_some(value);
            Verdict { value, tokens: 2 }
        }
    };
    let mut panel = Panel::new(vec![part(2, 1.0), part(1, -3.0)]);
    let verdicts: Vec<Verdict> = scene.queries(0).iter().map(|query| panel.judge(query)).collect();
    let values: Vec<_> = verdicts.iter().map(|verdict| verdict.value).collect();
    assert_eq!(
        values,
        [Some(-2.0), Some(1.0), None],
        "a missing part is 0; where all are, so is the verdict"
    );
    assert!(verdicts.iter().all(|verdict| verdict.tokens == 4));
    assert_eq!(panel.counts(), (6, 3));
}

#[test]
fn the_parts_of_a_question_have_noise_of_their_own() {
    let scene = Scene::new(1);
    let judge = |_: &StepQuery<'_, Lock>| Verdict::of(0.0);
    let noisy = |part| Noisy::new(judge, 1.0, vec![-1.0, 1.0], 3).expect("sound").for_part(part);
    let failing = |part| Failing::new(judge, 0.5, 3).expect("sound").for_part(part);
    let (mut one, mut other, mut up, mut down) = (noisy(0), noisy(1), failing(0), failing(1));
    let (mut signs, mut both) = (0.0, 0);
    for task in 0..1000 {
        let query = scene.queries(task)[0];
        signs += one.judge(&query).value.unwrap_or(0.0) * other.judge(&query).value.unwrap_or(0.0);
        both += i32::from(up.judge(&query).value.is_some() == down.judge(&query).value.is_some());
    }
    // Four standard errors of independent signs: 4 · √1000, and half of it for agreements.
    assert!(f64::abs(signs) < 127.0, "{signs}");
    assert!((both - 500).abs() < 64, "{both}");
}

#[test]
fn a_remembered_answer_costs_nothing() {
    let scene = Scene::new(6);
    let mut judge = Cached::new(first_word);
    // Turns 4 and 5 say what turns 0 and 1 say.
    let verdicts: Vec<Verdict> = scene.queries(0).iter().map(|query| judge.judge(query)).collect();
    assert_eq!(verdicts.iter().map(|verdict| verdict.tokens).collect::<Vec<_>>(), [3, 3, 3, 3, 0, 0]);
    assert_eq!((verdicts[4].value, judge.hits()), (verdicts[0].value, 2));
}

#[test]
fn consistency_is_the_share_of_pairs_judged_alike_in_both_orders() {
    let scene = Scene::new(4);
    let queries = scene.queries(0);
    let mut judge = Swapped::new(partial);
    assert_eq!(judge.consistency(), None);
    judge.judge(&PairQuery { first: queries[0], second: queries[3] });
    assert_eq!(judge.consistency(), Some(1.0));
    // Equal turns: the preference for the first place decides, and flips with the order.
    judge.judge(&PairQuery { first: queries[2], second: queries[2] });
    assert_eq!(judge.consistency(), Some(0.5));
}

#[test]
fn a_candidate_whose_pairs_are_all_abstained_from_has_no_value() {
    let scene = Scene::new(3);
    let shy = |query: &PairQuery<'_, Lock>| {
        if query.first.address.slot == 0 { Verdict::ABSTAIN } else { Verdict::of(1.0) }
    };
    let values: Vec<_> = RoundRobin(shy).rate(&scene.queries(0)).into_iter().map(|v| v.value).collect();
    assert_eq!(values, [None, Some(1.0), Some(0.0)]);
    assert_eq!(RoundRobin(partial).rate(&Scene::new(1).queries(0)), [Verdict::ABSTAIN]);
}

#[test]
fn a_perfect_judge_of_pairs_ranks_all_candidates() {
    let scene = Scene::new(4);
    let perfect = |query: &PairQuery<'_, Lock>| {
        Verdict::of(f64::from(u8::from(query.first.turn[0] > query.second.turn[0])))
    };
    let values: Vec<_> = RoundRobin(perfect).rate(&scene.queries(0)).into_iter().map(|v| v.value).collect();
    assert_eq!(values, [Some(0.0), Some(1.0 / 3.0), Some(2.0 / 3.0), Some(1.0)]);
}

#[test]
fn wrappers_without_a_probability_or_a_value_are_refused() {
    let judge = |_: &StepQuery<'_, Lock>| Verdict::of(0.0);
    for rate in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(Failing::new(judge, rate, 0), Err(JudgeError::Rate { .. })));
        assert!(matches!(Noisy::new(judge, rate, vec![0.0], 0), Err(JudgeError::Rate { .. })));
    }
    assert!(matches!(Noisy::new(judge, 0.5, vec![], 0), Err(JudgeError::Values { .. })));
    assert!(matches!(Noisy::new(judge, 0.5, vec![f64::NAN], 0), Err(JudgeError::Values { .. })));
}
