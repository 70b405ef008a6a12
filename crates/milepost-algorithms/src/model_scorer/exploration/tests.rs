//! Features as they are used, and trajectories of which no verdict is known.

use std::ops::Range;

use burn::module::Module;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_core::{
    DrawnTurn, Ending, Group, Outcome, Provenance, SpanKind, StateRecords, TaskSeed, TrajectoryBuilder,
    Version, Vocabulary,
};
use milepost_policies::{CausalTransformer, TransformerConfig, ValueKind};
use milepost_sampling::ContextRule;
use milepost_sampling::toy::Lock;
use proptest::prelude::*;

use super::*;
use crate::agent::DecisionTable;
use crate::{MethodConfig, TokenParts, TokenSettings, Trainer};

type Loop = Trainer<TokenAgent<Lock, CausalTransformer>>;

fn trainer(temperature: f64, run_seed: u64) -> Loop {
    let network = TransformerConfig {
        context: 48,
        width: 16,
        layers: 2,
        heads: 2,
        value: ValueKind::None,
        ..TransformerConfig::default()
    };
    let parts = TokenParts {
        environment: Lock::new(2).expect("short"),
        probes: Vec::new(),
        network: network.init(Lock::WORDS, run_seed, &Device::flex().autodiff()).expect("builds"),
        method: MethodConfig::grpo(),
        settings: TokenSettings { temperature, ..TokenSettings::new(ContextRule::full(40), 4) },
        device: Device::flex(),
        run_seed,
    };
    Trainer::over_tokens(parts).expect("the parts fit")
}

/// What the policy wrote in a turn, and what the world replied.
type Said = (Vec<u32>, Vec<u32>);

fn words(size: Range<usize>) -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(Vocabulary::END..Lock::WORDS as u32, size)
}

fn said() -> impl Strategy<Value = Vec<Said>> {
    prop::collection::vec((words(1..4), words(0..3)), 1..4)
}

/// As if it had been drawn; where `constrained`, each token among those whose number is odd or even as its own.
fn trajectory(said: &[Said], constrained: bool) -> Trajectory<()> {
    let mut builder = TrajectoryBuilder::new(TaskSeed::literal(1), 0, 0, Version(0), StateRecords::default());
    builder.span(SpanKind::Prompt, Provenance::Forced, &[Vocabulary::BEGIN, Lock::LOCK], &[]);
    builder.state((), 0, &[]);
    for (own, reply) in said {
        let among = |token: &u32| (0..Lock::WORDS as u32).filter(|word| word % 2 == token % 2).collect();
        let turn = DrawnTurn {
            tokens: own.clone(),
            log_probs: vec![-1.0; own.len()],
            allowed: own.iter().map(|token| constrained.then(|| among(token))).collect(),
        };
        builder.drawn(SpanKind::Policy, Provenance::OnPolicy, &turn);
        builder.span(SpanKind::Environment, Provenance::Forced, reply, &[]);
        builder.end_turn(0.0);
        builder.state((), 0, &[]);
    }
    builder.finish(Ending::Terminated(Outcome::Failure)).expect("consistent")
}

fn batch(members: Vec<Trajectory<()>>) -> Batch<()> {
    Batch { groups: vec![Group::new(members).expect("one task")] }
}

/// Shows a batch to `look` as the loop would.
fn viewed<T>(
    trainer: &Loop,
    batch: &mut Batch<()>,
    look: impl FnOnce(&View<'_, TokenAgent<Lock, CausalTransformer>>, &mut Batch<()>) -> T,
) -> T {
    let model = trainer.model.clone().valid();
    let table = trainer.agent.table(batch).expect("fits the context");
    let scores = table.score(&model).expect("scores");
    let view = View { agent: &trainer.agent, model: &model, table: &table, scores: &scores, iteration: 0 };
    look(&view, batch)
}

/// The mean over the trained tokens of `∂ ln π(y_t)/∂h_t`, by automatic differentiation. `[width]`
fn mean_gradient(model: &CausalTransformer, trajectory: &Trajectory<()>, temperature: f64) -> Vec<f64> {
    let (width, vocabulary) = (model.width(), model.vocabulary());
    let read: Vec<i32> = trajectory.tokens.iter().map(|token| *token as i32).collect();
    let read = TensorData::new(read, [1, trajectory.tokens.len()]);
    let read = Tensor::<2, Int>::from_data(read, &Device::flex());
    let hidden = host(model.valid().hidden(read).flatten::<2>(0, 1)).expect("on the host");
    let own = trajectory.policy_mask();
    let drawn: Vec<usize> = (0..own.len()).filter(|at| own[*at]).collect();
    let (n, device) = (drawn.len(), Device::flex().autodiff());
    // The features at the token before one predict it.
    let rows: Vec<f32> = drawn.iter().flat_map(|at| hidden[(at - 1) * width..at * width].to_vec()).collect();
    let rows = Tensor::<2>::from_data(TensorData::new(rows, [n, width]), &device).require_grad();
    let bars = |at: &usize| -> Vec<f32> {
        let allowed = trajectory.allowed.get(*at).and_then(Option::as_ref);
        let bar = |word: u32| if allowed.is_none_or(|allowed| allowed.contains(&word)) { 0.0 } else { -1e4 };
        (0..vocabulary as u32).map(bar).collect()
    };
    let mask: Vec<f32> = drawn.iter().flat_map(bars).collect();
    let mask = Tensor::<2>::from_data(TensorData::new(mask, [n, vocabulary]), &device);
    let taken: Vec<i32> = drawn.iter().map(|at| trajectory.tokens[*at] as i32).collect();
    let taken = Tensor::<1, Int>::from_data(TensorData::new(taken, [n]), &device);
    let log_probs = log_softmax(model.logits(rows.clone()) / temperature + mask, 1);
    let gradients = log_probs.gather(1, taken.unsqueeze_dim(1)).sum().backward();
    let by_row = host(rows.grad(&gradients).expect("a leaf")).expect("on the host");
    let mean = |column: usize| {
        by_row.iter().skip(column).step_by(width).map(|g| f64::from(*g)).sum::<f64>() / n as f64
    };
    (0..width).map(mean).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Of ragged trajectories with replies. Features leave out the factor `1/T` of the temperature, which has no
    /// direction.
    #[test]
    fn a_feature_is_the_mean_gradient_of_the_log_probabilities_by_what_the_head_reads(
        said in prop::collection::vec(said(), 2..5), constrained: bool, temperature in 0.1..1.0_f64, seed in 0..1000_u64,
    ) {
        let trainer = trainer(temperature, seed);
        let mut batch = batch(said.iter().map(|said| trajectory(said, constrained)).collect());
        let found = viewed(&trainer, &mut batch, |view, _| features(view)).expect("finite");
        prop_assert_eq!(found.len(), said.len());
        for (feature, trajectory) in found.iter().zip(batch.trajectories()) {
            let feature = feature.as_ref().expect("tokens were drawn");
            let exact = mean_gradient(&trainer.model, trajectory, temperature);
            prop_assert_eq!(feature.len(), exact.len());
            for (phi, exact) in feature.iter().zip(exact) {
                prop_assert!((phi / temperature - exact).abs() < 1e-4, "{} {exact}", phi / temperature);
            }
        }
    }
}

#[test]
fn a_trajectory_in_which_nothing_was_drawn_has_no_feature() {
    let silent = trajectory(&[(Vec::new(), vec![Lock::HUH])], false);
    let other = trajectory(&[(vec![Lock::X, Vocabulary::END], vec![Lock::TICK])], false);
    let mut batch = batch(vec![silent, other]);
    let found = viewed(&trainer(1.0, 3), &mut batch, |view, _| features(view)).expect("finite");
    assert!(found[0].is_none() && found[1].is_some());
}

/// What a group is paid whose verdicts are these; `None` where the reward channel says nothing.
fn paid(config: &ExplorationConfig, members: &[(Vec<Said>, Option<f64>)]) -> (Vec<Option<f64>>, ScoreReport) {
    let judged = |(said, verdict): &(Vec<Said>, Option<f64>)| {
        let mut trajectory = trajectory(said, false);
        let (value, valid) = (vec![verdict.unwrap_or_default()], vec![verdict.is_some()]);
        let channel = Channel::masked("outcome", Level::Trajectory, value, valid).expect("finite");
        trajectory.add_channel(channel).expect("one value");
        trajectory
    };
    let mut batch = batch(members.iter().map(judged).collect());
    let mut scorer = Exploration::new(config.clone());
    let report = viewed(&trainer(1.0, 3), &mut batch, |view, batch| scorer.score(view, batch));
    let shaped =
        |trajectory: &Trajectory<()>| trajectory.signals.require("explored").expect("written").get(0);
    (batch.trajectories().map(shaped).collect(), report.expect("scores"))
}

#[test]
fn what_no_verdict_is_known_of_gets_no_value_and_is_no_reference() {
    let turn = |own: &[u32], reply: &[u32]| (own.to_vec(), reply.to_vec());
    let (end, tick) = (Vocabulary::END, Lock::TICK);
    let members = [
        (vec![turn(&[Lock::X, end], &[tick]), turn(&[Lock::Y, end], &[tick, Lock::OPEN])], Some(1.0)),
        (vec![turn(&[Lock::HM, Lock::Y, end], &[tick])], Some(0.0)),
        (vec![turn(&[Lock::QUIT, end], &[])], None),
        (vec![turn(&[Lock::X, Lock::Z, Lock::JAM], &[Lock::HUH]), turn(&[Lock::Y, end], &[tick])], Some(1.0)),
    ];
    let known = [members[0].clone(), members[1].clone(), members[3].clone()];
    for novelty in [NoveltyKind::Gradient, NoveltyKind::Text] {
        let config = ExplorationConfig { novelty, ..ExplorationConfig::default() };
        let (all, report) = paid(&config, &members);
        let (alone, plain) = paid(&config, &known);
        assert_eq!(all[2], None, "{novelty:?}: not a wrong answer");
        for (beside, alone) in [all[0], all[1], all[3]].into_iter().zip(alone) {
            let (beside, alone) = (beside.expect("known"), alone.expect("known"));
            assert!((beside - alone).abs() < 1e-4, "{novelty:?}: {beside} {alone}");
        }
        assert_eq!((report.counters["without_verdict"], plain.counters["without_verdict"]), (1, 0));
        assert_eq!(report.counters["without_direction"], 0);
        assert!((report.metrics["similarity"] - plain.metrics["similarity"]).abs() < 1e-4);
    }
}

#[test]
fn a_group_without_a_verdict_gets_nothing_whatever_novelty_is_measured_on() {
    let members =
        [Lock::X, Lock::Y].map(|dial| (vec![(vec![dial, Vocabulary::END], vec![Lock::TICK])], None));
    for novelty in [NoveltyKind::Gradient, NoveltyKind::Text, NoveltyKind::Random] {
        let config = ExplorationConfig { novelty, ..ExplorationConfig::default() };
        let (paid, report) = paid(&config, &members);
        assert_eq!(paid, [None, None]);
        assert_eq!(report.counters["without_verdict"], 2);
        assert!(report.metrics.is_empty(), "{:?}", report.metrics);
    }
}
