use milepost_core::{Provenance, SpanKind, TaskSeed, Trajectory, Vocabulary};
use proptest::prelude::*;

use super::*;
use crate::table::{CountingPolicy, TablePolicy};
use crate::tests::{
    assert_replays, assert_teacher_forced, lock, plain, policy, policy_without, rules, said, settings, tasks,
};
use crate::toy::Lock;
use crate::{SamplerSettings, recompute_behaviour};

/// The dial is the call, and what comes before it thought.
fn dial(_: &Lock, turn: &[u32]) -> Option<usize> {
    turn.iter().position(|word| (Lock::X..=Lock::Z).contains(word))
}

type Dial = fn(&Lock, &[u32]) -> Option<usize>;

fn rollback(retries: u32, probability: f64, threshold: f64) -> Rollback<Dial> {
    Rollback { group_size: 3, retries, probability, cap: 30, threshold, again: vec![Lock::HUH], format: dial }
}

fn purify(sampler: &Rollback<Dial>, policy: &TablePolicy, settings: &SamplerSettings) -> RollbackRollout {
    sampler.purify(&lock(), &tasks(3), policy, &mut [], settings).expect("sampled")
}

/// Turns of a replay with which something is wrong.
fn faults(trajectory: &Trajectory<()>) -> usize {
    let mut world = lock();
    milepost_core::Environment::reset(&mut world, trajectory.task).expect("a task");
    let mut faults = 0;
    for turn in 0..trajectory.turns.len() {
        let action = said(trajectory, SpanKind::Policy, turn);
        milepost_core::Environment::step(&mut world, &action).expect("a turn was taken here");
        faults += usize::from(TokenEnvironment::fault(&world).is_some());
    }
    faults
}

proptest! {
    #[test]
    fn without_retries_or_luck_nothing_differs_from_plain_sampling(seed: u64, threshold in 0.0..1.5f64) {
        let expected = plain(3, &tasks(3), &policy(seed), &settings(seed));
        let none = purify(&rollback(0, 1.0, threshold), &policy(seed), &settings(seed));
        prop_assert_eq!(&none.rollout, &expected);
        let never = purify(&rollback(3, 0.0, threshold), &policy(seed), &settings(seed));
        prop_assert_eq!(&never.rollout, &expected);
        prop_assert!(never.reports.iter().all(|report| *report == RepairReport::default()));
        let exhausted = purify(&Rollback { cap: 0, ..rollback(3, 1.0, threshold) }, &policy(seed), &settings(seed));
        prop_assert_eq!(&exhausted.rollout, &expected);
    }

    #[test]
    fn without_failures_nothing_differs_from_plain_sampling(seed: u64, threshold in 0.0..1.5f64) {
        let policy = policy_without(&[Lock::Z], seed);
        let settings = SamplerSettings { constrained: true, ..settings(seed) };
        let purified = purify(&rollback(3, 1.0, threshold), &policy, &settings);
        prop_assert_eq!(purified.rollout, plain(3, &tasks(3), &policy, &settings));
    }

    #[test]
    fn every_reply_is_what_a_fresh_replay_says_and_every_token_is_scored_where_it_stands(
        seed: u64, threshold in 0.0..1.5f64, probability in 0.0..1.0f64, constrained: bool, rule in rules()
    ) {
        let settings = SamplerSettings { context: rule, constrained, ..settings(seed) };
        let mut purified = purify(&rollback(3, probability, threshold), &policy(seed), &settings);
        for trajectory in purified.rollout.batch.trajectories() {
            assert_replays(&lock(), trajectory);
            assert_teacher_forced(trajectory, &policy(seed), &rule);
        }
        let before = purified.rollout.batch.clone();
        recompute_behaviour(&mut purified.rollout.batch, &policy(seed), &rule).expect("the same version");
        prop_assert_eq!(before, purified.rollout.batch, "the first ratio is exactly 1");
    }

    #[test]
    fn no_failure_is_left_where_a_repair_succeeded(seed: u64, threshold in 0.0..1.5f64, retries in 1u32..4) {
        let settings = SamplerSettings { constrained: true, ..settings(seed) };
        let purified = purify(&rollback(retries, 1.0, threshold), &policy(seed), &settings);
        let trajectories = purified.rollout.batch.trajectories();
        for ((trajectory, report), episode) in trajectories.zip(&purified.reports).zip(&purified.rollout.episodes) {
            let faults = faults(trajectory);
            prop_assert_eq!(faults, episode.faults.total() as usize);
            if report.exhausted + report.without_call == 0 {
                prop_assert_eq!(faults, 0);
            }
            let spliced = trajectory.spans.iter().filter(|span| span.provenance == Provenance::Spliced).count();
            prop_assert!(spliced <= (report.shallow + report.deep) as usize);
            prop_assert!(report.attempts <= retries * report.failures && report.attempts <= 30);
            prop_assert!(trajectory.turns.len() <= settings.max_turns as usize + usize::from(report.without_call > 0));
        }
    }

    #[test]
    fn a_threshold_of_zero_keeps_every_thought_and_one_above_one_keeps_none(seed: u64) {
        let settings = SamplerSettings { constrained: true, ..settings(seed) };
        let always_call = policy_without(&[Lock::QUIT], seed);
        let total = |threshold: f64| {
            purify(&rollback(3, 1.0, threshold), &always_call, &settings)
                .reports.iter().fold((0, 0), |(s, d), report| (s + report.shallow, d + report.deep))
        };
        prop_assert_eq!(total(0.0).1, 0);
        prop_assert_eq!(total(1.01).0, 0);
    }

    #[test]
    fn the_ledger_pays_for_every_attempt(seed: u64, threshold in 0.0..1.5f64, probability in 0.0..1.0f64) {
        let counting = CountingPolicy::new(policy(seed));
        let purified = rollback(3, probability, threshold)
            .purify(&lock(), &tasks(3), &counting, &mut [], &settings(seed))
            .expect("sampled");
        let ledger = purified.rollout.ledger;
        prop_assert_eq!(ledger.total(), counting.drawn());
        let attempts: u32 = purified.reports.iter().map(|report| report.attempts).sum();
        prop_assert_eq!(ledger.retries > 0, attempts > 0);
        let plainly = |span: &&milepost_core::Span| span.is_trained() && span.provenance == Provenance::OnPolicy;
        if purified.reports.iter().all(|report| report.without_call == 0) {
            let spans = purified.rollout.batch.trajectories().flat_map(|t| t.spans.iter().filter(plainly));
            prop_assert_eq!(ledger.kept, spans.map(|span| u64::from(span.len)).sum::<u64>());
        }
        let policy_tokens: u64 = purified.rollout.episodes.iter().map(|episode| episode.policy_tokens).sum();
        prop_assert_eq!(policy_tokens, purified.rollout.batch.policy_tokens() as u64);
    }

    #[test]
    fn the_similarity_of_texts_is_a_share_and_one_for_equal_ones(a in "[abc ]{0,12}", b in "[abc ]{0,12}") {
        let ratio = similarity(&a, &b);
        prop_assert!((0.0..=1.0).contains(&ratio));
        prop_assert_eq!(similarity(&a, &a), 1.0);
        prop_assert_eq!(similarity(&a, "xyz"), 0.0);
        let common = a.chars().filter(|c| b.contains(*c)).count();
        prop_assert_eq!(ratio == 0.0, common == 0 && a.len() + b.len() > 0);
    }
}

// Values of `difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()` of CPython 3.11.7.
#[test]
fn similarities_are_those_of_python() {
    let known = [
        ("abcd", "bcde", 0.75),
        ("private Thread currentThread;", "private volatile Thread currentThread;", 0.8656716417910447),
        ("tide", "diet", 0.25),
        ("diet", "tide", 0.5),
        ("WIKIMEDIA", "WIKIMANIA", 0.7777777777777778),
        ("abab", "baba", 0.75),
        ("call search hop one", "call lookup hop one two", 0.6190476190476191),
        ("", "", 1.0),
        ("a", "", 0.0),
        ("aabaa", "aba", 0.75),
        ("xxaxxbxx", "axbxxx", 0.7142857142857143),
        ("GESTALT PATTERN MATCHING", "GESTALT PRACTICE", 0.6),
        ("GESTALT PRACTICE", "GESTALT PATTERN MATCHING", 0.65),
    ];
    for (a, b, ratio) in known {
        assert_eq!(similarity(a, b), ratio, "{a} and {b}");
    }
}

/// Writes `hm z`, and after a jam `repair`.
fn scripted(repair: &[u32]) -> TablePolicy {
    let mut policy = TablePolicy::uniform(Lock::WORDS, 2);
    let mut say = |read: &[u32], word: u32| {
        let row = (0..Lock::WORDS as u32).map(|other| if other == word { 0.0 } else { f64::NEG_INFINITY });
        policy.set(read, row.collect()).expect("a row");
    };
    say(&[Vocabulary::BEGIN, Lock::LOCK], Lock::HM);
    say(&[Lock::LOCK, Lock::HM], Lock::Z);
    say(&[Lock::HM, Lock::Z], Vocabulary::END);
    say(&[Vocabulary::END, Lock::JAM], repair[0]);
    say(&[Lock::JAM, repair[0]], repair[1]);
    policy
}

fn repaired(threshold: f64) -> (Vec<u32>, Vec<Provenance>, RepairReport) {
    let one = SamplerSettings { max_turns: 1, ..settings(0) };
    let sampler = Rollback { group_size: 1, ..rollback(1, 1.0, threshold) };
    // The table gives `x` after `hm` no chance: the spliced turn needs a policy that can have written it.
    let mut policy = scripted(&[Lock::X, Vocabulary::END]);
    let mut row = vec![f64::NEG_INFINITY; Lock::WORDS];
    (row[Lock::Z as usize], row[Lock::X as usize]) = (0.0, -60.0);
    policy.set(&[Lock::LOCK, Lock::HM], row).expect("a row");
    let mut row = vec![f64::NEG_INFINITY; Lock::WORDS];
    (row[Lock::HM as usize], row[Lock::X as usize]) = (0.0, -60.0);
    policy.set(&[Vocabulary::BEGIN, Lock::LOCK], row).expect("a row");
    let task = [(0, TaskSeed::literal(0))];
    let purified = sampler.purify(&lock(), &task, &policy, &mut [], &one).expect("sampled");
    let trajectory = &purified.rollout.batch.groups[0].members()[0];
    assert_eq!(said(trajectory, SpanKind::Environment, 0), [Lock::TICK], "the jam of the failure is gone");
    let spans = trajectory.spans.iter().filter(|span| span.kind == SpanKind::Policy);
    let provenances = spans.map(|span| span.provenance).collect();
    (said(trajectory, SpanKind::Policy, 0), provenances, purified.reports[0])
}

#[test]
fn a_similar_call_is_replaced_under_its_thought_and_another_with_it() {
    // "z <end>" and "x <end>" have similarity 6/7.
    let (turn, provenances, report) = repaired(0.85);
    assert_eq!(turn, [Lock::HM, Lock::X, Vocabulary::END]);
    assert_eq!(provenances, [Provenance::OnPolicy, Provenance::Spliced]);
    assert_eq!((report.shallow, report.deep, report.attempts), (1, 0, 1));
    let (turn, provenances, report) = repaired(0.86);
    assert_eq!(turn, [Lock::X, Vocabulary::END]);
    assert_eq!(provenances, [Provenance::Spliced]);
    assert_eq!((report.shallow, report.deep, report.attempts), (0, 1, 1));
}

#[test]
fn where_attempts_are_exhausted_the_failure_stands() {
    let mut policy = scripted(&[Lock::Z, Vocabulary::END]);
    let sure = (0..Lock::WORDS as u32).map(|word| if word == Lock::QUIT { 0.0 } else { -40.0 });
    policy.set(&[Lock::JAM, Lock::HUH], sure.collect()).expect("a row");
    let sampler = Rollback { group_size: 1, ..rollback(1, 1.0, 0.5) };
    let two = SamplerSettings { max_turns: 2, ..settings(0) };
    let purified = sampler.purify(&lock(), &tasks(1), &policy, &mut [], &two).expect("sampled");
    let trajectory = &purified.rollout.batch.groups[0].members()[0];
    assert_eq!(said(trajectory, SpanKind::Policy, 0), [Lock::HM, Lock::Z, Vocabulary::END]);
    assert_eq!(said(trajectory, SpanKind::Environment, 0), [Lock::JAM]);
    // After the failure rollback is off: the next turn fails as well, and nobody tries again.
    assert_eq!(said(trajectory, SpanKind::Policy, 1), [Lock::Z, Vocabulary::END]);
    let report = purified.reports[0];
    assert_eq!((report.failures, report.attempts, report.exhausted), (1, 1, 1));
}

#[test]
fn an_attempt_without_a_call_stands_with_what_led_to_it() {
    let policy = scripted(&[Lock::QUIT, Vocabulary::END]);
    let sampler = Rollback { group_size: 1, ..rollback(2, 1.0, 0.5) };
    let purified = sampler.purify(&lock(), &tasks(1), &policy, &mut [], &settings(0)).expect("sampled");
    let trajectory = &purified.rollout.batch.groups[0].members()[0];
    assert_eq!(said(trajectory, SpanKind::Policy, 0), [Lock::HM, Lock::Z, Vocabulary::END]);
    assert_eq!(said(trajectory, SpanKind::Policy, 1), [Lock::QUIT, Vocabulary::END]);
    let report = purified.reports[0];
    assert_eq!((report.failures, report.attempts, report.without_call), (1, 1, 1));
    assert!(trajectory.ending.ends_episode() && !trajectory.ending.bootstraps());
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let refused = |sampler: Rollback<Dial>| {
        sampler.purify(&lock(), &tasks(1), &policy(0), &mut [], &settings(0)).expect_err("refused")
    };
    let probability = refused(rollback(3, 1.5, 0.5));
    assert!(matches!(probability, SamplingError::OutOfRange { name: "probability", .. }));
    let threshold = refused(rollback(3, 1.0, f64::NAN));
    assert!(matches!(threshold, SamplingError::OutOfRange { name: "threshold", .. }));
    let empty = refused(Rollback { group_size: 0, ..rollback(3, 1.0, 0.5) });
    assert!(matches!(empty, SamplingError::Zero { name: "group_size" }));
}
