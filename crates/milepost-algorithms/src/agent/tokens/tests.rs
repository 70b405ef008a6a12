//! Every sampler that a configuration can name, in the loop.

use burn::module::Module;
use milepost_core::{Group, Provenance, Version};
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

mod reviews;
mod trees;

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

#[test]
fn the_turns_that_are_credited_are_those_of_groups_whose_returns_differ() {
    let mut all = 0;
    for seed in 0..10 {
        let mut twin = trainer(groups(), true, seed);
        let drawn = twin.agent.sample(&twin.model.clone().valid(), Version(0)).expect("draws").batch;
        // A return is 0 or 1, so that in a group of three no member is its mean unless all are alike.
        let differ = |group: &&Group<()>| {
            let first = group.members()[0].environment_return();
            group.members().iter().any(|member| member.environment_return() != first)
        };
        let credited = drawn.groups.iter().filter(differ).flat_map(Group::members);
        let credited: usize = credited.map(|member| member.turns.len()).sum();
        let report = trainer(groups(), true, seed).iterate().expect("trains");
        assert_eq!(count(&report, "credited_turns"), credited as u64, "seed {seed}");
        all += credited;
    }
    assert!(all > 0, "no group of any seed differs");
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
