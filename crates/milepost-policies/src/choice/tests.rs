use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Int, Tensor},
};
use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::*;
use crate::{
    GruConfig, GruPolicy, PolicyError, SequenceModel, TransformerConfig,
    testing::{host, random_tokens},
};

const VOCABULARY: usize = 6;
const RULES: [ChoiceRule; 3] = [ChoiceRule::Sum, ChoiceRule::Mean, ChoiceRule::Stepwise];

/// A network whose tokens differ in probability.
fn gru(seed: u64, device: &Device) -> GruPolicy {
    let config = GruConfig { context: 16, embedding: 4, width: 5, layers: 1 };
    let mut model = config.init(VOCABULARY, seed, device).expect("valid");
    model.head.weight = crate::parameters::with_value(model.head.weight, |weight| weight * 150.0);
    model
}

fn settings(rule: ChoiceRule) -> ChoiceSettings {
    ChoiceSettings { rule, ..ChoiceSettings::default() }
}

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::POLICY))
}

/// Distinct sequences, shuffled; with an end token none begins another.
fn sequences(ended: bool) -> impl Strategy<Value = Vec<Vec<u32>>> {
    let set = prop::collection::btree_set(prop::collection::vec(3u32..6, 1..5), 1..8);
    set.prop_map(move |set| {
        let end = |mut tokens: Vec<u32>| {
            tokens.extend(ended.then_some(2));
            tokens
        };
        set.into_iter().map(end).collect::<Vec<_>>()
    })
    .prop_shuffle()
}

fn candidates(sequences: Vec<Vec<u32>>) -> Candidates {
    Candidates::new(sequences).expect("distinct")
}

fn scores<M: SequenceModel>(model: &M, context: &[u32], candidates: &Candidates) -> CandidateScores {
    let questions = [Question { context, candidates }];
    score_candidates(model, &questions, &Device::flex()).expect("fits").remove(0)
}

/// `log p(·|tokens)` by a full pass, one number per token of the vocabulary.
fn next<M: SequenceModel>(model: &M, tokens: &[u32]) -> Vec<f64> {
    let (_, logits) = model.prefill(&[tokens], 0, &Device::flex()).expect("fits");
    let logits: Vec<f64> = host(logits).into_iter().map(f64::from).collect();
    let total = logits.iter().map(|x| x.exp()).sum::<f64>().ln();
    logits.into_iter().map(|x| x - total).collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-4 * (1.0 + b.abs())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_token_scores_what_the_model_says_after_context_and_prefix(
        sequences in sequences(false), context in prop::collection::vec(1u32..6, 1..5), seed: u64,
    ) {
        let transformer = TransformerConfig { context: 16, width: 8, layers: 1, ..TransformerConfig::default() };
        let transformer = transformer.init(VOCABULARY, seed, &Device::flex()).expect("valid");
        let gru = gru(seed, &Device::flex());
        let candidates = candidates(sequences);
        for (scores, next) in [
            (scores(&gru, &context, &candidates), &(|t: &[u32]| next(&gru, t)) as &dyn Fn(&[u32]) -> Vec<f64>),
            (scores(&transformer, &context, &candidates), &|t: &[u32]| next(&transformer, t)),
        ] {
            for (index, tokens) in candidates.sequences().iter().enumerate() {
                for (t, token) in tokens.iter().enumerate() {
                    let distribution = next(&[&context, &tokens[..t]].concat());
                    prop_assert!(close(scores.token_log_probs[index][t], distribution[*token as usize]));
                    let admissible: std::collections::BTreeSet<u32> = candidates.sequences().iter()
                        .filter(|other| other.len() > t && other[..t] == tokens[..t])
                        .map(|other| other[t])
                        .collect();
                    let mass: f64 = admissible.iter().map(|token| distribution[*token as usize].exp()).sum();
                    prop_assert!(close(scores.branch_log_mass[index][t], mass.ln()));
                }
            }
        }
    }

    #[test]
    fn probabilities_sum_to_one_under_every_rule_and_temperature(
        sequences in sequences(true), seed: u64, temperature in 0.2f64..5.0,
    ) {
        let (model, candidates) = (gru(seed, &Device::flex()), candidates(sequences));
        let scores = scores(&model, &[1, 4], &candidates);
        for rule in RULES {
            let choice = ChoiceSettings { rule, temperature }.choice(&candidates, &scores).expect("finite");
            let total: f64 = choice.log_probs().iter().map(|logp| logp.exp()).sum();
            prop_assert!((total - 1.0).abs() < 1e-12, "{total}");
            let entropy: f64 = choice.log_probs().iter().map(|logp| -logp.exp() * logp).sum();
            prop_assert!((choice.entropy() - entropy).abs() < 1e-9);
        }
    }

    #[test]
    fn the_order_of_candidates_changes_neither_probabilities_nor_draws(
        sequences in sequences(true), seed: u64, turn in 0usize..8,
    ) {
        let model = gru(seed, &Device::flex());
        let mut turned = sequences.clone();
        turned.rotate_left(turn % sequences.len());
        let (one, other) = (candidates(sequences), candidates(turned));
        let (a, b) = (scores(&model, &[1], &one), scores(&model, &[1], &other));
        for rule in RULES {
            let a = settings(rule).choice(&one, &a).expect("finite");
            let b = settings(rule).choice(&other, &b).expect("finite");
            for (index, tokens) in one.sequences().iter().enumerate() {
                let place = other.sequences().iter().position(|t| t == tokens).expect("the same set");
                prop_assert_eq!(a.log_probs()[index].to_bits(), b.log_probs()[place].to_bits());
            }
            let (drawn, redrawn) = (a.sample(&mut stream(seed)), b.sample(&mut stream(seed)));
            prop_assert_eq!(&one.sequences()[drawn.0], &other.sequences()[redrawn.0]);
            prop_assert_eq!(drawn.1.to_bits(), redrawn.1.to_bits());
            prop_assert_eq!(&one.sequences()[a.greedy().0], &other.sequences()[b.greedy().0]);
        }
    }

    #[test]
    fn stepwise_probability_is_that_of_drawing_token_by_token_under_the_candidates_as_grammar(
        sequences in sequences(true), seed: u64,
    ) {
        let (model, candidates) = (gru(seed, &Device::flex()), candidates(sequences));
        let scores = scores(&model, &[1, 5], &candidates);
        let choice = settings(ChoiceRule::Stepwise).choice(&candidates, &scores).expect("finite");
        for (tokens, logp) in candidates.sequences().iter().zip(choice.log_probs()) {
            let mut drawn = 0.0;
            for (t, token) in tokens.iter().enumerate() {
                let distribution = next(&model, &[&[1, 5], &tokens[..t]].concat());
                let mut allowed: Vec<u32> = candidates.sequences().iter()
                    .filter(|other| other.len() > t && other[..t] == tokens[..t])
                    .map(|other| other[t])
                    .collect();
                allowed.sort_unstable();
                allowed.dedup();
                let restricted: f64 = allowed.iter().map(|a| distribution[*a as usize].exp()).sum();
                drawn += distribution[*token as usize] - restricted.ln();
            }
            prop_assert!(close(*logp, drawn), "{logp} and {drawn}");
        }
    }

    #[test]
    fn sum_and_stepwise_differ_by_the_mass_of_the_branches_that_were_passed(
        sequences in sequences(true), seed: u64,
    ) {
        let (model, candidates) = (gru(seed, &Device::flex()), candidates(sequences));
        let scores = scores(&model, &[1], &candidates);
        let log_probs = |rule| settings(rule).choice(&candidates, &scores).expect("finite");
        let (sum, stepwise) = (log_probs(ChoiceRule::Sum), log_probs(ChoiceRule::Stepwise));
        let all = scores.by(ChoiceRule::Sum).iter().map(|score| score.exp()).sum::<f64>().ln();
        let passed: Vec<f64> = scores.branch_log_mass.iter().map(|masses| masses.iter().sum()).collect();
        for ((sum, stepwise), passed) in sum.log_probs().iter().zip(stepwise.log_probs()).zip(&passed) {
            prop_assert!(close(*stepwise, sum + all - passed));
        }
        // Equal exactly when every candidate passes the same mass.
        let equal = sum.log_probs().iter().zip(stepwise.log_probs()).all(|(a, b)| (a - b).abs() < 1e-6);
        let same = passed.iter().all(|other| (other - passed[0]).abs() < 1e-6);
        let doubtful = passed.iter().any(|p| { let gap = (p - passed[0]).abs(); gap > 1e-8 && gap < 1e-4 });
        prop_assume!(!doubtful);
        prop_assert_eq!(equal, same);
    }

    #[test]
    fn all_rules_agree_on_single_tokens(tokens in prop::collection::btree_set(0u32..6, 1..6), seed: u64) {
        let model = gru(seed, &Device::flex());
        let candidates = candidates(tokens.into_iter().map(|token| vec![token]).collect());
        let scores = scores(&model, &[1, 3], &candidates);
        let all = RULES.map(|rule| settings(rule).choice(&candidates, &scores).expect("finite"));
        for choice in &all[1..] {
            for (a, b) in all[0].log_probs().iter().zip(choice.log_probs()) {
                prop_assert!(close(*a, *b));
            }
        }
    }

    #[test]
    fn tensors_agree_with_the_host_for_several_questions_at_once(
        sets in prop::collection::vec((sequences(true), prop::collection::vec(1u32..6, 1..5)), 1..4),
        seed: u64, temperature in 0.3f64..3.0,
    ) {
        let device = Device::flex();
        let model = gru(seed, &device);
        let sets: Vec<(Candidates, Vec<u32>)> =
            sets.into_iter().map(|(sequences, context)| (candidates(sequences), context)).collect();
        let questions: Vec<Question<'_>> =
            sets.iter().map(|(candidates, context)| Question { context, candidates }).collect();
        let scored = score_candidates(&model, &questions, &device).expect("fits");
        for rule in RULES {
            let settings = ChoiceSettings { rule, temperature };
            let tensors = choice_log_probs(&model, &questions, settings).expect("fits");
            for ((question, scores), tensor) in questions.iter().zip(&scored).zip(tensors) {
                let choice = settings.choice(question.candidates, scores).expect("finite");
                for (a, b) in host(tensor).into_iter().zip(choice.log_probs()) {
                    prop_assert!((f64::from(a) - b).abs() < 2e-4 * (1.0 + b.abs()), "{rule:?}: {a} and {b}");
                }
            }
        }
    }

    #[test]
    fn the_expected_gradient_of_the_log_probability_is_zero(sequences in sequences(true), seed: u64) {
        prop_assume!(sequences.len() > 1);
        let device = Device::flex().autodiff();
        let (model, candidates) = (gru(seed, &device), candidates(sequences));
        let questions = [Question { context: &[1, 4], candidates: &candidates }];
        for rule in RULES {
            let logp = choice_log_probs(&model, &questions, settings(rule)).expect("fits").remove(0);
            let weights = logp.clone().detach().exp();
            let expected = GradientsParams::from_grads((weights * logp.clone()).sum().backward(), &model);
            for (index, entry) in gradient(&expected, &model).into_iter().enumerate() {
                prop_assert!(entry.abs() < 1e-4, "{rule:?}, {index}: {entry}");
            }
        }
    }
}

/// The gradient of the head's bias.
fn gradient(grads: &GradientsParams, model: &GruPolicy) -> Vec<f32> {
    host(grads.get::<1>(model.head.bias.id).expect("the head is trained"))
}

#[test]
fn gradients_are_those_of_finite_differences_under_every_rule() {
    let device = Device::flex().autodiff();
    let candidates = candidates(vec![vec![3, 4, 2], vec![3, 5, 5, 2], vec![4, 2], vec![5, 3, 2]]);
    let questions = [Question { context: &[1, 4], candidates: &candidates }];
    for rule in RULES {
        let model = gru(7, &device);
        let chosen = |model: &GruPolicy| {
            choice_log_probs(model, &questions, settings(rule)).expect("fits").remove(0).narrow(0, 1, 1)
        };
        let grads = GradientsParams::from_grads(chosen(&model).backward(), &model);
        let exact = gradient(&grads, &model);
        assert!(exact.iter().any(|entry| entry.abs() > 0.05), "{rule:?}: {exact:?}");
        for (token, exact) in exact.iter().enumerate() {
            let value = |step: f32| {
                let mut moved = model.valid();
                let bias = moved.head.bias.val();
                let mut values = host(bias.clone());
                values[token] += step;
                let bias: Tensor<1> = Tensor::from_floats(values.as_slice(), &bias.device());
                moved.head.bias = burn::module::Param::from_tensor(bias);
                host(chosen(&moved))[0]
            };
            let difference = (value(1e-2) - value(-1e-2)) / 2e-2;
            assert!((difference - exact).abs() < 2e-3, "{rule:?}, token {token}: {difference}, {exact}");
        }
    }
}

#[test]
fn a_forced_token_is_free_stepwise_and_costs_its_improbability_in_the_sum() {
    let model = gru(3, &Device::flex());
    let candidates = candidates(vec![vec![3, 3, 2], vec![4, 2]]);
    let scores = scores(&model, &[1], &candidates);
    let tokens = &scores.token_log_probs;
    let stepwise = settings(ChoiceRule::Stepwise).choice(&candidates, &scores).expect("finite");
    let odds = stepwise.log_probs()[0] - stepwise.log_probs()[1];
    assert!(close(odds, tokens[0][0] - tokens[1][0]), "only the first token branches");
    let sum = settings(ChoiceRule::Sum).choice(&candidates, &scores).expect("finite");
    let odds = sum.log_probs()[0] - sum.log_probs()[1];
    assert!(close(odds, tokens[0].iter().sum::<f64>() - tokens[1].iter().sum::<f64>()));
}

#[test]
fn draws_follow_the_probabilities() {
    let model = gru(5, &Device::flex());
    let candidates = candidates(vec![vec![3, 2], vec![4, 2], vec![5, 2], vec![4, 4, 2]]);
    let choice =
        settings(ChoiceRule::Mean).choice(&candidates, &scores(&model, &[1], &candidates)).expect("finite");
    let mut stream = stream(1);
    let mut counts = [0u32; 4];
    for _ in 0..20_000 {
        counts[choice.sample(&mut stream).0] += 1;
    }
    for (count, logp) in counts.iter().zip(choice.log_probs()) {
        // The largest standard error is 0.0035; five of them.
        assert!((f64::from(*count) / 20_000.0 - logp.exp()).abs() < 0.018, "{counts:?}");
    }
}

/// A network that counts the tokens it reads.
#[derive(Module, Debug)]
struct Counting {
    inner: GruPolicy,
    #[module(skip)]
    read: Arc<AtomicUsize>,
}

impl SequenceModel for Counting {
    type Cache = crate::GruCache;
    fn context(&self) -> usize {
        self.inner.context()
    }
    fn vocabulary(&self) -> usize {
        self.inner.vocabulary()
    }
    fn width(&self) -> usize {
        self.inner.width()
    }
    fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        self.inner.hidden(tokens)
    }
    fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        self.inner.logits(hidden)
    }
    fn values(&self, hidden: Tensor<2>) -> Tensor<1> {
        self.inner.values(hidden)
    }
    fn prefill(
        &self,
        contexts: &[&[u32]],
        reserve: usize,
        device: &Device,
    ) -> Result<(Self::Cache, Tensor<2>), PolicyError> {
        self.read.fetch_add(contexts.iter().map(|c| c.len()).sum(), Ordering::Relaxed);
        self.inner.prefill(contexts, reserve, device)
    }
    fn decode(
        &self,
        cache: &mut Self::Cache,
        rows: &[usize],
        tokens: &[u32],
    ) -> Result<Tensor<2>, PolicyError> {
        self.read.fetch_add(tokens.len(), Ordering::Relaxed);
        self.inner.decode(cache, rows, tokens)
    }
}

#[test]
fn contexts_and_shared_prefixes_are_read_once() {
    let counting = Counting { inner: gru(2, &Device::flex()), read: Arc::default() };
    let one = candidates(vec![vec![3, 4, 2], vec![3, 4, 5, 2], vec![3, 5, 2], vec![4, 2]]);
    let other = candidates(vec![vec![5]]);
    let (long, short) = (random_tokens(9, VOCABULARY, 1), random_tokens(2, VOCABULARY, 2));
    let questions =
        [Question { context: &long, candidates: &one }, Question { context: &short, candidates: &other }];
    score_candidates(&counting, &questions, &Device::flex()).expect("fits");
    // Inner prefixes: 3, 34, 345, 35 and 4. Last tokens are predicted, never read.
    assert_eq!(counting.read.load(Ordering::Relaxed), 9 + 2 + 5);
}

#[test]
fn what_cannot_be_chosen_among_is_named() {
    let refused = |sequences: Vec<Vec<u32>>| Candidates::new(sequences).expect_err("no candidates");
    assert_eq!(refused(vec![]), ChoiceError::NoCandidates);
    assert_eq!(refused(vec![vec![3], vec![]]), ChoiceError::EmptyCandidate { index: 1 });
    assert_eq!(refused(vec![vec![3], vec![4], vec![3]]), ChoiceError::Duplicate { first: 0, second: 2 });
    let device = Device::flex();
    let model = gru(1, &device);
    let prefixed = candidates(vec![vec![3, 4], vec![5], vec![3]]);
    let scored = scores(&model, &[1], &prefixed);
    assert!(settings(ChoiceRule::Sum).choice(&prefixed, &scored).is_ok());
    let error = ChoiceError::Prefix { prefix: 2, longer: 0 };
    assert_eq!(settings(ChoiceRule::Stepwise).choice(&prefixed, &scored), Err(error.clone()));
    let questions = [Question { context: &[1], candidates: &prefixed }];
    let tensors = choice_log_probs(&model, &questions, settings(ChoiceRule::Stepwise));
    assert_eq!(tensors.map(|_| ()), Err(error));
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let settings = ChoiceSettings { temperature, ..ChoiceSettings::default() };
        assert!(matches!(settings.choice(&prefixed, &scored), Err(ChoiceError::Temperature { .. })));
    }
    let broken = CandidateScores { token_log_probs: vec![vec![f64::NAN]; 3], ..scored };
    assert!(matches!(
        ChoiceSettings::default().choice(&prefixed, &broken),
        Err(ChoiceError::Score { index: 0, .. })
    ));
    let long = random_tokens(16, VOCABULARY, 1);
    for context in [&long[..], &[], &[99]] {
        let questions = [Question { context, candidates: &prefixed }];
        assert!(matches!(score_candidates(&model, &questions, &device), Err(ChoiceError::Policy(_))));
        let tensors = choice_log_probs(&model, &questions, ChoiceSettings::default());
        assert!(matches!(tensors, Err(ChoiceError::Policy(_))));
    }
    let unknown = candidates(vec![vec![77]]);
    let questions = [Question { context: &[1], candidates: &unknown }];
    assert!(matches!(score_candidates(&model, &questions, &device), Err(ChoiceError::Policy(_))));
    assert_eq!(score_candidates(&model, &[], &device), Ok(vec![]));
}
