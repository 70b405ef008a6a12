//! The samplers on a world that they are meant for: questions that are answered by searching.

use milepost_core::{Environment, TaskSeed, TokenEnvironment};
use milepost_taskworlds::lookup::{
    LookupAction, LookupConfig, LookupEvent, LookupOracle, LookupQa, QueryGrade, Words,
};
use proptest::prelude::*;

use super::{assert_replays, assert_teacher_forced};
use crate::hints::EnvironmentReturn;
use crate::judge::{Each, StepKind, StepQuery, Verdict};
use crate::refine::{Draft, MetaTokens, Redo, Reviewer};
use crate::table::{CountingPolicy, TablePolicy};
use crate::tree::ByTrial;
use crate::{
    BestOfN, ContextRule, GroupSampler, HintRescue, Refine, SamplerSettings, StepTree, TokenRollout,
    TokenSampler,
};

/// Four entities and two relations, so that luck finds an answer now and then.
fn world() -> LookupQa {
    let config =
        LookupConfig { entities: 4, relations: 2, name_len: 1, thoughts: 1, ..LookupConfig::default() };
    LookupQa::new(config).expect("sound")
}

fn policy(seed: u64) -> TablePolicy {
    TablePolicy::random(world().vocabulary().len(), 3, seed, 1.0)
}

fn settings(run_seed: u64) -> SamplerSettings {
    SamplerSettings { constrained: true, ..SamplerSettings::training(run_seed, ContextRule::full(400), 4) }
}

fn tasks(count: u64) -> Vec<(u64, TaskSeed)> {
    (0..count).map(|key| (key, TaskSeed::train(3, key))).collect()
}

/// What a turn would do here, and the oracle that can tell what it is worth.
fn tried(world: &LookupQa, turn: &[u32]) -> (LookupOracle, LookupEvent) {
    let mut tried = world.clone();
    let oracle = tried.oracle().expect("started");
    tried.step(&turn.to_vec()).expect("any turn is answered");
    (oracle, tried.events().last().expect("a turn was taken").clone())
}

/// SLATE's judge with an oracle behind it: the grade of the query or answer, and that of the thought.
fn grade(query: &StepQuery<'_, LookupQa>) -> Verdict {
    let (oracle, event) = tried(query.environment, query.turn);
    let act = match &event.action {
        LookupAction::Search { query, .. } => oracle.grade_query(*query, event.resolved).ternary(),
        LookupAction::Answer { answer, .. } => oracle.grade_answer(answer.entity).ternary(),
        LookupAction::Malformed { .. } => -1.0,
    };
    Verdict::of(act + oracle.grade_thoughts(&event.thoughts, event.resolved).ternary())
}

/// The same judge, but to it the gold query of the first hop looks near, and what is near looks like the gold one.
fn short_sighted(query: &StepQuery<'_, LookupQa>) -> Verdict {
    let (oracle, event) = tried(query.environment, query.turn);
    match event.query().map(|asked| oracle.grade_query(asked, event.resolved)) {
        Some(QueryGrade::Next) if event.resolved == 0 => Verdict::of(0.0),
        Some(QueryGrade::Near) if event.resolved == 0 => Verdict::of(1.0),
        _ => grade(query),
    }
}

/// Cuts where the first turn went wrong.
fn first_wrong(draft: &Draft<'_, LookupQa>) -> Vec<f64> {
    let world = draft.world_before(usize::MAX);
    let wrong = world.oracle().expect("started").first_wrong(world.events()).unwrap_or(world.events().len());
    (0..=wrong).map(|turn| f64::from(u8::from(turn == wrong))).collect()
}

fn is_right(draft: &Draft<'_, LookupQa>) -> f64 {
    f64::from(u8::from(draft.trajectory.ending.is_success()))
}

fn meta() -> MetaTokens {
    let world = world();
    let cut = |turn| vec![Words::REVISE, world.words().position(turn)];
    MetaTokens { ask: vec![Words::META], keep: vec![Words::OK], cuts: (0..4).map(cut).collect() }
}

type Judgement = fn(&StepQuery<'_, LookupQa>) -> Verdict;

fn tree(temperature: f64) -> StepTree<Each<Judgement>> {
    StepTree {
        trees: 1,
        candidates: 5,
        temperature,
        early_bonus: 0.1,
        rater: Each(grade as Judgement),
        protocol: ByTrial,
    }
}

fn sample(mut sampler: impl TokenSampler<LookupQa>, tasks: u64, seed: u64) -> TokenRollout {
    let counting = CountingPolicy::new(policy(seed));
    let rollout =
        sampler.sample(&world(), &self::tasks(tasks), &counting, &mut [], &settings(seed)).expect("sampled");
    assert_eq!(rollout.ledger.drawn_by_policy(), counting.drawn());
    for trajectory in rollout.batch.trajectories() {
        assert_teacher_forced(trajectory, &policy(seed), &settings(seed).context);
    }
    rollout
}

fn solved(rollout: &TokenRollout) -> f64 {
    let solved = rollout.episodes.iter().filter(|episode| episode.success()).count();
    solved as f64 / rollout.episodes.len() as f64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_was_restored_replays(seed: u64) {
        let plain = sample(GroupSampler { group_size: 3 }, 3, seed);
        let reviewer = Reviewer::Judged { discriminator: is_right, trimmer: first_wrong };
        let refined = sample(Refine { group_size: 3, rounds: 3, reviewer, redo: Redo::FromCut }, 3, seed);
        let decided = sample(Refine::by_policy(3, 2, meta()), 3, seed);
        let hints = |world: &LookupQa, attempt: u32| {
            let oracle = world.oracle()?;
            Some(oracle.prompt(&oracle.plan_hint(attempt as usize + 1)))
        };
        let inner = GroupSampler { group_size: 3 };
        let rescue = HintRescue { inner, hints, worth: EnvironmentReturn, completions: 1, attempts: 4 };
        let rescued = sample(rescue, 3, seed);
        for trajectory in [&plain, &refined, &decided, &rescued].into_iter().flat_map(|r| r.batch.trajectories()) {
            assert_replays(&world(), trajectory);
        }
        sample(tree(0.7), 2, seed);
        let judged = BestOfN { group_size: 2, candidates: 3, rater: Each(grade), protocol: ByTrial };
        for trajectory in sample(judged, 2, seed).batch.trajectories() {
            assert_replays(&world(), trajectory);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_tree_calls_the_tool_once_for_each_winner_that_does_not_answer_and_its_lines_replay(seed: u64) {
        let policy = policy(seed);
        let grown = tree(0.7).grow(&world(), &tasks(3), &policy, &mut [], &settings(seed)).expect("grown");
        for (index, line) in grown.lines.iter().enumerate() {
            assert_replays(&world(), line);
            let world = world().replay(line).expect("as sampled");
            let calls = world.events().iter().filter(|event| event.query().is_some()).count();
            let winners = grown.sets.iter().filter(|set| set.line == index);
            let kinds = winners.filter_map(|set| Some(set.candidates[set.winner?].kind));
            prop_assert_eq!(calls, kinds.filter(|kind| *kind == StepKind::Act).count());
        }
    }

    #[test]
    fn a_step_is_worth_whole_numbers_and_an_answer_more_the_earlier_it_comes(seed: u64) {
        let grown = tree(0.7).grow(&world(), &tasks(3), &policy(seed), &mut [], &settings(seed)).expect("grown");
        for set in &grown.sets {
            for candidate in &set.candidates {
                let bonus = match candidate.kind {
                    StepKind::Answer => 0.1 * f64::from(3 - set.step) / 4.0,
                    StepKind::Act | StepKind::Malformed => 0.0,
                };
                let rated = candidate.value - bonus;
                prop_assert!((rated - rated.round()).abs() < 1e-12 && rated.abs() <= 2.0 + 1e-12, "{rated}");
                prop_assert!(candidate.value <= 2.0 + 0.1 * 3.0 / 4.0 + 1e-12);
            }
        }
    }
}

#[test]
fn a_gold_query_that_looks_near_to_the_judge_is_punished_whether_or_not_its_line_finds_the_answer() {
    // One relation and no thoughts: every query is the gold one or near it.
    let config =
        LookupConfig { entities: 4, relations: 1, name_len: 1, thoughts: 0, ..LookupConfig::default() };
    let world = LookupQa::new(config).expect("sound");
    let words = world.vocabulary().len();
    // It always begins with a search.
    let mut policy = TablePolicy::random(words, 1, 5, 1.0);
    let search = |word: u32| if word == Words::QUERY { 0.0 } else { f64::NEG_INFINITY };
    policy.set(&[Words::ASKED], (0..words as u32).map(search).collect()).expect("a row");
    for (judge, sign) in [(grade as Judgement, 1.0), (short_sighted as Judgement, -1.0)] {
        // Hot, so that the gold query goes on about as often as any other.
        let mut tree = StepTree { rater: Each(judge), ..tree(1e6) };
        let grown = tree.grow(&world, &tasks(200), &policy, &mut [], &settings(1)).expect("grown");
        let mut went_on = [0, 0];
        for set in grown.sets.iter().filter(|set| set.step == 0) {
            let line = &grown.lines[set.line];
            let mut start = world.clone();
            start.reset(line.task).expect("the task exists");
            let graded = set.candidates.iter().map(|candidate| {
                let (oracle, event) = tried(&start, &candidate.turn.tokens);
                oracle.grade_query(event.query().expect("a search"), 0)
            });
            let grades: Vec<QueryGrade> = graded.collect();
            if !grades.contains(&QueryGrade::Near) {
                continue;
            }
            for (candidate, grade) in set.candidates.iter().zip(&grades) {
                let gold = *grade == QueryGrade::Next;
                assert!(!gold || candidate.advantage * sign > 0.0, "{grades:?}: {}", candidate.advantage);
            }
            if set.winner.is_some_and(|winner| grades[winner] == QueryGrade::Next) {
                went_on[usize::from(line.ending.is_success())] += 1;
            }
        }
        assert!(went_on[0] > 0 && went_on[1] > 0, "failed and solved after the gold query: {went_on:?}");
    }
}

#[test]
fn whoever_knows_the_answers_finds_them_more_often() {
    let plain = solved(&sample(GroupSampler { group_size: 4 }, 30, 1));
    let reviewer = Reviewer::Judged { discriminator: is_right, trimmer: first_wrong };
    let refined = solved(&sample(Refine { group_size: 4, rounds: 3, reviewer, redo: Redo::FromCut }, 30, 1));
    let best = BestOfN { group_size: 4, candidates: 5, rater: Each(grade), protocol: ByTrial };
    let (best, tree) = (solved(&sample(best, 30, 1)), solved(&sample(tree(0.0), 120, 1)));
    assert!(plain < 0.4 && refined > plain + 0.15, "{plain} plain, {refined} refined");
    assert!(best > plain + 0.15 && tree > plain + 0.15, "{plain} plain, {best} best of five, {tree} tree");
}
