//! A teacher beside the reward, in the same loop.

use burn::tensor::Device;
use milepost_algorithms::config::{
    DistillationConfig, GateConfig, LearnerConfig, MinibatchUnit, MovedWeight, ObjectiveConfig, SamplerConfig,
};
use milepost_algorithms::sampling::{ContextRule, toy::Lock};
use milepost_algorithms::{
    IterationReport, MethodConfig, SamplerAids, TokenAgent, TokenParts, TokenSettings, Trace, TrainError,
    Trainer, WarmStart,
};
use milepost_core::{Provenance, TaskSeed};
use milepost_policies::{CausalTransformer, TransformerConfig, ValueKind, model_to_bytes};
use milepost_rewards::{CombineConfig, Term};

type Loop = Trainer<TokenAgent<Lock, CausalTransformer>>;

const AIDS: SamplerAids<Lock> = SamplerAids {
    hint: Some(|lock, attempt| Some(vec![1, Lock::LOCK, lock.dial(attempt as usize)?])),
    ..SamplerAids::NONE
};

fn network(run_seed: u64, width: usize, words: usize) -> CausalTransformer {
    let config = TransformerConfig {
        context: 40,
        width,
        layers: 1,
        heads: 2,
        value: ValueKind::None,
        ..TransformerConfig::default()
    };
    config.init(words, run_seed, &Device::flex().autodiff()).expect("builds")
}

/// GRPO on plain groups, one update an iteration.
fn grpo() -> MethodConfig {
    MethodConfig {
        sampler: SamplerConfig::Groups { tasks: 4, group_size: 4 },
        drop_zero_variance: false,
        objective: ObjectiveConfig { entropy_coefficient: 0.0, ..MethodConfig::grpo().objective },
        learner: LearnerConfig {
            epochs: 1,
            minibatch: 64,
            unit: MinibatchUnit::Trajectory,
            learning_rate: 0.01,
            ..LearnerConfig::default()
        },
        ..MethodConfig::grpo()
    }
}

fn distilled(gate: GateConfig) -> MethodConfig {
    MethodConfig {
        distillation: Some(DistillationConfig { gate, ..DistillationConfig::default() }),
        ..grpo()
    }
}

/// Distillation on every trajectory; what is paid counts for nothing.
fn gkd(gate: GateConfig) -> MethodConfig {
    let combine = CombineConfig { terms: vec![Term::new("outcome", 0.0)], clip: None };
    MethodConfig { combine, ..distilled(gate) }
}

fn student(method: MethodConfig, run_seed: u64) -> Loop {
    let parts = TokenParts {
        environment: Lock::new(2).expect("short"),
        probes: Vec::new(),
        network: network(run_seed, 8, Lock::WORDS),
        method,
        settings: TokenSettings { constrained: true, ..TokenSettings::new(ContextRule::full(30), 4) },
        device: Device::flex(),
        run_seed,
    };
    Trainer::over_tokens_with(AIDS, parts).expect("the parts fit")
}

/// A larger network.
fn taught(method: MethodConfig, run_seed: u64) -> Loop {
    student(method, run_seed).with_teacher(&network(run_seed + 100, 16, Lock::WORDS)).expect("fits")
}

fn weights(trainer: &Loop) -> Vec<u8> {
    model_to_bytes(trainer.model()).expect("saves")
}

fn trained(mut trainer: Loop, iterations: usize) -> (Vec<IterationReport>, Vec<u8>) {
    let reports = (0..iterations).map(|_| trainer.iterate().expect("trains")).collect();
    (reports, weights(&trainer))
}

fn metric(report: &IterationReport, name: &str) -> Option<f64> {
    report.metrics.iter().find(|(metric, _)| metric == name).map(|(_, value)| *value)
}

fn count(report: &IterationReport, name: &str) -> u64 {
    report.counters.iter().find(|(counter, _)| counter == name).map_or(0, |(_, count)| *count)
}

#[test]
fn a_gate_above_every_reward_trains_as_grpo_bit_for_bit() {
    for seed in 0..3 {
        let (_, plain) = trained(student(grpo(), seed), 3);
        let (reports, gated) = trained(taught(distilled(GateConfig::Reward { at_least: 1.5 }), seed), 3);
        assert_eq!(plain, gated, "seed {seed}");
        assert!(reports.iter().all(|report| count(report, "distilled_trajectories") == 0));
        assert!(reports.iter().all(|report| metric(report, "distillation_loss") == Some(0.0)));
    }
}

#[test]
fn without_advantages_a_gate_at_zero_trains_as_gkd_bit_for_bit() {
    for seed in 0..3 {
        let (_, open) = trained(taught(gkd(GateConfig::Always), seed), 3);
        let (_, at_zero) = trained(taught(gkd(GateConfig::Reward { at_least: 0.0 }), seed), 3);
        assert_eq!(open, at_zero, "seed {seed}");
        assert_ne!(open, weights(&student(grpo(), seed)), "it learns something");
    }
}

/// A seed under which so many of the first iteration's four groups are without variance.
fn with_equal_groups(wanted: impl Fn(u64) -> bool) -> u64 {
    let found = |seed: &u64| {
        let (reports, _) = trained(student(grpo(), *seed), 1);
        wanted(count(&reports[0], "groups_without_variance"))
    };
    (0..100).find(found).expect("within 100 seeds")
}

#[test]
fn where_no_group_has_variance_a_rewarded_trajectory_behind_a_gate_at_zero_is_distilled_as_in_gkd() {
    let both = |seed| {
        let (reports, rewarded) = trained(taught(distilled(GateConfig::Reward { at_least: 0.0 }), seed), 1);
        let (_, unrewarded) = trained(taught(gkd(GateConfig::Always), seed), 1);
        assert_eq!(count(&reports[0], "distilled_trajectories"), 16, "seed {seed}");
        (rewarded, unrewarded)
    };
    let silent = with_equal_groups(|equal| equal == 4);
    let (rewarded, unrewarded) = both(silent);
    assert_eq!(rewarded, unrewarded, "seed {silent}: all advantages are 0");
    assert_ne!(rewarded, weights(&student(grpo(), silent)), "it learns something");
    let (rewarded, unrewarded) = both(with_equal_groups(|equal| equal < 4));
    assert_ne!(rewarded, unrewarded, "advantages that are not 0 train too");
}

#[test]
fn a_teacher_is_played_as_the_policy_is() {
    let world = Lock::new(2).expect("short");
    let tasks: Vec<TaskSeed> = (0..12).map(|index| TaskSeed::evaluation(1, index)).collect();
    assert!(student(grpo(), 1).play_teacher(&world, &tasks).expect("plays").is_none(), "there is none");
    let own = network(1, 8, Lock::WORDS);
    let mut trainer = student(gkd(GateConfig::Always), 1).with_teacher(&own).expect("fits");
    let by_teacher = trainer.play_teacher(&world, &tasks).expect("plays").expect("there is one");
    assert_eq!(by_teacher, trainer.play_in(&world, &tasks).expect("plays"), "it is the policy itself");
    let other = taught(gkd(GateConfig::Always), 1).play_teacher(&world, &tasks).expect("plays");
    assert_ne!(other.expect("there is one"), by_teacher, "another network plays otherwise");
}

#[test]
fn distillation_alone_brings_the_student_to_its_teacher() {
    let mut trainer = taught(gkd(GateConfig::Always), 1);
    let first = trainer.iterate().expect("trains");
    for _ in 0..60 {
        trainer.iterate().expect("trains");
    }
    let last = trainer.iterate().expect("trains");
    let [before, after] = [&first, &last].map(|r| metric(r, "teacher_divergence").expect("measured"));
    assert!(after < 0.2 * before, "{before} before, {after} after");
    assert_eq!(count(&last, "distilled_trajectories"), 16);
    assert_eq!(metric(&last, "gate_rate"), Some(1.0));
}

#[test]
fn a_teacher_that_is_the_student_teaches_nothing_at_the_first_update() {
    let method = gkd(GateConfig::Always);
    let own = || network(1, 8, Lock::WORDS);
    let mut trainer = student(method, 1).with_teacher(&own()).expect("fits");
    let report = trainer.iterate().expect("trains");
    assert!(metric(&report, "distillation_loss").expect("measured").abs() < 1e-9);
    assert!(metric(&report, "grad_norm").expect("measured") < 1e-6);
}

#[test]
fn the_gate_reads_the_reward_or_a_channel() {
    let solved = |report: &IterationReport| report.episodes.iter().filter(|e| e.success()).count() as u64;
    let mut any = 0;
    for gate in [
        GateConfig::Reward { at_least: 1.0 },
        GateConfig::Channel { channel: "outcome".into(), at_least: 1.0 },
    ] {
        let (reports, _) = trained(taught(distilled(gate), 2), 10);
        for report in &reports {
            assert_eq!(count(report, "distilled_trajectories"), solved(report));
            any += solved(report);
        }
    }
    assert!(any > 0, "some are solved");
}

fn rescued(moved_weight: MovedWeight) -> MethodConfig {
    let inner = Box::new(SamplerConfig::Groups { tasks: 4, group_size: 4 });
    let sampler = SamplerConfig::HintRescue { inner, completions: 1, attempts: 5 };
    MethodConfig { sampler, moved_weight, ..distilled(GateConfig::Reward { at_least: 1.0 }) }
}

/// A seed under which the first iteration injects completions.
fn with_rescue() -> u64 {
    let injects = |seed: &u64| {
        let (reports, _) = trained(taught(rescued(MovedWeight::One), *seed), 1);
        count(&reports[0], "sampler.hint_rescue.injected") > 0
    };
    (0..40).find(injects).expect("within 40 seeds")
}

#[test]
fn after_an_accepted_rescue_what_was_injected_has_an_advantage_and_the_rest_of_its_group_the_opposite() {
    let mut trainer = student(rescued(MovedWeight::One), 1);
    let mut groups = 0;
    for task in 0..60 {
        let traces = trainer.trace(TaskSeed::literal(task), 4).expect("traces");
        let injected = |trace: &&Trace<()>| {
            trace.trajectory.spans.iter().any(|span| span.provenance == Provenance::Injected)
        };
        if !traces.iter().any(|trace| injected(&trace)) {
            continue;
        }
        groups += 1;
        assert_eq!(traces.iter().filter(injected).count(), 1, "task {task}");
        for trace in &traces {
            let (paid, sign) = if injected(&trace) { (1.0, 1.0) } else { (0.0, -1.0) };
            assert_eq!(trace.trajectory.environment_return(), paid, "task {task}");
            assert!(!trace.token_advantages.is_empty());
            assert!(trace.token_advantages.iter().all(|a| a * sign > 0.0), "{:?}", trace.token_advantages);
        }
    }
    assert!(groups > 0, "some tasks are rescued");
}

#[test]
fn injected_completions_can_weigh_less_and_a_wide_limit_is_an_importance_weight() {
    let seed = with_rescue();
    let all = [
        MovedWeight::One,
        MovedWeight::Zero,
        MovedWeight::Ratio { limit: 1e-300 },
        MovedWeight::Ratio { limit: 1e6 },
    ];
    let [one, zero, tiny, ratio] = all.map(|weight| trained(taught(rescued(weight), seed), 1));
    let loss = |(reports, _): &(Vec<IterationReport>, Vec<u8>)| {
        metric(&reports[0], "policy_loss").expect("measured")
    };
    assert!((loss(&zero) - loss(&tiny)).abs() < 1e-9, "a limit of 0 is no weight at all");
    assert!(loss(&one) != loss(&zero) && loss(&ratio) != loss(&one) && loss(&ratio) != loss(&zero));
    assert_ne!(one.1, zero.1);
    let moved = metric(&ratio.0[0], "sampler.moved_log_ratio").expect("measured");
    assert!(moved.is_finite() && moved != 0.0);
}

#[test]
fn compared_with_where_it_was_drawn_a_moved_token_has_a_ratio_that_is_not_one() {
    let seed = with_rescue();
    let [one, stale] =
        [MovedWeight::One, MovedWeight::Stale].map(|weight| trained(taught(rescued(weight), seed), 1));
    let divergence =
        |(reports, _): &(Vec<IterationReport>, Vec<u8>)| metric(&reports[0], "approx_kl").expect("measured");
    assert_eq!(divergence(&one), 0.0);
    assert!(divergence(&stale) > 1e-6, "{}", divergence(&stale));
    assert_ne!(one.1, stale.1);
}

#[test]
fn a_run_that_goes_on_ends_as_the_one_that_was_not_interrupted() {
    let method = rescued(MovedWeight::Ratio { limit: 2.0 });
    let (_, straight) = trained(taught(method.clone(), 5), 4);
    let mut first = taught(method.clone(), 5);
    for _ in 0..2 {
        first.iterate().expect("trains");
    }
    let mut second = taught(method, 5);
    second.restore(&first.checkpoint().expect("saves")).expect("restores");
    assert_eq!(trained(second, 2).1, straight);
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_with_a_remedy() {
    let said = |error: Option<TrainError>| error.expect("refused").to_string();
    let method = || distilled(GateConfig::Always);
    assert!(said(student(method(), 1).iterate().err()).contains("Trainer::with_teacher"));
    let fits = |teacher: CausalTransformer| student(method(), 1).with_teacher(&teacher).err();
    assert!(said(fits(network(1, 8, Lock::WORDS + 1))).contains("words"), "another vocabulary");
    let refused = |method: MethodConfig| said(method.validate().err());
    assert!(refused(MethodConfig { drop_zero_variance: true, ..method() }).contains("drop-zero-variance"));
    let learner = LearnerConfig { unit: MinibatchUnit::Token, ..grpo().learner };
    assert!(refused(MethodConfig { learner, ..method() }).contains("learner.unit"));
    let dpo = MethodConfig { moved_weight: MovedWeight::Zero, ..MethodConfig::dpo() };
    assert!(refused(dpo).contains("moved-weight"));
    let gate = GateConfig::Channel { channel: "accuracy".into(), at_least: 1.0 };
    let error = said(taught(distilled(gate), 1).iterate().err());
    assert!(error.contains("accuracy"), "{error}");
}

#[test]
fn a_policy_that_saw_hints_in_its_demonstrations_uses_them() {
    let settings = TokenSettings { constrained: true, ..TokenSettings::new(ContextRule::full(30), 4) };
    let start = |hinted, seed| {
        let warm = WarmStart {
            demonstrations: 240,
            hinted,
            epochs: 12,
            learning_rate: 5e-3,
            ..WarmStart::default()
        };
        let network = network(seed, 16, Lock::WORDS);
        warm.apply_with(&AIDS, network, &Lock::new(2).expect("short"), &settings, &Device::flex(), seed)
    };
    let (_, report) = start(0.5, 1).expect("starts");
    assert!((90..150).contains(&report.hinted), "{}", report.hinted);
    let last_loss = |hinted| start(hinted, 2).expect("starts").1.losses[11];
    let [told, untold] = [1.0, 0.0].map(last_loss);
    assert!(told < 0.9 * untold, "what is told need not be guessed: {told} and {untold} nats");
    let lock = Lock::new(2).expect("short");
    let warm = WarmStart { demonstrations: 2, hinted: 0.5, ..WarmStart::default() };
    let refused = warm.apply(network(1, 8, Lock::WORDS), &lock, &settings, &Device::flex(), 1).err();
    assert!(refused.expect("no hints").to_string().contains("warm-start.hinted"));
}
