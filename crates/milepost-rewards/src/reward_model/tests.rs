use burn::tensor::Device;
use milepost_core::{
    Batch, DrawnTurn, Ending, Group, Level, Outcome, Provenance, Purpose, SpanKind, StateRecords, Stream,
    StreamKey, TaskSeed, Trajectory, TrajectoryBuilder,
};
use milepost_policies::{CausalTransformer, GruConfig, GruPolicy, TransformerConfig, ValueKind};
use milepost_preferences::transform::TransformConfig;

use super::*;
use crate::{ScoreError, Scorer};

const WORDS: usize = 8;

fn transformer(seed: u64) -> CausalTransformer {
    let config = TransformerConfig {
        context: 16,
        width: 16,
        layers: 1,
        heads: 2,
        value: ValueKind::Head,
        ..TransformerConfig::default()
    };
    config.init(WORDS, seed, &Device::flex().autodiff()).expect("builds")
}

fn gru(seed: u64) -> GruPolicy {
    let config = GruConfig { context: 16, embedding: 8, width: 16, layers: 1 };
    config.init(WORDS, seed, &Device::flex().autodiff()).expect("builds")
}

/// Pairs of random sequences of which the one with more sevens is better.
fn pairs(count: usize, seed: u64) -> PreferenceSet<Vec<u32>> {
    let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("reward-model/tests")));
    let mut set = PreferenceSet::new(["sevens"]).expect("a source");
    while set.pairs().len() < count {
        let mut sequence = || -> Vec<u32> {
            let length = 3 + stream.below(6);
            (0..length).map(|_| 3 + stream.below(5) as u32).collect()
        };
        let (first, second) = (sequence(), sequence());
        let sevens = |tokens: &[u32]| tokens.iter().filter(|token| **token == 7).count();
        let label = match sevens(&first).cmp(&sevens(&second)) {
            std::cmp::Ordering::Greater => Label::FIRST,
            std::cmp::Ordering::Less => Label::SECOND,
            std::cmp::Ordering::Equal => continue,
        };
        set.push(PreferencePair::new(first, second, label)).expect("valid");
    }
    set
}

fn settings() -> RewardModelTraining {
    RewardModelTraining { epochs: 6, learning_rate: 3e-3, ..RewardModelTraining::default() }
}

fn answer(task: u64, tokens: &[u32]) -> Trajectory<()> {
    let records = StateRecords::default();
    let mut builder =
        TrajectoryBuilder::new(TaskSeed::literal(task), 0, 0, milepost_core::Version(0), records);
    builder.span(SpanKind::Prompt, Provenance::Forced, &[1, 3], &[]);
    builder.state((), 0, &[]);
    let drawn = DrawnTurn {
        tokens: tokens.to_vec(),
        log_probs: vec![-1.0; tokens.len()],
        allowed: vec![None; tokens.len()],
    };
    builder.drawn(SpanKind::Policy, Provenance::OnPolicy, &drawn);
    builder.end_turn(0.0);
    builder.state((), 1, &[]);
    builder.finish(Ending::Terminated(Outcome::Failure)).expect("consistent")
}

fn answers() -> Batch<()> {
    let group =
        |task: u64| Group::new(vec![answer(task, &[7, 7]), answer(task, &[4, 5, 6])]).expect("one task");
    Batch { groups: vec![group(0), group(1)] }
}

fn trained(seed: u64) -> RewardModel<CausalTransformer> {
    let mut model = RewardModel::new(transformer(seed));
    model.train(&pairs(200, 1), &settings(), seed).expect("trains");
    model
}

fn learns<M: SequenceModel>(mut model: RewardModel<M>) {
    let held_out = pairs(200, 2);
    let before = model.evaluate(&held_out).expect("scores").accuracy().expect("no ties");
    let report = model.train(&pairs(400, 1), &settings(), 0).expect("trains");
    let after = model.evaluate(&held_out).expect("scores").accuracy().expect("no ties");
    assert!(report.losses[5] < report.losses[0]);
    assert!(after > 0.85 && after > before + 0.2, "{before} to {after}");
    assert_eq!(model.version(), milepost_core::Version(1));
}

#[test]
fn both_kinds_of_networks_learn_what_the_labels_follow() {
    learns(RewardModel::new(transformer(0)));
    learns(RewardModel::new(gru(0)));
}

#[test]
fn padding_and_company_do_not_change_a_score() {
    let model = trained(3);
    let sequences: [&[u32]; 3] = [&[7, 3], &[3, 4, 5, 6, 7, 7, 3, 4], &[7]];
    let together = model.score(&sequences).expect("scores");
    for (index, sequence) in sequences.iter().enumerate() {
        let alone = model.score(&[sequence]).expect("scores");
        let [a, b] = [&together, &alone].map(|scores| scores.expect(model.version()).expect("its own"));
        assert!((a[index] - b[0]).abs() < 1e-5);
    }
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let [a, b] = [trained(4), trained(4)].map(|model| model.to_bytes().expect("bytes"));
    assert_eq!(a, b);
    assert_ne!(a, trained(5).to_bytes().expect("bytes"));
}

#[test]
fn skipped_and_weightless_pairs_teach_nothing_and_a_set_of_them_is_an_error() {
    let mut set = pairs(100, 1);
    let plain = {
        let mut model = RewardModel::new(transformer(6));
        model.train(&set, &settings(), 6).expect("trains");
        model.to_bytes().expect("bytes")
    };
    set.push(PreferencePair::new(vec![7], vec![3], Label::Skip)).expect("valid");
    set.push(PreferencePair { weight: 0.0, ..PreferencePair::new(vec![3], vec![7], Label::FIRST) })
        .expect("valid");
    let mut model = RewardModel::new(transformer(6));
    let report = model.train(&set, &settings(), 6).expect("trains");
    assert_eq!((report.pairs, report.skipped), (100, 2));
    assert_eq!(model.to_bytes().expect("bytes"), plain);
    let mut nothing = PreferenceSet::new(["none"]).expect("a source");
    nothing.push(PreferencePair::new(vec![7], vec![3], Label::Skip)).expect("valid");
    let refused = model.train(&nothing, &settings(), 6).expect_err("nothing to learn");
    assert!(matches!(refused, RewardModelError::NothingToLearn { pairs: 1, skipped: 1 }));
    assert_eq!(model.version(), milepost_core::Version(1));
}

#[test]
fn regularization_keeps_scores_small() {
    let spread = |regularization: f64| {
        let mut model = RewardModel::new(transformer(7));
        model
            .train(&pairs(200, 1), &RewardModelTraining { regularization, ..settings() }, 7)
            .expect("trains");
        let set = pairs(100, 2);
        let scores = model.score(&sides(&set.teaching().collect::<Vec<_>>())).expect("scores");
        scores.expect(model.version()).expect("its own").iter().map(|score| score * score).sum::<f64>()
    };
    assert!(spread(1.0) < 0.25 * spread(0.0));
}

#[test]
fn the_average_of_one_model_is_that_model_and_of_two_lies_between_their_weights() {
    let (a, b) = (trained(8), trained(9));
    let same = RewardModel::average(&[a.clone(), a.clone()]).expect("one shape");
    assert_eq!(same.to_bytes().expect("bytes"), a.to_bytes().expect("bytes"));
    assert_eq!(same.version(), milepost_core::Version(2));
    let head = |model: &RewardModel<CausalTransformer>| {
        let head = model.network().value_head.as_ref().expect("a head");
        head.weight.val().inner().try_into_vec_as::<f32>().expect("floats")
    };
    let mean = RewardModel::average(&[a.clone(), b.clone()]).expect("one shape");
    for ((x, y), m) in head(&a).iter().zip(head(&b)).zip(head(&mean)) {
        assert!(((x + y) / 2.0 - m).abs() < 1e-6);
    }
    assert!(RewardModel::<CausalTransformer>::average(&[]).is_err());
}

#[test]
fn scores_carry_the_version_that_made_them() {
    let untrained = RewardModel::new(transformer(1));
    let scores = untrained.score(&[&[7]]).expect("scores");
    assert!(scores.expect(trained(1).version()).is_err());
}

#[test]
fn the_scorer_pays_the_transformed_score_of_prompt_and_answer_on_the_trajectory() {
    let model = trained(2);
    let mut batch = answers();
    let sequences: Vec<&[u32]> = batch.trajectories().map(|t| t.tokens.as_slice()).collect();
    let raw = model.score(&sequences).expect("scores").expect(model.version()).expect("its own").clone();
    let book = ReferenceBook::of(&model, &batch).expect("finite");
    assert_eq!(
        (book.len(), book.clone().first(1).get(TaskSeed::literal(1)).expect("known").scores().len()),
        (2, 1)
    );
    let config =
        RewardScorerConfig { transform: TransformConfig::Par { k: 1.0 }, ..RewardScorerConfig::default() };
    let mut scorer = RewardModelScorer::new(&config, model, book.first(1)).expect("fits");
    let report = scorer.score(&mut batch).expect("scores");
    assert_eq!((report.counters["rejected"], report.counters["saturated"]), (0, 0));
    for (group, raw) in batch.groups.iter().zip(raw.chunks(2)) {
        for (member, score) in group.members().iter().zip(raw) {
            let channel = member.signals.require("reward-model").expect("scored");
            assert_eq!(channel.level(), Level::Trajectory);
            let want = 1.0 / (1.0 + (raw[0] - score).exp());
            assert!((channel.get(0).expect("present") - want).abs() < 1e-5);
        }
    }
}

#[test]
fn missing_and_stale_references_are_errors() {
    let model = trained(2);
    let config =
        RewardScorerConfig { transform: TransformConfig::Par { k: 1.0 }, ..RewardScorerConfig::default() };
    let none = RewardModelScorer::new(&config, model.clone(), ReferenceBook::default());
    assert!(matches!(none.err().expect("no references"), ScoreError::Setting { .. }));
    let stale = ReferenceBook::from_scores(milepost_core::Version(9), [(TaskSeed::literal(0), vec![0.0])]);
    let stale = RewardModelScorer::new(&config, model.clone(), stale.expect("finite"));
    assert!(stale.err().expect("stale").to_string().contains("score the references again"));
    let partial = ReferenceBook::from_scores(model.version(), [(TaskSeed::literal(0), vec![0.0])]);
    let mut scorer = RewardModelScorer::new(&config, model, partial.expect("finite")).expect("fits");
    let refused = scorer.score(&mut answers()).expect_err("task 1 has no references");
    assert!(refused.to_string().contains("reference"), "{refused}");
    assert!(
        ReferenceBook::from_scores(milepost_core::Version(0), [(TaskSeed::literal(0), Vec::new())]).is_err()
    );
}

#[test]
fn a_restored_scorer_goes_on_bit_for_bit() {
    let config = RewardScorerConfig { transform: TransformConfig::Meanstd, ..RewardScorerConfig::default() };
    let scorer =
        |seed| RewardModelScorer::new(&config, trained(seed), ReferenceBook::default()).expect("fits");
    let mut whole = scorer(2);
    whole.score(&mut answers()).expect("scores");
    let saved = Scorer::<()>::state(&whole).expect("saves");
    let mut resumed = scorer(3);
    Scorer::<()>::restore(&mut resumed, &saved).expect("restores");
    let (mut a, mut b) = (answers(), answers());
    whole.score(&mut a).expect("scores");
    resumed.score(&mut b).expect("scores");
    assert_eq!(a, b);
}
