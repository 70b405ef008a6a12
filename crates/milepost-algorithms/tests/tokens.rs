//! Policies over tokens in the same loop.

mod common;

use burn::tensor::Device;
use milepost_algorithms::config::{
    CreditConfig, CreditUnit, KlInReward, LearnerConfig, MinibatchUnit, ModelScorerConfig, NormalizeConfig,
    Pool, SamplerConfig,
};
use milepost_algorithms::sampling::{ContextRule, toy::Lock};
use milepost_algorithms::{
    ExplorationConfig, IntrinsicKind, MethodConfig, ModelScorer, NoveltyKind, TokenAgent, TokenParts,
    TokenSettings, TrainError, Trainer, View, WarmStart,
};
use milepost_core::{Batch, Channel, Level, TaskSeed};
use milepost_policies::{CausalTransformer, TransformerConfig, ValueKind};
use milepost_rewards::{CombineConfig, ScoreReport, Term};

const TURNS: u32 = 4;

fn lock() -> Lock {
    Lock::new(2).expect("short")
}

fn network(run_seed: u64) -> CausalTransformer {
    let config = TransformerConfig {
        context: 48,
        width: 16,
        layers: 1,
        heads: 2,
        value: ValueKind::Head,
        ..TransformerConfig::default()
    };
    config.init(Lock::WORDS, run_seed, &Device::flex().autodiff()).expect("builds")
}

fn settings() -> TokenSettings {
    TokenSettings::new(ContextRule::window(2, 40), TURNS)
}

fn trainer(method: MethodConfig, run_seed: u64) -> Trainer<TokenAgent<Lock, CausalTransformer>> {
    trainer_on(lock(), settings(), method, run_seed)
}

fn trainer_on(
    environment: Lock,
    settings: TokenSettings,
    method: MethodConfig,
    run_seed: u64,
) -> Trainer<TokenAgent<Lock, CausalTransformer>> {
    Trainer::over_tokens(TokenParts {
        environment,
        probes: Vec::new(),
        network: network(run_seed),
        method,
        settings,
        device: Device::flex(),
        run_seed,
    })
    .expect("the parts fit")
}

/// PPO over tokens: GAE along the policy's tokens, whitened over the batch.
fn ppo() -> MethodConfig {
    MethodConfig {
        sampler: groups(),
        normalize: NormalizeConfig { pool: Pool::Batch, ..NormalizeConfig::sb3_minibatch() },
        credit: CreditConfig::Gae { gamma: 1.0, lambda: 1.0 },
        credit_unit: CreditUnit::Token,
        kl_in_reward: Some(KlInReward::k1(0.001)),
        learner: learner(),
        ..MethodConfig::ppo()
    }
}

fn groups() -> SamplerConfig {
    SamplerConfig::Groups { tasks: 8, group_size: 4 }
}

fn learner() -> LearnerConfig {
    LearnerConfig {
        epochs: 2,
        minibatch: 16,
        unit: MinibatchUnit::Trajectory,
        learning_rate: 0.01,
        ..LearnerConfig::default()
    }
}

fn methods() -> Vec<(&'static str, MethodConfig)> {
    let grouped = |method: MethodConfig| MethodConfig { sampler: groups(), learner: learner(), ..method };
    let gigpo = CreditConfig::GiGpo { gamma: 1.0, omega: 1.0, shrinkage: 0.0 };
    vec![
        ("ppo", ppo()),
        ("grpo", grouped(MethodConfig::grpo())),
        ("rloo", grouped(MethodConfig::rloo())),
        ("gigpo", MethodConfig { credit: gigpo, ..grouped(MethodConfig::grpo()) }),
    ]
}

fn success_rate(trainer: &mut Trainer<TokenAgent<Lock, CausalTransformer>>) -> f64 {
    let tasks: Vec<TaskSeed> = (0..400).map(|index| TaskSeed::evaluation(0, index)).collect();
    let episodes = trainer.play(&tasks).expect("plays").episodes;
    episodes.iter().filter(|episode| episode.success()).count() as f64 / episodes.len() as f64
}

#[test]
fn every_method_learns_to_dial() {
    // One turn, a code of one dial that cannot be known: dialling opens one lock in two, and of the well-formed
    // turns not half are dials that fit.
    let settings = TokenSettings { constrained: true, max_turns: 1, ..settings() };
    for (name, method) in methods() {
        let mut trainer = trainer_on(Lock::new(1).expect("short"), settings, method, 1);
        let before = success_rate(&mut trainer);
        for _ in 0..40 {
            trainer.iterate().expect("trains");
        }
        let after = success_rate(&mut trainer);
        // Standard errors are at most 0.025.
        assert!(before < 0.35 && after > before + 0.1, "{name}: {before} before, {after} after");
    }
}

#[test]
fn what_sampling_and_the_training_pass_say_of_a_token_agrees() {
    for constrained in [false, true] {
        let tempered =
            TokenSettings { constrained, temperature: 0.7, evaluation_temperature: 0.7, ..settings() };
        let mut trainer = trainer_on(lock(), tempered, ppo(), 3);
        for trace in trainer.trace(TaskSeed::literal(5), 4).expect("traces") {
            assert_eq!(trace.trajectory.allowed.is_empty(), !constrained);
        }
        let report = trainer.iterate().expect("trains");
        // The old log-probabilities come from the training pass: the ratio is 1 at the first update, so that
        // the surrogate of the first update is minus the mean advantage, and the approximate divergence of all
        // updates stays small.
        let number = |name: &str| report.metrics.iter().find(|(n, _)| n == name).expect("recorded").1;
        assert!(number("approx_kl") < 0.5, "{}", number("approx_kl"));
        assert_eq!(report.drawn_tokens, report.policy_tokens, "nothing is thrown away by plain groups");
    }
}

#[test]
fn with_lambda_1_a_token_s_advantage_is_what_is_still_to_come_minus_its_value() {
    let plain = MethodConfig {
        normalize: NormalizeConfig { pool: Pool::None, ..NormalizeConfig::sb3_minibatch() },
        kl_in_reward: None,
        ..ppo()
    };
    let mut token = trainer(plain.clone(), 5);
    let mut turn = trainer(MethodConfig { credit_unit: CreditUnit::Turn, ..plain }, 5);
    let (by_token, by_turn) = (
        token.trace(TaskSeed::literal(2), 4).expect("traces"),
        turn.trace(TaskSeed::literal(2), 4).expect("traces"),
    );
    for (a, b) in by_token.iter().zip(&by_turn) {
        assert_eq!(a.trajectory.tokens, b.trajectory.tokens);
        let mut first_token = 0;
        for t in 0..a.rewards.len() {
            let to_go: f64 = a.rewards[t..].iter().sum();
            let expected = to_go - a.values[t];
            // The first token of a turn has the turn's value.
            assert!((a.token_advantages[first_token] - expected).abs() < 1e-5);
            assert!((b.advantages[t] - expected).abs() < 1e-5);
            let written: usize = a
                .trajectory
                .spans
                .iter()
                .filter(|span| span.is_trained() && span.turn as usize == t)
                .map(|span| span.len as usize)
                .sum();
            first_token += written;
        }
    }
}

#[test]
fn the_divergence_in_the_reward_is_zero_at_the_start() {
    let method = MethodConfig { kl_in_reward: Some(KlInReward::k1(10.0)), ..ppo() };
    let mut trainer = trainer(method, 4);
    for trace in trainer.trace(TaskSeed::literal(1), 4).expect("traces") {
        let environment: Vec<f64> = trace.trajectory.turns.iter().map(|turn| turn.reward).collect();
        assert_eq!(trace.rewards, environment);
    }
    for _ in 0..3 {
        trainer.iterate().expect("trains");
    }
    let traces = trainer.trace(TaskSeed::literal(1), 4).expect("traces");
    let paid: f64 = traces.iter().flat_map(|trace| &trace.rewards).sum();
    let earned: f64 = traces.iter().map(|trace| trace.trajectory.environment_return()).sum();
    assert!((paid - earned).abs() > 1e-6, "and not for ever");
}

#[test]
fn a_resumed_run_has_the_same_bits_as_an_uninterrupted_one() {
    for (name, method) in methods() {
        let mut whole = trainer(method.clone(), 7);
        let mut first = trainer(method.clone(), 7);
        for _ in 0..2 {
            assert_eq!(whole.iterate().expect("trains"), first.iterate().expect("trains"), "{name}");
        }
        let saved = first.checkpoint().expect("saves");
        let mut second = trainer(method, 7);
        second.restore(&saved).expect("restores");
        for _ in 0..2 {
            assert_eq!(whole.iterate().expect("trains"), second.iterate().expect("trains"), "{name}");
        }
        assert_eq!(whole.checkpoint().expect("saves"), second.checkpoint().expect("saves"), "{name}");
    }
}

#[test]
fn playing_for_evaluation_does_not_change_training() {
    let (mut plain, mut watched) = (trainer(ppo(), 3), trainer(ppo(), 3));
    for _ in 0..2 {
        let tasks = [TaskSeed::evaluation(3, 0), TaskSeed::evaluation(3, 1)];
        assert_eq!(watched.play(&tasks).expect("plays").episodes.len(), 2);
        assert_eq!(plain.iterate().expect("trains"), watched.iterate().expect("trains"));
    }
}

#[test]
fn a_warm_start_imitates_the_expert_and_none_is_no_error() {
    let device = Device::flex();
    let warm = WarmStart { demonstrations: 64, epochs: 20, learning_rate: 0.01, ..WarmStart::default() };
    let (cloned, report) =
        warm.apply(network(9), &lock(), &settings(), &device, 9).expect("learns from the expert");
    assert_eq!((report.demonstrations, report.solved), (64, 64));
    let (first, last) = (report.losses[0], *report.losses.last().expect("epochs"));
    // The dials of a code that cannot be known keep ln 2 each; ends of turns are certain.
    assert!(first > 1.0 && last < 0.45, "{first} to {last}");
    let again = warm.apply(network(9), &lock(), &settings(), &device, 9).expect("learns again").1;
    assert_eq!(report, again);
    let none = WarmStart::default().apply(cloned, &lock(), &settings(), &device, 9).expect("skips").1;
    assert_eq!(none.tokens, 0);
}

#[test]
fn parts_that_do_not_fit_are_named() {
    let build = |method: MethodConfig, settings: TokenSettings| {
        let parts = TokenParts {
            environment: lock(),
            probes: Vec::new(),
            network: network(1),
            method,
            settings,
            device: Device::flex(),
            run_seed: 1,
        };
        Trainer::over_tokens(parts).err().expect("refused")
    };
    let long = TokenSettings::new(ContextRule::full(1000), TURNS);
    assert!(matches!(build(ppo(), long), TrainError::Shape { what: "positions", .. }));
    let cold = TokenSettings { temperature: 0.0, ..settings() };
    assert!(build(ppo(), cold).to_string().contains("`temperature`"));
    let segments = MethodConfig { sampler: SamplerConfig::Segments { environments: 2, steps: 4 }, ..ppo() };
    assert!(build(segments, settings()).to_string().contains("groups"));
    let turns = MethodConfig {
        credit: CreditConfig::GiGpo { gamma: 1.0, omega: 1.0, shrinkage: 0.0 },
        credit_unit: CreditUnit::Token,
        ..MethodConfig::grpo()
    };
    assert!(build(turns, settings()).to_string().contains("credit-unit"));
}

/// A model scorer with a memory: how many batches it has seen.
struct Counting(u64);

impl ModelScorer<TokenAgent<Lock, CausalTransformer>> for Counting {
    fn name(&self) -> &'static str {
        "batches"
    }

    fn score(
        &mut self,
        view: &View<'_, TokenAgent<Lock, CausalTransformer>>,
        batch: &mut Batch<()>,
    ) -> Result<ScoreReport, TrainError> {
        assert_eq!(view.decisions().len(), batch.trajectories().count());
        self.0 += 1;
        for trajectory in batch.trajectories_mut() {
            trajectory.add_channel(Channel::dense("batches", Level::Trajectory, vec![self.0 as f64])?)?;
        }
        Ok(ScoreReport::default())
    }

    fn state(&self) -> Result<Vec<u8>, TrainError> {
        Ok(self.0.to_le_bytes().to_vec())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), TrainError> {
        self.0 = u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        Ok(())
    }
}

/// Paid for how likely each turn is, and for how many batches there have been.
fn told_by_networks() -> MethodConfig {
    let likely = ModelScorerConfig::LogProbability { channel: "likely".into() };
    let terms = ["outcome", "likely", "batches"].map(|channel| Term::new(channel, 0.5));
    let combine = CombineConfig { terms: terms.to_vec(), clip: None };
    MethodConfig { model_scorers: vec![likely], combine, ..ppo() }
}

#[test]
fn a_model_scorer_s_channel_is_what_the_network_that_drew_the_batch_says() {
    let mut trainer = trainer(told_by_networks(), 3).with_model_scorer(Counting(0));
    for trace in trainer.trace(TaskSeed::literal(5), 4).expect("traces") {
        let likely = trace.trajectory.signals.require("likely").expect("written");
        assert_eq!(likely.level(), Level::Token);
        assert_eq!(likely.valid(), trace.trajectory.policy_mask());
        for (said, drawn) in likely.iter().zip(&trace.trajectory.behaviour_logp) {
            assert!(said.is_none_or(|said| (said - f64::from(*drawn)).abs() < 1e-4), "{said:?} {drawn}");
        }
    }
    let report = trainer.iterate().expect("trains");
    assert!(report.metrics.iter().any(|(name, value)| name == "likely.mean" && *value < 0.0));
    let batches = report.channels.iter().find(|channel| channel.name == "batches").expect("paid");
    assert_eq!(batches.sum / batches.present as f64, 1.0, "a trace leaves no memory behind");
}

#[test]
fn what_a_model_scorer_remembers_is_part_of_a_checkpoint() {
    let start = || trainer(told_by_networks(), 3).with_model_scorer(Counting(0));
    let mut whole = start();
    whole.iterate().expect("trains");
    let saved = whole.checkpoint().expect("saves");
    let expected = whole.iterate().expect("trains");
    let mut resumed = start();
    resumed.restore(&saved).expect("fits");
    assert_eq!(resumed.iterate().expect("trains"), expected);
    let error = trainer(told_by_networks(), 3).restore(&saved).expect_err("lacks a scorer");
    assert!(error.to_string().contains("model scorers"), "{error}");
}

/// GRPO on what a model scorer says.
fn grpo_on(scorer: ModelScorerConfig) -> MethodConfig {
    let combine = CombineConfig { terms: vec![Term::new(scorer.channel(), 1.0)], clip: None };
    MethodConfig {
        sampler: SamplerConfig::Groups { tasks: 4, group_size: 6 },
        model_scorers: vec![scorer],
        combine,
        ..MethodConfig::grpo()
    }
}

#[test]
fn intrinsic_rewards_are_those_of_the_policy_that_drew() {
    let said = |reward| {
        let config = ModelScorerConfig::Intrinsic { channel: "sure".into(), reward };
        trainer(grpo_on(config), 3).trace(TaskSeed::literal(5), 6).expect("traces")
    };
    let words = (Lock::WORDS as f64).ln();
    let of = |trace: &milepost_algorithms::Trace<()>| {
        let channel = trace.trajectory.signals.require("sure").expect("written");
        assert_eq!(channel.level(), Level::Trajectory);
        channel.get(0).expect("present")
    };
    let drawn = |trace: &milepost_algorithms::Trace<()>| -> Vec<f64> {
        let own = trace.trajectory.policy_mask();
        let logp = trace.trajectory.behaviour_logp.iter().zip(own).filter(|(_, own)| *own);
        logp.map(|(logp, _)| f64::from(*logp)).collect()
    };
    for trace in said(IntrinsicKind::TrajectoryEntropy) {
        let logp = drawn(&trace);
        assert!((of(&trace) - logp.iter().sum::<f64>() / logp.len() as f64).abs() < 1e-4);
    }
    for trace in said(IntrinsicKind::Probability) {
        let likelihood = drawn(&trace).iter().sum::<f64>().exp();
        assert!((of(&trace) / likelihood - 1.0).abs() < 1e-2, "{} {likelihood}", of(&trace));
    }
    for trace in said(IntrinsicKind::TokenEntropy) {
        assert!((-words - 1e-4..0.0).contains(&of(&trace)));
    }
    for trace in said(IntrinsicKind::SelfCertainty) {
        assert!(of(&trace) >= words - 1e-4);
    }
}

#[test]
fn exploration_without_weight_is_grpo_and_with_it_keeps_the_signs() {
    let explore = |lambda, novelty| {
        let config = ExplorationConfig { lambda, novelty, ..ExplorationConfig::default() };
        let config = ModelScorerConfig::Exploration(config);
        let mut method = grpo_on(config);
        method.combine.terms.push(Term::new("outcome", 0.0));
        trainer(method, 3)
    };
    for trace in explore(0.0, NoveltyKind::Gradient).trace(TaskSeed::literal(5), 6).expect("traces") {
        let right = trace.trajectory.environment_return() > 0.5;
        let shaped = trace.trajectory.signals.require("explored").expect("written").get(0);
        assert_eq!(shaped, Some(if right { 1.0 } else { -1.0 }));
    }
    for novelty in [NoveltyKind::Gradient, NoveltyKind::Text, NoveltyKind::Random] {
        let mut trainer = explore(0.5, novelty);
        let traces = trainer.trace(TaskSeed::literal(5), 6).expect("traces");
        let shaped = |trace: &milepost_algorithms::Trace<()>| {
            trace.trajectory.signals.require("explored").expect("written").get(0).expect("present")
        };
        for trace in &traces {
            let right = trace.trajectory.environment_return() > 0.5;
            assert_eq!(shaped(trace) > 0.0, right);
            assert!(shaped(trace).abs() <= 1.5);
        }
        // Not all alike: a group of one verdict teaches as well.
        assert!(traces.iter().any(|trace| shaped(trace) != shaped(&traces[0])), "{novelty:?}");
        let report = trainer.iterate().expect("trains");
        let metric = |name: &str| report.metrics.iter().find(|(n, _)| n == name).map(|(_, v)| *v);
        assert!(metric("explored.similarity").is_some_and(|s| (-1.0..=1.0).contains(&s)));
        assert!(metric("explored.opposed").is_some_and(|s| (0.0..=1.0).contains(&s)));
    }
}

#[test]
fn exploration_is_refused_where_its_settings_make_no_sense() {
    let config = ExplorationConfig { clip: 0.0, ..ExplorationConfig::default() };
    let error = grpo_on(ModelScorerConfig::Exploration(config)).validate().expect_err("no room");
    assert!(error.to_string().contains("clip"), "{error}");
}
