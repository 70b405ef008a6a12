//! Every sampler that a configuration can name, in the loop.

use burn::module::Module;
use milepost_core::{Provenance, Version};
use milepost_policies::{CausalTransformer, TransformerConfig, ValueKind};
use milepost_rewards::{CombineConfig, OutcomeSource, ScorerConfig, Term};
use milepost_sampling::ContextRule;
use milepost_sampling::refine::{MetaTokens, Redo};
use milepost_sampling::toy::Lock;
use milepost_sampling::tree::STEP_VALUE;
use proptest::prelude::*;

use super::*;
use crate::agent::DecisionTable;
use crate::config::{CreditConfig, JudgeConfig, LearnerConfig, ReviewerConfig};
use crate::credit::StandardCredit;
use crate::{IterationReport, TokenSettings};

const TASKS: usize = 4;
const GROUP: usize = 3;

/// What a lock lends: a dial is right where one more of the code is dialled than before.
const AIDS: SamplerAids<Lock> = SamplerAids {
    judge: Some(TurnJudge {
        values: &[0.0, 1.0],
        parts: 1,
        value: |_, before, after| after.right() as f64 - before.right() as f64,
        mistake: |before, after| after.right() == before.right(),
    }),
    hint: Some(|lock, attempt| Some(vec![1, Lock::LOCK, lock.dial(attempt as usize)?])),
    call: Some(CallAid {
        start: |_, turn| turn.iter().position(|word| (Lock::X..=Lock::QUIT).contains(word)),
        well_formed_fail: true,
    }),
    meta: Some(|_| MetaTokens {
        ask: vec![Lock::HUH],
        keep: vec![Lock::OPEN],
        cuts: (Lock::X..=Lock::Z).map(|turns| vec![Lock::SHUT, turns]).collect(),
    }),
    answers: None,
    belief: None,
    verification: None,
};

fn groups() -> SamplerConfig {
    SamplerConfig::Groups { tasks: TASKS, group_size: GROUP }
}

fn step_tree(candidates: u32, judge: JudgeConfig) -> SamplerConfig {
    let (temperature, early_bonus) = (0.7, 0.1);
    SamplerConfig::StepTree { tasks: TASKS, trees: GROUP, candidates, temperature, early_bonus, judge }
}

fn rated(judge: JudgeConfig) -> SamplerConfig {
    SamplerConfig::RatedGroups { tasks: TASKS, group_size: GROUP, early_bonus: 0.1, judge }
}

fn best_of(candidates: u32, judge: JudgeConfig) -> SamplerConfig {
    SamplerConfig::BestOfN { tasks: TASKS, group_size: GROUP, candidates, judge }
}

fn rollback(retries: u32, probability: f64) -> SamplerConfig {
    let (cap, threshold, again) = (30, 0.5, "huh".to_owned());
    SamplerConfig::Rollback { tasks: TASKS, group_size: GROUP, retries, probability, cap, threshold, again }
}

fn refine(rounds: u32, noise: f64) -> SamplerConfig {
    review(rounds, ReviewerConfig::Oracle, noise, true)
}

fn review(rounds: u32, reviewer: ReviewerConfig, noise: f64, train_meta: bool) -> SamplerConfig {
    let (share, redo) = (0.3, Redo::FromCut);
    SamplerConfig::Refine {
        tasks: TASKS,
        group_size: GROUP,
        rounds,
        reviewer,
        noise,
        share,
        redo,
        train_meta,
    }
}

fn hint_rescue(inner: SamplerConfig, attempts: u32) -> SamplerConfig {
    SamplerConfig::HintRescue { inner: Box::new(inner), completions: 1, attempts }
}

fn supersample(factor: u32) -> SamplerConfig {
    SamplerConfig::Supersample { tasks: TASKS, group_size: GROUP, factor }
}

/// Those that ask the world for something.
fn samplers() -> Vec<SamplerConfig> {
    let judge = JudgeConfig { noise: 0.2, abstains: 0.1, tokens: 3 };
    vec![
        step_tree(3, judge),
        rated(judge),
        best_of(3, judge),
        rollback(3, 1.0),
        refine(2, 0.1),
        review(2, ReviewerConfig::Policy, 0.0, true),
        review(2, ReviewerConfig::Policy, 0.0, false),
        hint_rescue(groups(), 5),
        hint_rescue(rollback(2, 1.0), 5),
    ]
}

type Loop = Trainer<TokenAgent<Lock, CausalTransformer>>;

fn build(
    aids: SamplerAids<Lock>,
    sampler: SamplerConfig,
    constrained: bool,
    run_seed: u64,
) -> Result<Loop, TrainError> {
    let device = Device::flex();
    let channel = sampler.channels().first().copied().unwrap_or("outcome");
    let config = TransformerConfig {
        context: 40,
        width: 8,
        layers: 1,
        heads: 2,
        value: ValueKind::Head,
        ..TransformerConfig::default()
    };
    let network = config.init(Lock::WORDS, run_seed, &device.clone().autodiff())?;
    let method = MethodConfig {
        sampler,
        scorers: vec![ScorerConfig::Outcome {
            channel: "outcome".into(),
            source: OutcomeSource::default(),
            format_penalty: None,
        }],
        combine: CombineConfig { terms: vec![Term::new(channel, 1.0)], clip: None },
        learner: LearnerConfig { learning_rate: 0.01, ..MethodConfig::grpo().learner },
        ..MethodConfig::grpo()
    };
    let parts = TokenParts {
        environment: Lock::new(2)?,
        probes: Vec::new(),
        network,
        method,
        settings: TokenSettings { constrained, ..TokenSettings::new(ContextRule::full(30), 4) },
        device,
        run_seed,
    };
    Trainer::over_tokens_with(aids, parts)
}

fn trainer(sampler: SamplerConfig, constrained: bool, run_seed: u64) -> Loop {
    build(AIDS, sampler, constrained, run_seed).expect("the parts fit")
}

fn count(report: &IterationReport, name: &str) -> u64 {
    report.counters.iter().find(|(counter, _)| counter == name).map_or(0, |(_, count)| *count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn with_its_trivial_setting_every_sampler_trains_on_plain_groups_bit_for_bit(seed: u64, constrained: bool) {
        let trivial = [
            step_tree(1, JudgeConfig::default()),
            best_of(1, JudgeConfig::default()),
            rollback(0, 1.0),
            rollback(3, 0.0),
            refine(0, 0.5),
            review(0, ReviewerConfig::Policy, 0.0, true),
            review(0, ReviewerConfig::Random, 0.0, true),
            hint_rescue(groups(), 0),
        ];
        let mut plain = trainer(groups(), constrained, seed);
        let drawn = plain.agent.sample(&plain.model.clone().valid(), Version(0)).expect("draws").batch;
        let mut plain = trainer(groups(), constrained, seed);
        let reports = [plain.iterate().expect("trains"), plain.iterate().expect("trains")];
        for sampler in trivial {
            let mut other = trainer(sampler.clone(), constrained, seed);
            let batch = other.agent.sample(&other.model.clone().valid(), Version(0)).expect("draws").batch;
            prop_assert_eq!(&batch, &drawn, "{:?}", sampler);
            let mut other = trainer(sampler, constrained, seed);
            for report in &reports {
                let mut trained = other.iterate().expect("trains");
                // How many groups might have been rescued is counted all the same.
                trained.counters.retain(|(name, _)| !name.starts_with("sampler.hint_rescue"));
                prop_assert_eq!(&trained, report);
            }
            prop_assert_eq!(other.checkpoint().expect("saves"), plain.checkpoint().expect("saves"));
        }
    }

    #[test]
    fn traces_do_not_change_training(seed: u64) {
        for sampler in [groups(), supersample(2)].into_iter().chain(samplers()) {
            let (mut plain, mut watched) = (trainer(sampler.clone(), true, seed), trainer(sampler.clone(), true, seed));
            for task in 0..2 {
                watched.trace(TaskSeed::literal(task), 3).expect("traces");
                prop_assert_eq!(plain.iterate().expect("trains"), watched.iterate().expect("trains"), "{:?}", sampler);
            }
            prop_assert_eq!(plain.checkpoint().expect("saves"), watched.checkpoint().expect("saves"));
        }
    }

    #[test]
    fn every_token_drawn_is_charged_whatever_became_of_it(seed: u64, constrained: bool) {
        for sampler in std::iter::once(supersample(2)).chain(samplers()) {
            let mut trainer = trainer(sampler.clone(), constrained, seed);
            let first = trainer.iterate().expect("trains");
            let second = trainer.iterate().expect("trains");
            for report in [&first, &second] {
                let used = report.counters.iter().filter(|(name, _)| name.starts_with("sampler.drawn."));
                prop_assert_eq!(report.drawn_tokens, used.map(|(_, tokens)| tokens).sum::<u64>(), "{:?}", sampler);
                let trained = report.counters.iter().filter(|(name, _)| name.starts_with("sampler.trained."));
                prop_assert_eq!(report.policy_tokens, trained.map(|(_, tokens)| tokens).sum::<u64>());
                prop_assert!(report.drawn_tokens >= report.policy_tokens);
            }
            prop_assert_eq!(trainer.drawn_tokens(), first.drawn_tokens + second.drawn_tokens);
            let judged = [&first, &second].map(|report| count(report, "sampler.drawn.judge"));
            if let SamplerConfig::BestOfN { candidates, judge, .. } = sampler {
                prop_assert_eq!(judged, [first.steps, second.steps].map(|s| s * u64::from(candidates) * judge.tokens));
            } else if let SamplerConfig::StepTree { candidates, judge, .. } = sampler {
                let steps = [&first, &second].map(|report| count(report, "sampler.step_tree.steps"));
                prop_assert_eq!(judged, steps.map(|s| s * u64::from(candidates) * judge.tokens));
            } else if let SamplerConfig::RatedGroups { judge, .. } = sampler {
                prop_assert_eq!(judged, [first.steps, second.steps].map(|s| s * judge.tokens));
            } else {
                prop_assert_eq!(judged, [0, 0]);
            }
        }
    }

    #[test]
    fn old_log_probabilities_are_those_of_teacher_forced_scoring_in_the_final_context(seed: u64, constrained: bool) {
        for sampler in [groups(), supersample(2)].into_iter().chain(samplers()) {
            let mut trainer = trainer(sampler.clone(), constrained, seed);
            let model = trainer.model.clone().valid();
            let batch = trainer.agent.sample(&model, Version(0)).expect("draws").batch;
            let forced = trainer.agent.table(&batch).and_then(|table| table.score(&model)).expect("scores").logp;
            let recorded = batch.trajectories().flat_map(|trajectory| {
                let trained = trajectory.policy_mask();
                trained.into_iter().zip(&trajectory.behaviour_logp).filter(|(trained, _)| *trained).map(|(_, logp)| *logp)
            });
            let recorded: Vec<f32> = recorded.collect();
            prop_assert_eq!(recorded.len(), forced.len());
            for (recorded, forced) in recorded.iter().zip(&forced) {
                prop_assert!((recorded - forced).abs() < 1e-4, "{recorded} or {forced}: {sampler:?}");
            }
        }
    }
}

/// The first report in which a sampler trained tokens of this kind.
fn first_with(sampler: &SamplerConfig, counter: &str) -> IterationReport {
    let constrained = true;
    let report = |seed| trainer(sampler.clone(), constrained, seed).iterate().expect("trains");
    (0..20).map(report).find(|report| count(report, counter) > 0).expect("within 20 seeds")
}

#[test]
fn what_was_edited_says_so_in_the_report_and_how_far_it_was_moved() {
    for (sampler, counter) in [
        (rollback(3, 1.0), "sampler.trained.spliced"),
        (hint_rescue(groups(), 5), "sampler.trained.injected"),
    ] {
        let report = first_with(&sampler, counter);
        let moved = report.metrics.iter().find(|(name, _)| name == "sampler.moved_log_ratio");
        let (_, ratio) = moved.expect("tokens were moved");
        assert!(ratio.is_finite() && *ratio != 0.0, "{ratio}");
    }
    let chosen = first_with(&best_of(3, JudgeConfig::default()), "sampler.trained.candidate");
    assert!(chosen.metrics.iter().all(|(name, _)| name != "sampler.moved_log_ratio"), "nothing was moved");
}

#[test]
fn a_step_tree_trains_all_candidates_of_a_step_on_their_own_values() {
    let mut trainer = trainer(step_tree(3, JudgeConfig::default()), true, 1);
    let traces = trainer.trace(TaskSeed::literal(2), 2).expect("traces");
    let groups = traces.last().expect("there are steps").group + 1;
    assert_eq!(traces.len(), 3 * groups, "three candidates a step");
    for trace in &traces {
        let spans = &trace.trajectory.spans;
        let trained: Vec<_> = spans.iter().filter(|span| span.is_trained()).collect();
        assert!(matches!(trained[..], [span] if matches!(span.provenance, Provenance::Candidate { .. })));
        let value = trace.trajectory.signals.require(STEP_VALUE).expect("written").get(0).expect("present");
        assert_eq!(trace.rewards.iter().sum::<f64>(), value);
    }
    for group in traces.chunk_by(|a, b| a.group == b.group) {
        let advantages: f64 = group.iter().flat_map(|trace| &trace.token_advantages).sum();
        let lengths: Vec<usize> = group.iter().map(|trace| trace.token_advantages.len()).collect();
        if lengths.windows(2).all(|pair| pair[0] == pair[1]) {
            assert!(advantages.abs() < 1e-9, "relative to the step: {advantages}");
        }
    }
}

proptest! {
    #[test]
    fn at_one_step_a_tree_is_grpo_over_single_turns(values in prop::collection::vec(-2.0..2.0f64, 1..9)) {
        let mut grpo = vec![0.0; values.len()];
        milepost_credit::Normalize::grpo().apply(&values, &mut grpo).expect("finite");
        for (one, other) in milepost_sampling::tree::step_advantages(&values).iter().zip(&grpo) {
            prop_assert!((one - other).abs() < 1e-9 * (1.0 + other.abs()), "{one} {other}");
        }
    }
}

#[test]
fn a_step_whose_candidates_are_worth_the_same_teaches_nothing_and_the_tree_grows_on() {
    let judge = AIDS.judge.map(|judge| TurnJudge { value: |_, _, _| 1.0, ..judge });
    let sampler = SamplerConfig::StepTree {
        tasks: TASKS,
        trees: GROUP,
        candidates: 3,
        temperature: 0.7,
        early_bonus: 0.0,
        judge: JudgeConfig::default(),
    };
    let mut trainer = build(SamplerAids { judge, ..AIDS }, sampler, true, 1).expect("the parts fit");
    let before = milepost_policies::model_to_bytes(&trainer.model).expect("saves");
    let report = trainer.iterate().expect("trains");
    assert!(report.episodes.iter().any(|episode| episode.length > 1), "the trees grow");
    let steps = count(&report, "sampler.step_tree.steps");
    assert_eq!(count(&report, "sampler.step_tree.steps_of_equal_value"), steps);
    assert_eq!(count(&report, "groups_without_variance"), steps);
    assert_eq!(milepost_policies::model_to_bytes(&trainer.model).expect("saves"), before);
}

#[test]
fn summed_over_steps_a_row_weighs_as_many_times_as_much_as_trees_have_steps_that_teach() {
    let trainer = |credit: CreditConfig| {
        let mut trainer = trainer(step_tree(3, JudgeConfig::default()), true, 4);
        trainer.method.credit = credit.clone();
        trainer.method.validate().expect("fits a tree");
        let assigner = StandardCredit {
            credit,
            normalize: trainer.method.normalize,
            drop_zero_variance: true,
            critic: false,
        };
        trainer.with_credit(assigner).trace(TaskSeed::literal(3), 4).expect("traces")
    };
    let (mean, sum) = (trainer(CreditConfig::Broadcast), trainer(CreditConfig::StepSum));
    let groups: Vec<_> = mean.chunk_by(|a, b| a.group == b.group).collect();
    let teaching =
        groups.iter().filter(|group| group.iter().any(|row| row.token_advantages[0] != 0.0)).count();
    let weight = teaching as f64 / 4.0;
    assert!(weight > 1.0, "trees of several steps: {weight}");
    for (one, other) in mean.iter().zip(&sum) {
        for (a, b) in one.token_advantages.iter().zip(&other.token_advantages) {
            assert!((a * weight - b).abs() < 1e-12);
        }
    }
    let plain = MethodConfig { credit: CreditConfig::StepSum, ..MethodConfig::grpo() };
    assert!(plain.validate().expect_err("no tree").to_string().contains("step-tree"));
}

#[test]
fn parts_of_a_verdict_fail_one_by_one_and_the_rate_is_reported() {
    let judge = AIDS.judge.map(|judge| TurnJudge { parts: 2, value: |_, _, _| 1.0, ..judge });
    let failing = JudgeConfig { abstains: 0.25, ..JudgeConfig::default() };
    let mut trainer = build(SamplerAids { judge, ..AIDS }, rated(failing), true, 1).expect("the parts fit");
    let (mut asked, mut missing, mut halves) = (0, 0, 0);
    for _ in 0..10 {
        let report = trainer.iterate().expect("trains");
        asked += count(&report, "sampler.judge.parts");
        missing += count(&report, "sampler.judge.parts_missing");
    }
    for trace in trainer.trace(TaskSeed::literal(1), 40).expect("traces") {
        let values = trace.trajectory.signals.require(STEP_VALUE).expect("rated").values().to_vec();
        halves += values.iter().filter(|value| value.floor() == 1.0).count();
    }
    let rate = missing as f64 / asked as f64;
    // Four standard errors at the hundreds of parts there are.
    assert!((rate - 0.25).abs() < 4.0 * (0.1875 / asked as f64).sqrt(), "{missing} of {asked}");
    assert!(halves > 0, "a verdict with one part missing is worth the other");
}

#[test]
fn an_answer_is_forced_at_the_last_step_where_the_world_has_a_grammar_for_it() {
    let answers: crate::AnswerGrammar<Lock> = |_, tokens, allowed| {
        allowed.push(if tokens.is_empty() { Lock::QUIT } else { milepost_core::Vocabulary::END });
        true
    };
    let aids = SamplerAids { answers: Some(answers), ..AIDS };
    let sampler = step_tree(3, JudgeConfig::default());
    let mut trainer = build(aids, sampler, true, 1).expect("the parts fit");
    let last = |trace: &crate::Trace<()>| trace.trajectory.turns.len() == 4;
    let traces = trainer.trace(TaskSeed::literal(1), 100).expect("traces");
    assert!(traces.iter().any(last));
    for trace in traces.iter().filter(|trace| last(trace)) {
        assert!(trace.trajectory.tokens.ends_with(&[Lock::QUIT, milepost_core::Vocabulary::END]));
    }
}

#[test]
fn better_samplers_solve_more_of_what_they_train_on() {
    let solved = |sampler: &SamplerConfig| -> usize {
        (0..30)
            .map(|seed| {
                let report = trainer(sampler.clone(), true, seed).iterate().expect("trains");
                report.episodes.iter().filter(|episode| episode.success()).count()
            })
            .sum()
    };
    let plain = solved(&groups());
    for sampler in [best_of(4, JudgeConfig::default()), refine(4, 0.0), step_tree(4, JudgeConfig::default())]
    {
        let more = solved(&sampler);
        assert!(more > plain + 30, "{plain} of 360 by plain groups, {more} by {sampler:?}");
    }
}

#[test]
fn what_a_world_does_not_lend_is_refused_by_name_and_with_a_remedy() {
    for sampler in samplers() {
        let error = build(SamplerAids::NONE, sampler.clone(), false, 0).map(drop).expect_err("refused");
        assert!(matches!(error, TrainError::Aid { .. }), "{sampler:?}: {error}");
        let said = error.to_string();
        assert!(
            said.contains("which this world does not lend; choose") && said.contains("sampler.kind"),
            "{said}"
        );
    }
    let call = AIDS.call.map(|call| CallAid { well_formed_fail: false, ..call });
    let aids = SamplerAids { call, ..AIDS };
    let error = build(aids, rollback(3, 1.0), true, 0).err().expect("nothing can fail").to_string();
    assert!(error.contains("tokens.constrained"), "{error}");
    assert!(build(aids, rollback(3, 1.0), false, 0).is_ok());
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let refused = |sampler: SamplerConfig| build(AIDS, sampler, false, 0).err().expect("refused").to_string();
    let judge = JudgeConfig { noise: 1.5, ..JudgeConfig::default() };
    assert!(refused(best_of(2, judge)).contains("`sampler.judge.noise` is 1.5"));
    assert!(refused(best_of(0, JudgeConfig::default())).contains("`sampler.candidates` is 0"));
    assert!(refused(supersample(0)).contains("`sampler.factor` is 0"));
    assert!(refused(rollback(1, f64::NAN)).contains("`sampler.probability`"));
    assert!(refused(refine(1, -0.1)).contains("`sampler.noise`"));
    let many =
        SamplerConfig::HintRescue { inner: Box::new(groups()), completions: GROUP as u32, attempts: 1 };
    assert!(refused(many).contains("`sampler.completions` is 3"));
    let nested = hint_rescue(hint_rescue(groups(), 1), 1);
    assert!(refused(nested).contains("`sampler.inner.kind` is hint-rescue"));
    assert!(refused(hint_rescue(step_tree(2, JudgeConfig::default()), 1)).contains("step-tree"));
    let mut unknown = rollback(1, 1.0);
    if let SamplerConfig::Rollback { again, .. } = &mut unknown {
        "please".clone_into(again);
    }
    assert!(refused(unknown).contains("`please`"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn decisions_that_are_not_trained_leave_no_trace_in_what_is(seed: u64) {
        let draw = |train_meta| {
            let mut trainer = trainer(review(2, ReviewerConfig::Policy, 0.0, train_meta), true, seed);
            trainer.agent.sample(&trainer.model.clone().valid(), Version(0)).expect("draws")
        };
        let (with, without) = (draw(true), draw(false));
        prop_assert_eq!(&with.batch, &without.batch);
        prop_assert_eq!(with.drawn_tokens, without.drawn_tokens, "they are paid for all the same");
        prop_assert!(without.companions.is_empty() && !with.companions.is_empty());
        let members: Vec<_> = with.batch.trajectories().collect();
        for companion in &with.companions {
            let led_to = members[companion.place];
            prop_assert_eq!(companion.trajectory.task, led_to.task);
            prop_assert_eq!(companion.trajectory.slot, led_to.slot);
        }
        // In the table they come after everything else, whose rows they do not move.
        let trainer = trainer(groups(), true, seed);
        let alone = trainer.agent.table(&with.batch).expect("fits");
        let joined = trainer.agent.table(&with.joined().expect("groups")).expect("fits");
        let (alone, joined) = (offsets(&alone), offsets(&joined));
        prop_assert_eq!(&joined[..alone.len()], &alone[..]);
        prop_assert_eq!(joined.len(), alone.len() + with.companions.len());
    }

    #[test]
    fn chance_revises_as_often_as_it_is_told(seed in 0_u64..1000) {
        let revised = |share| {
            let (rounds, noise, redo, train_meta) = (1, 0.0, Redo::FromScratch, true);
            let reviewer = ReviewerConfig::Random;
            let sampler = SamplerConfig::Refine { tasks: 40, group_size: 10, rounds, reviewer, noise, share, redo, train_meta };
            let mut trainer = build(SamplerAids::NONE, sampler, true, seed).expect("asks for nothing");
            let rollout = trainer.agent.sample(&trainer.model.clone().valid(), Version(0)).expect("draws");
            rollout.metrics.iter().find(|(name, _)| name == "sampler.refine.revised").expect("counted").1
        };
        prop_assert_eq!((revised(0.0), revised(1.0)), (0.0, 1.0));
        // Four standard errors of a share of 400 drafts.
        prop_assert!((revised(0.3) - 0.3).abs() < 0.092, "{}", revised(0.3));
    }
}

fn offsets(table: &TokenTable) -> Vec<usize> {
    DecisionTable::<CausalTransformer>::offsets(table).to_vec()
}

#[test]
fn decisions_that_are_trained_move_the_policy() {
    let after = |train_meta| {
        let mut trainer = trainer(review(1, ReviewerConfig::Policy, 0.0, train_meta), true, 3);
        let reports: Vec<_> = (0..3).map(|_| trainer.iterate().expect("trains")).collect();
        (reports, trainer.checkpoint().expect("saves"))
    };
    let ((with, moved), (without, plain)) = (after(true), after(false));
    assert_ne!(moved, plain);
    let decisions = count(&with[0], "sampler.drawn.decisions");
    assert!(decisions > 0);
    assert_eq!(with[0].policy_tokens, without[0].policy_tokens + decisions);
}

#[test]
fn the_gain_of_refining_is_the_share_of_revised_drafts_times_their_gain() {
    for reviewer in [ReviewerConfig::Oracle, ReviewerConfig::Policy, ReviewerConfig::Random] {
        let report = trainer(review(1, reviewer, 0.1, true), true, 5).iterate().expect("trains");
        let metric = |name: &str| {
            let name = format!("sampler.refine.{name}");
            report.metrics.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
        };
        let [drafts, refined, accepted] =
            ["draft_return", "refined_return", "accepted"].map(|name| metric(name).expect("measured"));
        let gain = metric("gain_of_revised").unwrap_or(0.0);
        assert!((refined - drafts - (1.0 - accepted) * gain).abs() < 1e-12, "{reviewer:?}");
        let exact = metric("cut_accuracy").unwrap_or(1.0);
        assert!(reviewer != ReviewerConfig::Oracle || exact > 0.5, "{exact}");
    }
}

#[test]
fn decisions_need_an_advantage_of_the_whole_trajectory() {
    let policy = review(1, ReviewerConfig::Policy, 0.0, true);
    let by_turn = MethodConfig {
        credit: crate::config::CreditConfig::RewardToGo { gamma: 1.0 },
        normalize: crate::config::NormalizeConfig {
            pool: crate::config::Pool::Batch,
            ..MethodConfig::rloo().normalize
        },
        sampler: policy.clone(),
        ..MethodConfig::grpo()
    };
    assert!(by_turn.validate().expect_err("refused").to_string().contains("sampler.train-meta"));
    let rescued = hint_rescue(policy, 1);
    let error = build(AIDS, rescued, false, 0).err().expect("refused").to_string();
    assert!(error.contains("`sampler.inner.train-meta`"), "{error}");
}

#[test]
fn reviews_are_imitated_and_a_world_without_words_for_them_is_refused() {
    let device = Device::flex();
    let network = || {
        let config =
            TransformerConfig { context: 40, width: 16, layers: 1, heads: 2, ..TransformerConfig::default() };
        config.init(Lock::WORDS, 1, &device.clone().autodiff()).expect("builds")
    };
    let settings = TokenSettings::new(ContextRule::full(30), 4);
    let lock = Lock::new(2).expect("short");
    let warm = crate::WarmStart {
        demonstrations: 16,
        reviews: 48,
        epochs: 20,
        learning_rate: 0.01,
        ..crate::WarmStart::default()
    };
    let (model, report) = warm.apply_with(&AIDS, network(), &lock, &settings, &device, 1).expect("learns");
    assert_eq!((report.demonstrations, report.reviews), (16, 48));
    // What follows the question is a decision now: its first word is one of two.
    let policy = ModelPolicy::freeze(&model.valid(), Version(0));
    let words = (AIDS.meta.expect("lent"))(&lock);
    let asked = [Lock::LOCK, words.ask[0]];
    let request = |word| milepost_core::ScoreRequest { context: &asked, tokens: word, allowed: &[] };
    let logp = milepost_core::TokenPolicy::score(&policy, &[request(&[Lock::OPEN]), request(&[Lock::SHUT])])
        .expect("scores");
    let mass: f32 = logp.iter().map(|row| row[0].exp()).sum();
    assert!(mass > 0.8, "{mass}");
    let error =
        warm.apply(network(), &lock, &settings, &device, 1).map(drop).expect_err("refused").to_string();
    assert!(error.contains("`warm-start.reviews`"), "{error}");
}
