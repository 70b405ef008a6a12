//! Beliefs by one pass over all contexts, and what becomes of them.

use burn::module::Module;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_core::{
    Environment, Group, Outcome, Provenance, StateRecords, TokenEnvironment, TrajectoryBuilder, Vocabulary,
};
use milepost_policies::{CausalTransformer, TransformerConfig, ValueKind};
use milepost_rewards::{CombineConfig, OutcomeSource, ScorerConfig, Term};
use milepost_sampling::toy::Lock;
use milepost_taskworlds::lookup::{LookupConfig, LookupQa};
use proptest::prelude::*;

use super::*;
use crate::agent::{Agent, SamplerAids};
use crate::config::{
    BeliefBasisConfig, CreditConfig, GainPoolsConfig, LearnerConfig, ModelScorerConfig, SamplerConfig,
};
use crate::host::host;
use crate::{MethodConfig, TokenParts, TokenSettings, Trainer, WarmStart};

const CHANNEL: &str = "information-gain";

/// The code of a lock, dial by dial; it can be said in one way.
const CODE: SamplerAids<Lock> = SamplerAids {
    belief: Some(BeliefAid {
        answer: |lock| {
            let code = (0..).map_while(|place| lock.dial(place)).collect();
            Some(AnswerForm { before: vec![Lock::HM], aliases: vec![code] })
        },
    }),
    ..SamplerAids::NONE
};

fn aliases(answer: fn(&Lock) -> Option<AnswerForm>) -> SamplerAids<Lock> {
    SamplerAids { belief: Some(BeliefAid { answer }), ..SamplerAids::NONE }
}

fn transformer(words: usize, context: usize, width: usize, seed: u64) -> CausalTransformer {
    let config = TransformerConfig {
        context,
        width,
        layers: 2,
        heads: 2,
        value: ValueKind::None,
        ..TransformerConfig::default()
    };
    config.init(words, seed, &Device::flex().autodiff()).expect("builds")
}

fn method(basis: BeliefBasisConfig, credit: CreditConfig) -> MethodConfig {
    let source = OutcomeSource::default();
    MethodConfig {
        sampler: SamplerConfig::Groups { tasks: 2, group_size: 3 },
        scorers: vec![ScorerConfig::Outcome {
            channel: "outcome".into(),
            source,
            format_penalty: Some(-2.0),
        }],
        model_scorers: vec![ModelScorerConfig::InformationGain {
            channel: CHANNEL.into(),
            basis,
            own_text: true,
        }],
        combine: CombineConfig { terms: vec![Term::new("outcome", 1.0)], clip: None },
        credit,
        learner: LearnerConfig { learning_rate: 0.01, ..MethodConfig::grpo().learner },
        ..MethodConfig::grpo()
    }
}

fn igpo(pools: GainPoolsConfig) -> CreditConfig {
    CreditConfig::Igpo { gains: CHANNEL.into(), pools, gamma: 1.0 }
}

type Loop = Trainer<TokenAgent<Lock, CausalTransformer>>;

fn build(
    aids: SamplerAids<Lock>,
    rule: ContextRule,
    temperature: f64,
    method: MethodConfig,
    run_seed: u64,
) -> Result<Loop, TrainError> {
    let parts = TokenParts {
        environment: Lock::new(2)?,
        probes: Vec::new(),
        network: transformer(Lock::WORDS, 48, 8, run_seed),
        method,
        settings: TokenSettings { temperature, ..TokenSettings::new(rule, 4) },
        device: Device::flex(),
        run_seed,
    };
    Trainer::over_tokens_with(aids, parts)
}

fn trainer(basis: BeliefBasisConfig, run_seed: u64) -> Loop {
    let method = method(basis, igpo(GainPoolsConfig::Separate));
    build(CODE, ContextRule::full(40), 1.0, method, run_seed).expect("the parts fit")
}

/// A batch and what the scorer makes of it.
fn scored(trainer: &mut Loop, iteration: u64) -> Result<(Batch<()>, ScoreReport), TrainError> {
    let model = trainer.model.clone().valid();
    let mut batch = trainer.agent.sample(&model, Version(0))?.batch;
    let config = trainer.method.model_scorers[0].clone();
    let mut scorer = trainer.agent.model_scorer(&config, &model)?;
    let report = score(trainer, scorer.as_mut(), &mut batch, iteration)?;
    Ok((batch, report))
}

fn score(
    trainer: &Loop,
    scorer: &mut dyn ModelScorer<TokenAgent<Lock, CausalTransformer>>,
    batch: &mut Batch<()>,
    iteration: u64,
) -> Result<ScoreReport, TrainError> {
    use crate::agent::DecisionTable;
    let model = trainer.model.clone().valid();
    let table = trainer.agent.table(batch)?;
    let scores = table.score(&model)?;
    let view = View { agent: &trainer.agent, model: &model, table: &table, scores: &scores, iteration };
    scorer.score(&view, batch)
}

/// The belief in `answer` after `context`, by a forward pass of its own.
fn naive(model: &CausalTransformer, context: &[u32], answer: &[u32], temperature: f64) -> f64 {
    let all: Vec<i32> = context.iter().chain(answer).map(|token| *token as i32).collect();
    let tokens = Tensor::<2, Int>::from_data(TensorData::new(all.clone(), [1, all.len()]), &Device::flex());
    let hidden = model.hidden(tokens).flatten::<2>(0, 1);
    let words = model.vocabulary();
    let logp = host(log_softmax(model.logits(hidden) / temperature, 1)).expect("on the host");
    let of = |(index, token): (usize, &u32)| {
        f64::from(logp[(context.len() + index - 1) * words + *token as usize]).max(LOG_PROB_FLOOR)
    };
    answer.iter().enumerate().map(of).sum::<f64>() / answer.len() as f64
}

/// The code of a task of the lock.
fn code(task: TaskSeed) -> Vec<u32> {
    let mut lock = Lock::new(2).expect("short");
    lock.reset(task).expect("a task");
    (0..2).map_while(|place| lock.dial(place)).collect()
}

/// Everything said up to the end of turn `turn` (from 1), or to its words alone; with 0 the prompt.
fn said(trajectory: &Trajectory<()>, turn: usize, with_reply: bool) -> Vec<u32> {
    let before = |span: &&milepost_core::Span| {
        let at = span.turn as usize + 1;
        let whole = at < turn || at == turn && with_reply;
        span.kind == SpanKind::Prompt || whole || at == turn && span.kind == SpanKind::Policy
    };
    trajectory
        .spans
        .iter()
        .filter(before)
        .flat_map(|span| &trajectory.tokens[span.range()])
        .copied()
        .collect()
}

fn metric(report: &ScoreReport, name: &str) -> f64 {
    *report.metrics.get(name).expect("reported")
}

/// Gives a gain of 0 to the turns, from 0, for which this holds, and none to the others.
struct Zeros(fn(usize) -> bool);

impl ModelScorer<TokenAgent<Lock, CausalTransformer>> for Zeros {
    fn name(&self) -> &'static str {
        CHANNEL
    }
    fn score(
        &mut self,
        _: &View<'_, TokenAgent<Lock, CausalTransformer>>,
        batch: &mut Batch<()>,
    ) -> Result<ScoreReport, TrainError> {
        for trajectory in batch.trajectories_mut() {
            let valid: Vec<bool> = (0..trajectory.turns.len()).map(self.0).collect();
            let values = vec![0.0; valid.len()];
            trajectory.add_channel(Channel::masked(CHANNEL, Level::Turn, values, valid)?)?;
        }
        Ok(ScoreReport::default())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn one_pass_over_all_contexts_says_what_one_pass_for_each_says(
        seed: u64, temperature in 0.5..2.0, prob: bool
    ) {
        let (config, basis) = if prob {
            (BeliefBasisConfig::Prob, BeliefBasis::Prob)
        } else {
            (BeliefBasisConfig::LogProb, BeliefBasis::LogProb)
        };
        let method = method(config, igpo(GainPoolsConfig::Separate));
        let mut trainer = build(CODE, ContextRule::full(40), temperature, method, seed).expect("the parts fit");
        let (batch, report) = scored(&mut trainer, 0).expect("scores");
        let model = trainer.model.clone().valid();
        let belief = |trajectory: &Trajectory<()>, turn: usize, with_reply: bool| {
            let mut context = said(trajectory, turn, with_reply);
            context.push(Lock::HM);
            basis.of(naive(&model, &context, &code(trajectory.task), temperature))
        };
        let (mut starts, mut own) = (0.0, (0.0, 0));
        for trajectory in batch.trajectories() {
            let gains = trajectory.signals.require(CHANNEL).expect("written");
            let truncated = matches!(trajectory.ending, Ending::Truncated(_));
            let searches = trajectory.turns.len() - usize::from(!truncated);
            starts += belief(trajectory, 0, true);
            for turn in 0..trajectory.turns.len() {
                prop_assert_eq!(gains.get(turn).is_some(), turn < searches, "the last turn has none: not a zero");
                let Some(gain) = gains.get(turn) else { continue };
                let before = belief(trajectory, turn, true);
                prop_assert!((gain - (belief(trajectory, turn + 1, true) - before)).abs() < 1e-4);
                own = (own.0 + belief(trajectory, turn + 1, false) - before, own.1 + 1);
            }
            // The sum telescopes, in its own basis.
            let ends = belief(trajectory, searches, true) - belief(trajectory, 0, true);
            prop_assert!((gains.sum() - ends).abs() < 1e-4);
        }
        if basis == BeliefBasis::LogProb {
            let start = metric(&report, "belief_at_start");
            prop_assert!((start - starts / batch.trajectories().count() as f64).abs() < 1e-4);
            prop_assert!(start <= 0.0 && metric(&report, "belief_at_end") <= 0.0);
        }
        prop_assert!((metric(&report, "gain_from_own_text") - own.0 / f64::from(own.1.max(1))).abs() < 1e-4);
        prop_assert!((0.0..=1.0).contains(&metric(&report, "own_text_share")));
    }

    #[test]
    fn a_window_scores_what_the_policy_would_read(seed: u64) {
        let method = method(BeliefBasisConfig::LogProb, igpo(GainPoolsConfig::Separate));
        let mut trainer = build(CODE, ContextRule::window(1, 40), 1.0, method, seed).expect("the parts fit");
        let (batch, _) = scored(&mut trainer, 0).expect("scores");
        let model = trainer.model.clone().valid();
        for trajectory in batch.trajectories() {
            let gains = trajectory.signals.require(CHANNEL).expect("written");
            let window = |turn: usize| {
                let mut read = said(trajectory, 0, true);
                if let Some(last) = turn.checked_sub(1) {
                    let shown = trajectory.spans.iter().filter(|s| s.kind != SpanKind::Prompt && s.turn as usize == last);
                    read.extend(shown.flat_map(|span| &trajectory.tokens[span.range()]));
                }
                read.push(Lock::HM);
                naive(&model, &read, &code(trajectory.task), 1.0)
            };
            for (turn, gain) in gains.iter().enumerate() {
                let Some(gain) = gain else { continue };
                prop_assert!((gain - (window(turn + 1) - window(turn))).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn the_reward_carries_no_gradient(seed: u64) {
        /// Writes gains that were computed before, as numbers.
        struct Playback(Vec<(Vec<f64>, Vec<bool>)>);
        impl ModelScorer<TokenAgent<Lock, CausalTransformer>> for Playback {
            fn name(&self) -> &'static str {
                CHANNEL
            }
            fn score(
                &mut self,
                _: &View<'_, TokenAgent<Lock, CausalTransformer>>,
                batch: &mut Batch<()>,
            ) -> Result<ScoreReport, TrainError> {
                for (trajectory, (values, valid)) in batch.trajectories_mut().zip(self.0.drain(..)) {
                    trajectory.add_channel(Channel::masked(CHANNEL, Level::Turn, values, valid)?)?;
                }
                Ok(ScoreReport::default())
            }
        }
        let (batch, _) = scored(&mut trainer(BeliefBasisConfig::LogProb, seed), 0).expect("scores");
        let gains = batch.trajectories().map(|trajectory| {
            let channel = trajectory.signals.require(CHANNEL).expect("written");
            (channel.values().to_vec(), channel.valid().to_vec())
        });
        let plain = MethodConfig {
            model_scorers: Vec::new(),
            ..method(BeliefBasisConfig::LogProb, igpo(GainPoolsConfig::Separate))
        };
        let played = build(SamplerAids::NONE, ContextRule::full(40), 1.0, plain, seed).expect("the parts fit");
        let mut played = played.with_model_scorer(Playback(gains.collect()));
        let mut computed = trainer(BeliefBasisConfig::LogProb, seed);
        played.iterate().expect("trains");
        computed.iterate().expect("trains");
        let weights = |trainer: &Loop| {
            let parts = trainer.checkpoint().expect("saves");
            parts.into_iter().filter(|(name, _)| !name.ends_with("json")).collect::<Vec<_>>()
        };
        prop_assert!(!weights(&computed).is_empty());
        prop_assert_eq!(weights(&played), weights(&computed));
    }

    #[test]
    fn without_a_gain_anywhere_igpo_trains_as_grpo_bit_for_bit(seed: u64, separate: bool) {
        let pools = if separate { GainPoolsConfig::Separate } else { GainPoolsConfig::Joint };
        let build = |credit| {
            let method = MethodConfig { model_scorers: Vec::new(), ..method(BeliefBasisConfig::LogProb, credit) };
            build(SamplerAids::NONE, ContextRule::full(40), 1.0, method, seed).expect("the parts fit")
        };
        let mute = Zeros(|_| false);
        let (mut mute, mut grpo) = (build(igpo(pools)).with_model_scorer(mute), build(CreditConfig::Broadcast));
        let task = TaskSeed::literal(seed);
        let (one, other) = (mute.trace(task, 3).expect("traces"), grpo.trace(task, 3).expect("traces"));
        for (a, b) in one.iter().zip(&other) {
            prop_assert_eq!(&a.token_advantages, &b.token_advantages);
        }
        let (one, other) = (mute.iterate().expect("trains"), grpo.iterate().expect("trains"));
        let count = |report: &crate::IterationReport| {
            report.counters.iter().find(|(name, _)| name == "groups_without_variance").map(|(_, count)| *count)
        };
        prop_assert_eq!(count(&one), count(&other));
    }
}

#[test]
fn a_reply_that_says_nothing_leaves_the_policy_s_own_text_alone_to_matter() {
    let mut trainer = trainer(BeliefBasisConfig::LogProb, 3);
    let (task, own) = (TaskSeed::literal(2), Provenance::OnPolicy);
    let mut builder = TrajectoryBuilder::new(task, 0, 0, Version(0), StateRecords::default());
    builder.span(SpanKind::Prompt, Provenance::Forced, &[Vocabulary::BEGIN, Lock::LOCK], &[]);
    builder.state((), 0, &[]);
    for _ in 0..3 {
        builder.span(SpanKind::Policy, own, &[Lock::HM, Lock::X, Vocabulary::END], &[-1.0; 3]);
        builder.end_turn(0.0);
        builder.state((), 0, &[]);
    }
    let trajectory = builder.finish(Ending::Terminated(Outcome::Failure)).expect("consistent");
    let mut batch = Batch { groups: vec![Group::new(vec![trajectory]).expect("one member")] };
    let config = trainer.method.model_scorers[0].clone();
    let model = trainer.model.clone().valid();
    let mut scorer = trainer.agent.model_scorer(&config, &model).expect("lent");
    let report = score(&trainer, scorer.as_mut(), &mut batch, 0).expect("scores");
    assert_eq!(metric(&report, "gain_from_own_text"), metric(&report, "gain"));
    assert_eq!(metric(&report, "own_text_share"), 1.0);
    assert_eq!(report.counters["beliefs"], 3, "equal contexts are read once: the prompt and two turns");
    trainer.iterate().expect("and the loop goes on");
}

#[test]
fn a_document_that_states_the_answer_is_a_gain_to_a_policy_that_copies() {
    // Which entity it is cannot be known before the one document is read.
    let world = LookupConfig {
        entities: 6,
        relations: 1,
        hops: 1,
        name_len: 1,
        top_k: 1,
        retriever_noise: 0.0,
        turns: 2,
        thoughts: 0,
        document_ids: 2,
        ..LookupConfig::default()
    };
    let world = LookupQa::new(world).expect("valid");
    let aids: SamplerAids<LookupQa> = SamplerAids {
        belief: Some(BeliefAid {
            answer: |world| {
                let schema = world.oracle()?.answer_schema();
                Some(AnswerForm { before: schema.before, aliases: vec![schema.answer] })
            },
        }),
        ..SamplerAids::NONE
    };
    let settings = TokenSettings { constrained: true, ..TokenSettings::new(ContextRule::full(32), 2) };
    let warm = WarmStart { demonstrations: 300, epochs: 8, learning_rate: 0.01, ..WarmStart::default() };
    let (device, words) = (Device::flex(), world.vocabulary().len());
    let (network, _) =
        warm.apply(transformer(words, 48, 16, 1), &world, &settings, &device, 1).expect("imitates");
    let method = MethodConfig {
        sampler: SamplerConfig::Groups { tasks: 8, group_size: 2 },
        ..method(BeliefBasisConfig::LogProb, igpo(GainPoolsConfig::Separate))
    };
    let parts =
        TokenParts { environment: world, probes: Vec::new(), network, method, settings, device, run_seed: 1 };
    let mut trainer = Trainer::over_tokens_with(aids, parts).expect("the parts fit");
    let traces = trainer.trace(TaskSeed::literal(5), 16).expect("traces");
    let gains = traces.iter().filter_map(|trace| trace.trajectory.signals.get(CHANNEL)?.get(0));
    let gains: Vec<f64> = gains.collect();
    assert!(gains.len() > 10, "most search first: {}", gains.len());
    assert!(gains.iter().all(|gain| *gain > 0.5), "{gains:?}");
    let report = trainer.iterate().expect("trains");
    let number =
        |name: &str| report.metrics.iter().find(|(n, _)| *n == format!("{CHANNEL}.{name}")).expect("told").1;
    assert!(number("own_text_share") < 0.5, "it is the document that tells: {}", number("own_text_share"));
    assert!(number("belief_at_end") > number("belief_at_start") + 0.5);
}

#[test]
fn pools_of_one_are_counted_apart_from_pools_without_variance() {
    let counted = |group_size: usize, pools: GainPoolsConfig| {
        let method = MethodConfig {
            sampler: SamplerConfig::Groups { tasks: 4, group_size },
            model_scorers: Vec::new(),
            ..method(BeliefBasisConfig::LogProb, igpo(pools))
        };
        let trainer = build(SamplerAids::NONE, ContextRule::full(40), 1.0, method, 1).expect("the parts fit");
        let report = trainer.with_model_scorer(Zeros(|turn| turn == 0)).iterate().expect("trains");
        let names = ["outcome_pools_of_one", "gain_pools_of_one", "gain_pools_without_variance"];
        names.map(|name| report.counters.iter().find(|(counter, _)| counter == name).expect("counted").1)
    };
    assert_eq!(counted(1, GainPoolsConfig::Separate), [4, 4, 0], "an outcome and a gain for each question");
    assert_eq!(counted(2, GainPoolsConfig::Separate), [0, 0, 4], "two gains of 0");
    assert_eq!(counted(1, GainPoolsConfig::Joint)[..2], [0, 0], "the outcome and the gain share a pool");
}

#[test]
fn of_several_ways_to_say_it_the_one_believed_at_the_start_is_scored_throughout() {
    let both = aliases(|lock| {
        let code: Vec<u32> = (0..).map_while(|place| lock.dial(place)).collect();
        Some(AnswerForm { before: Vec::new(), aliases: vec![code, vec![Lock::OPEN]] })
    });
    let one = aliases(|lock| {
        let code: Vec<u32> = (0..).map_while(|place| lock.dial(place)).collect();
        Some(AnswerForm { before: Vec::new(), aliases: vec![code] })
    });
    let other = aliases(|_| Some(AnswerForm { before: Vec::new(), aliases: vec![vec![Lock::OPEN]] }));
    let mut chosen = [0, 0];
    for seed in 0..12 {
        let method = method(BeliefBasisConfig::LogProb, igpo(GainPoolsConfig::Separate));
        let gains = |aids| {
            let mut trainer =
                build(aids, ContextRule::full(40), 1.0, method.clone(), seed).expect("the parts fit");
            let (batch, _) = scored(&mut trainer, 0).expect("scores");
            let model = trainer.model.clone().valid();
            let channels = |group: &Group<()>| {
                let channel = |t: &Trajectory<()>| t.signals.require(CHANNEL).expect("written").clone();
                group.members().iter().map(channel).collect::<Vec<_>>()
            };
            let start = |group: &Group<()>, answer: &[u32]| {
                naive(&model, &said(&group.members()[0], 0, true), answer, 1.0)
            };
            let of = |group: &Group<()>| {
                (channels(group), start(group, &code(group.task())) >= start(group, &[Lock::OPEN]))
            };
            batch.groups.iter().map(of).collect::<Vec<_>>()
        };
        for ((both, first), (one, other)) in
            gains(both).into_iter().zip(gains(one).into_iter().zip(gains(other)))
        {
            chosen[usize::from(!first)] += 1;
            assert_eq!(both, if first { one.0 } else { other.0 }, "seed {seed}");
        }
    }
    assert!(chosen[0] > 0 && chosen[1] > 0, "both ways are chosen somewhere: {chosen:?}");
}

#[test]
fn what_cannot_be_scored_is_refused_by_name() {
    let method = || method(BeliefBasisConfig::LogProb, igpo(GainPoolsConfig::Separate));
    let unlent = build(SamplerAids::NONE, ContextRule::full(40), 1.0, method(), 0).err().expect("refused");
    assert!(unlent.to_string().contains("does not lend; choose a world"), "{unlent}");
    let mute = aliases(|_| Some(AnswerForm { before: vec![Lock::HM], aliases: vec![Vec::new()] }));
    let mut empty = build(mute, ContextRule::full(40), 1.0, method(), 0).expect("the parts fit");
    assert!(matches!(empty.iterate(), Err(TrainError::NoAnswer { .. })));
    let stale = scored(&mut trainer(BeliefBasisConfig::LogProb, 0), 1)
        .map(drop)
        .expect_err("another version drew it");
    assert!(matches!(stale, TrainError::Version(_)), "{stale}");
    let mut wrong = MethodConfig { model_scorers: Vec::new(), ..method() };
    wrong.credit = CreditConfig::Igpo { gains: "outcomes".into(), pools: GainPoolsConfig::Joint, gamma: 1.0 };
    let mut wrong = build(CODE, ContextRule::full(40), 1.0, wrong, 0).expect("the parts fit");
    assert!(wrong.iterate().map(drop).expect_err("no such channel").to_string().contains("outcomes"));
}
