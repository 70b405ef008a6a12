//! Implicit reward models in the loop, for policies over tokens and over features.

mod common;

use burn::tensor::Device;
use milepost_algorithms::config::{
    CodeCompat, CreditConfig, CreditUnit, GroupFilterConfig, ImplicitLevel, ImplicitReference,
    ImplicitRewardConfig, ImplicitUpdate, LearnerConfig, MinibatchUnit, ModelScorerConfig, NonFinite,
    NormalizeConfig, OversampleConfig, Pool, SamplerConfig, SequenceUnit, StepCreditConfig,
};
use milepost_algorithms::objectives::{Clip, ImplicitRewardLoss, LogRatio, RatioUnit, Surrogate};
use milepost_algorithms::sampling::{ContextRule, toy::Lock};
use milepost_algorithms::{
    Agent, IterationReport, MethodConfig, TokenAgent, TokenParts, TokenSettings, TrainError, Trainer,
};
use milepost_core::{Level, TaskSeed};
use milepost_credit::{Normalize, whiten};
use milepost_policies::{CausalTransformer, TransformerConfig, ValueKind};
use milepost_rewards::{OutcomeSource, ScorerConfig};

fn trainer(method: MethodConfig, run_seed: u64) -> Trainer<TokenAgent<Lock, CausalTransformer>> {
    let config = TransformerConfig {
        context: 48,
        width: 16,
        layers: 1,
        heads: 2,
        value: ValueKind::None,
        ..TransformerConfig::default()
    };
    let network = config.init(Lock::WORDS, run_seed, &Device::flex().autodiff()).expect("builds");
    Trainer::over_tokens(TokenParts {
        environment: Lock::new(1).expect("short"),
        probes: Vec::new(),
        network,
        method,
        settings: TokenSettings { constrained: true, ..TokenSettings::new(ContextRule::window(2, 40), 2) },
        device: Device::flex(),
        run_seed,
    })
    .expect("the parts fit")
}

fn base() -> MethodConfig {
    let mut method = MethodConfig {
        sampler: SamplerConfig::Groups { tasks: 8, group_size: 4 },
        scorers: vec![ScorerConfig::Outcome {
            channel: "outcome".into(),
            source: OutcomeSource::Success,
            format_penalty: None,
        }],
        learner: LearnerConfig {
            epochs: 1,
            minibatch: 32,
            unit: MinibatchUnit::Trajectory,
            learning_rate: 0.01,
            ..LearnerConfig::default()
        },
        ..MethodConfig::grpo()
    };
    method.objective.surrogate = Some(Surrogate::Clip(Clip::symmetric(0.2)));
    method.objective.entropy_coefficient = 0.0;
    method
}

fn quick(config: ImplicitRewardConfig) -> ModelScorerConfig {
    ModelScorerConfig::ImplicitReward(ImplicitRewardConfig { learning_rate: 0.01, ..config })
}

fn prime_with(config: ImplicitRewardConfig) -> MethodConfig {
    let mut method = MethodConfig {
        normalize: NormalizeConfig { pool: Pool::None, ..NormalizeConfig::grpo() },
        credit: serde_json::from_value(serde_json::json!({ "kind": "prime", "process": "process" }))
            .expect("the rest has defaults"),
        credit_unit: CreditUnit::Token,
        drop_zero_variance: false,
        model_scorers: vec![quick(config)],
        ..base()
    };
    method.objective.aggregation = milepost_algorithms::config::AggregationConfig::TokenMean;
    method
}

fn prime() -> MethodConfig {
    prime_with(ImplicitRewardConfig::prime())
}

/// PRIME with a reward model of another step size than the quick one.
fn prime_at(learning_rate: f64, config: ImplicitRewardConfig) -> MethodConfig {
    let model = ImplicitRewardConfig { learning_rate, ..config };
    MethodConfig { model_scorers: vec![ModelScorerConfig::ImplicitReward(model)], ..prime() }
}

fn istar() -> MethodConfig {
    let mut method = MethodConfig {
        credit: CreditConfig::ImplicitSteps {
            steps: "process".into(),
            alpha: 1.0,
            credit: StepCreditConfig::Immediate,
            code_compat: CodeCompat::default(),
        },
        drop_zero_variance: false,
        model_scorers: vec![quick(ImplicitRewardConfig::istar())],
        ..base()
    };
    method.objective.sequence = SequenceUnit::Turn;
    method.objective.ratio = LogRatio { unit: RatioUnit::SequenceSum, ..LogRatio::token_within(20.0) };
    method
}

fn metric(report: &IterationReport, name: &str) -> f64 {
    let found = report.metrics.iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no {name} among {:?}", report.metrics)).1
}

fn count(report: &IterationReport, name: &str) -> u64 {
    report.counters.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count)
}

fn part<A: Agent>(trainer: &Trainer<A>, name: &str) -> Vec<u8> {
    let parts = trainer.checkpoint().expect("saves");
    parts.into_iter().find(|(file, _)| file == name).expect("is a part").1
}

const POLICY: &str = "model.safetensors";
const REWARD_MODEL: &str = "model-scorer-0.bin";

/// Looking at credit, as evaluations do, leaves the reward model and the policy as they were.
#[test]
fn traces_do_not_change_what_an_implicit_model_learns() {
    let before = ImplicitRewardConfig { update: ImplicitUpdate::Before, ..ImplicitRewardConfig::prime() };
    for method in [prime(), prime_with(before), istar()] {
        let (mut plain, mut watched) = (trainer(method.clone(), 4), trainer(method, 4));
        for task in 0..3 {
            watched.trace(TaskSeed::literal(task), 8).expect("traces");
            assert_eq!(plain.iterate().expect("trains"), watched.iterate().expect("trains"));
        }
        assert_eq!(plain.checkpoint().expect("saves"), watched.checkpoint().expect("saves"));
    }
}

#[test]
fn a_model_that_has_not_learned_pays_nothing_loses_ln_2_and_leaves_whitened_rloo() {
    let mut trainer = trainer(prime(), 3);
    let traces = trainer.trace(TaskSeed::literal(1), 16).expect("traces");
    let outcomes: Vec<f64> = traces.iter().map(|trace| trace.rewards.iter().sum()).collect();
    let mut rloo = vec![0.0; outcomes.len()];
    let report = Normalize::rloo().apply(&outcomes, &mut rloo).expect("finite");
    assert!(!report.zero_range, "some open the lock and some do not");
    let tokens = traces.iter().zip(rloo).flat_map(|(trace, a)| vec![a; trace.token_advantages.len()]);
    let mut want: Vec<f64> = tokens.collect();
    whiten(&mut want, None, 1e-8).expect("many tokens");
    let got: Vec<f64> = traces.iter().flat_map(|trace| trace.token_advantages.clone()).collect();
    assert!(got.iter().zip(&want).all(|(got, want)| (got - want).abs() < 1e-12));

    let report = trainer.iterate().expect("trains");
    assert_eq!(metric(&report, "process.largest_log_ratio"), 0.0);
    assert!((metric(&report, "process.loss") - std::f64::consts::LN_2).abs() < 1e-9);
}

#[test]
fn a_model_that_has_not_learned_pays_something_only_if_it_learns_before_it_scores() {
    let paid = |update| {
        let config = ImplicitRewardConfig { update, ..ImplicitRewardConfig::prime() };
        let traces = trainer(prime_with(config), 3).trace(TaskSeed::literal(1), 16).expect("traces");
        let won = traces.iter().filter(|trace| trace.trajectory.ending.is_success()).count();
        assert!((1..16).contains(&won), "some open the lock and some do not: {won} of 16 do");
        let values = |trace: &milepost_algorithms::Trace<()>| {
            trace.trajectory.signals.require("process").expect("written").values().to_vec()
        };
        traces.iter().flat_map(values).collect::<Vec<f64>>()
    };
    assert!(paid(ImplicitUpdate::After).iter().all(|reward| *reward == 0.0));
    assert!(paid(ImplicitUpdate::Before).iter().any(|reward| *reward != 0.0));
}

#[test]
fn a_fixed_reference_stays_where_training_began_and_a_rolling_one_follows_the_policy() {
    let last = |reference| {
        // A reward model that does not learn: its log-ratio is how far the reference is from the start.
        let config = ImplicitRewardConfig { reference, ..ImplicitRewardConfig::prime() };
        let mut trainer = trainer(prime_at(1e-12, config), 5);
        let reports: Vec<_> = (0..4).map(|_| trainer.iterate().expect("trains")).collect();
        metric(&reports[3], "process.largest_log_ratio")
    };
    let (start, sampler) = (last(ImplicitReference::Start), last(ImplicitReference::Sampler));
    assert!(start < 1e-4 && sampler > 1e-3, "{start} {sampler}");
}

#[test]
fn rewards_are_beta_times_the_log_ratio_at_every_token_and_sum_over_turns() {
    let level = |level| ImplicitRewardConfig { level, ..ImplicitRewardConfig::prime() };
    let mut tokens = trainer(prime(), 3);
    let mut turns = MethodConfig { model_scorers: vec![quick(level(ImplicitLevel::Turn))], ..istar() };
    turns.learner.learning_rate = 1e-9;
    let mut same = prime();
    same.learner.learning_rate = 1e-9;
    let (mut by_token, mut by_turn) = (trainer(same, 3), trainer(turns, 3));
    for _ in 0..2 {
        tokens.iterate().expect("trains");
        by_token.iterate().expect("trains");
        by_turn.iterate().expect("trains");
    }
    let mut paid = false;
    for trace in tokens.trace(TaskSeed::literal(5), 4).expect("traces") {
        let channel = trace.trajectory.signals.require("process").expect("written");
        assert_eq!((channel.level(), channel.valid()), (Level::Token, &trace.trajectory.policy_mask()[..]));
        paid |= channel.values().iter().any(|reward| *reward != 0.0);
    }
    assert!(paid, "it has learned something");
    let task = TaskSeed::literal(5);
    let pairs =
        by_token.trace(task, 4).expect("traces").into_iter().zip(by_turn.trace(task, 4).expect("traces"));
    for (token, turn) in pairs {
        assert_eq!(token.trajectory.tokens, turn.trajectory.tokens);
        let sums = |trajectory: &milepost_core::Trajectory<()>| {
            let channel = trajectory.signals.require("process").expect("written");
            let mut sums = vec![0.0; trajectory.turns.len()];
            for span in trajectory.spans.iter().filter(|span| span.is_trained()) {
                sums[span.turn as usize] += channel.values()[span.range()].iter().sum::<f64>();
            }
            sums
        };
        let by_turn = turn.trajectory.signals.require("process").expect("written");
        assert_eq!(by_turn.level(), Level::Turn);
        for (sum, reward) in sums(&token.trajectory).iter().zip(by_turn.values()) {
            assert!((sum - reward).abs() < 1e-6, "{sum} {reward}");
        }
    }
}

#[test]
fn equal_actions_after_equal_histories_have_equal_rewards() {
    let mut trainer = trainer(istar(), 2);
    for _ in 0..3 {
        trainer.iterate().expect("trains");
    }
    let traces = trainer.trace(TaskSeed::literal(2), 16).expect("traces");
    let mut compared = 0;
    for (a, b) in traces.iter().flat_map(|a| traces.iter().map(move |b| (a, b))) {
        let rewards = |t: &milepost_algorithms::Trace<()>| {
            t.trajectory.signals.require("process").expect("written").values()[0]
        };
        let first = |t: &milepost_algorithms::Trace<()>| {
            let spans = t.trajectory.spans.iter().filter(|span| span.turn == 0 && span.is_trained());
            spans.flat_map(|span| t.trajectory.tokens[span.range()].to_vec()).collect::<Vec<_>>()
        };
        if !std::ptr::eq(a, b) && first(a) == first(b) {
            compared += 1;
            assert!((rewards(a) - rewards(b)).abs() < 1e-6);
        }
    }
    assert!(compared > 0, "some two begin alike");
}

#[test]
fn it_learns_to_tell_success_from_failure() {
    for method in [prime(), istar()] {
        let mut method = MethodConfig { credit: CreditConfig::Broadcast, ..method };
        method.credit_unit = CreditUnit::Turn;
        method.normalize = NormalizeConfig::grpo();
        method.learner.learning_rate = 1e-9;
        let mut trainer = trainer(method, 1);
        let reports: Vec<_> = (0..30).map(|_| trainer.iterate().expect("trains")).collect();
        let accuracy =
            reports[20..].iter().map(|report| metric(report, "process.pair_accuracy")).sum::<f64>() / 10.0;
        // Half of what opens the lock cannot be known, but a turn that dials nothing can.
        assert!(accuracy > 0.6, "of pairs that it had not seen it orders {accuracy}");
        let last = &reports[29];
        assert!(metric(last, "process.reward_of_success") > metric(last, "process.reward_of_failure"));
    }
}

#[test]
fn a_resumed_run_has_the_same_bits_as_an_uninterrupted_one() {
    let once = ImplicitRewardConfig {
        update: ImplicitUpdate::Once { samples: 96 },
        ..ImplicitRewardConfig::prime()
    };
    let before = ImplicitRewardConfig { update: ImplicitUpdate::Before, ..ImplicitRewardConfig::prime() };
    let band = GroupFilterConfig::AccuracyBand { low: 0.2, high: 0.8 };
    let filtered = MethodConfig { oversample: Some(OversampleConfig { filter: band, rounds: 2 }), ..prime() };
    for method in [prime(), istar(), prime_with(once), prime_with(before), filtered] {
        let (mut whole, mut first) = (trainer(method.clone(), 7), trainer(method.clone(), 7));
        for _ in 0..2 {
            assert_eq!(whole.iterate().expect("trains"), first.iterate().expect("trains"));
        }
        let mut second = trainer(method, 7);
        second.restore(&first.checkpoint().expect("saves")).expect("restores");
        for _ in 0..2 {
            assert_eq!(whole.iterate().expect("trains"), second.iterate().expect("trains"));
        }
        assert_eq!(whole.checkpoint().expect("saves"), second.checkpoint().expect("saves"));
    }
}

#[test]
fn neither_network_moves_the_other() {
    // Watched only: the policy comes out bit for bit as it would without a reward model.
    let mut watched = base();
    watched.model_scorers = vec![quick(ImplicitRewardConfig::prime())];
    let (mut alone, mut beside) = (trainer(base(), 4), trainer(watched, 4));
    for _ in 0..3 {
        alone.iterate().expect("trains");
        beside.iterate().expect("trains");
    }
    assert_eq!(part(&alone, POLICY), part(&beside, POLICY));
    // And a reward model that does not learn stays as it is, whatever the policy does.
    let once = ImplicitRewardConfig {
        update: ImplicitUpdate::Once { samples: 32 },
        ..ImplicitRewardConfig::prime()
    };
    let mut trainer = trainer(prime_with(once), 4);
    trainer.iterate().expect("trains");
    let (model, policy) = (part(&trainer, REWARD_MODEL), part(&trainer, POLICY));
    trainer.iterate().expect("trains");
    assert_eq!(part(&trainer, REWARD_MODEL), model);
    assert_ne!(part(&trainer, POLICY), policy);
}

#[test]
fn while_a_frozen_model_is_taught_the_policy_waits() {
    let once = ImplicitRewardConfig {
        update: ImplicitUpdate::Once { samples: 64 },
        ..ImplicitRewardConfig::prime()
    };
    let mut trainer = trainer(prime_with(once), 4);
    let start = part(&trainer, POLICY);
    for waits in [true, true, false] {
        let before = part(&trainer, REWARD_MODEL);
        let report = trainer.iterate().expect("trains");
        assert_eq!(count(&report, "policy_waited"), u64::from(waits));
        assert_eq!(part(&trainer, POLICY) == start, waits);
        assert_eq!(part(&trainer, REWARD_MODEL) != before, waits);
    }
}

#[test]
fn where_no_group_teaches_the_policy_waits_and_the_reward_model_learns() {
    // No share of four lies between.
    let filter = GroupFilterConfig::AccuracyBand { low: 0.3, high: 0.4 };
    let method = MethodConfig { oversample: Some(OversampleConfig { filter, rounds: 2 }), ..prime() };
    let mut trainer = trainer(method, 6);
    let (policy, model) = (part(&trainer, POLICY), part(&trainer, REWARD_MODEL));
    let report = trainer.iterate().expect("trains");
    assert_eq!((count(&report, "oversample.rounds"), count(&report, "oversample.empty")), (2, 1));
    assert_eq!((count(&report, "policy_waited"), report.episodes.len()), (1, 64));
    assert_eq!(part(&trainer, POLICY), policy);
    assert_ne!(part(&trainer, REWARD_MODEL), model);
    // With a band that is reached, what is kept has both outcomes.
    let filter = GroupFilterConfig::AccuracyBand { low: 0.2, high: 0.8 };
    let method = MethodConfig { oversample: Some(OversampleConfig { filter, rounds: 4 }), ..prime() };
    let report = self::trainer(method, 6).iterate().expect("trains");
    assert_eq!((count(&report, "policy_waited"), count(&report, "groups_without_variance")), (0, 0));
}

#[test]
fn a_group_of_one_kind_makes_no_pair_and_leaves_the_model_as_it_is() {
    let never = ImplicitRewardConfig { success_above: 10.0, ..ImplicitRewardConfig::istar() };
    let mut trainer = trainer(MethodConfig { model_scorers: vec![quick(never)], ..istar() }, 1);
    let model = part(&trainer, REWARD_MODEL);
    let report = trainer.iterate().expect("trains");
    assert_eq!((count(&report, "process.updates"), count(&report, "process.batches_without_pairs")), (0, 1));
    assert_eq!(part(&trainer, REWARD_MODEL)[..model.len() - 8], model[..model.len() - 8]);
}

#[test]
fn pairs_beyond_the_cap_are_left_out_and_counted() {
    let capped = |pairs| {
        let model = ImplicitRewardConfig { pairs, minibatch: 1, ..ImplicitRewardConfig::istar() };
        let mut trainer = trainer(MethodConfig { model_scorers: vec![quick(model)], ..istar() }, 1);
        let report = trainer.iterate().expect("trains");
        // A pair a step.
        (count(&report, "process.updates"), count(&report, "process.pairs_left_out"))
    };
    let (all, left_out) = capped(1000);
    assert!(all > 3 && left_out == 0, "{all} {left_out}");
    assert_eq!(capped(3), (3, all - 3));
}

#[test]
fn a_log_ratio_that_runs_away_stops_training_by_name() {
    let tight = ImplicitRewardConfig { largest_log_ratio: Some(1e-6), ..ImplicitRewardConfig::prime() };
    let mut trainer = trainer(prime_with(tight), 1);
    trainer.iterate().expect("nothing has moved");
    let error = trainer.iterate().expect_err("it has moved");
    assert!(matches!(&error, TrainError::NonFinite { what, .. } if what.contains("process")), "{error}");
}

#[test]
fn a_reward_model_that_diverges_stops_training_by_name_even_where_it_may_drop() {
    for non_finite in [NonFinite::Refuse, NonFinite::Drop] {
        // Weights of 1e18 pass the norm and overflow in the product of queries and keys: no log-ratio is a number.
        // (Larger ones may not: a norm whose squares overflow divides everything by infinity.)
        let config = ImplicitRewardConfig { non_finite, ..ImplicitRewardConfig::prime() };
        let mut trainer = trainer(prime_at(1e18, config), 1);
        let error = (0..3).find_map(|_| trainer.iterate().err()).expect("it diverges");
        assert!(
            matches!(&error, TrainError::NonFinite { what, .. } if what.contains("process")),
            "{non_finite:?}: {error}"
        );
    }
}

#[test]
fn policies_over_features_have_implicit_rewards_too() {
    for (name, model, credit_unit) in [
        ("prime", ImplicitRewardConfig::prime(), CreditUnit::Token),
        ("istar", ImplicitRewardConfig::istar(), CreditUnit::Turn),
    ] {
        let mut method = if name == "prime" { prime() } else { istar() };
        method.model_scorers = vec![quick(model)];
        method.credit_unit = credit_unit;
        let (mut whole, mut first) = (common::trainer(method.clone(), 2), common::trainer(method.clone(), 2));
        for _ in 0..2 {
            assert_eq!(whole.iterate().expect("trains"), first.iterate().expect("trains"), "{name}");
        }
        let mut second = common::trainer(method, 2);
        second.restore(&first.checkpoint().expect("saves")).expect("restores");
        let report = whole.iterate().expect("trains");
        assert_eq!(report, second.iterate().expect("trains"), "{name}");
        assert!(metric(&report, "process.largest_log_ratio") > 0.0);
    }
}

#[test]
fn parts_that_do_not_fit_are_refused_by_name() {
    let refuse = |method: MethodConfig, words: &str| {
        let error = method.validate().expect_err("must be refused");
        assert!(error.to_string().contains(words), "{error}");
    };
    refuse(MethodConfig { credit_unit: CreditUnit::Turn, ..prime() }, "credit-unit");
    refuse(MethodConfig { normalize: prime().normalize, ..istar() }, "normalize.pool");
    let zero = ImplicitRewardConfig { beta: 0.0, ..ImplicitRewardConfig::prime() };
    refuse(MethodConfig { model_scorers: vec![quick(zero)], ..prime() }, "beta");
    let scored = ImplicitRewardConfig { margin: Some(0.1), ..ImplicitRewardConfig::prime() };
    refuse(MethodConfig { model_scorers: vec![quick(scored)], ..prime() }, "margin");
    let filter = GroupFilterConfig::AccuracyBand { low: 0.8, high: 0.2 };
    refuse(MethodConfig { oversample: Some(OversampleConfig { filter, rounds: 2 }), ..prime() }, "band");
    let mut turns = istar();
    turns.learner.unit = MinibatchUnit::Token;
    turns.objective.aggregation = milepost_algorithms::config::AggregationConfig::TokenMean;
    refuse(turns, "whole turns");
    // A level that the credit does not read is found out as soon as it is read.
    let mut mixed = istar();
    let tokens = ImplicitRewardConfig { level: ImplicitLevel::Token, ..ImplicitRewardConfig::istar() };
    mixed.model_scorers = vec![quick(tokens)];
    let error = trainer(mixed, 1).iterate().expect_err("tokens are not turns");
    assert!(error.to_string().contains("credit-unit"), "{error}");
}

#[test]
fn a_config_reads_as_it_is_written() {
    let written = r#"{"kind": "implicit-reward", "channel": "steps", "loss": {"kind": "trajectory-dpo"},
        "reference": "sampler", "level": "turn", "update": {"kind": "before"}, "non-finite": "drop"}"#;
    let read: ModelScorerConfig = serde_json::from_str(written).expect("the rest has defaults");
    let expected = ImplicitRewardConfig { channel: "steps".into(), ..ImplicitRewardConfig::istar() };
    assert_eq!(read, ModelScorerConfig::ImplicitReward(expected));
    let back = serde_json::to_string(&read).expect("writes");
    assert_eq!(serde_json::from_str::<ModelScorerConfig>(&back).expect("reads"), read);
    let error = serde_json::from_str::<ModelScorerConfig>(r#"{"kind": "implicit-reward", "bta": 1.0}"#);
    assert!(error.expect_err("typo").to_string().contains("bta"));
    let ImplicitRewardConfig { loss, reference, .. } = ImplicitRewardConfig::default();
    assert_eq!((loss, reference), (ImplicitRewardLoss::CrossEntropy {}, ImplicitReference::Start));
}
