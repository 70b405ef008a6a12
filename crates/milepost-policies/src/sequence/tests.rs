use burn::tensor::Device;
use milepost_core::{
    Ending, EnvError, Environment, Purpose, ScoreRequest, StepOutcome, Stream, StreamKey, TaskSeed,
    TokenEnvironment, TokenPolicy, TurnRequest, Version, Vocabulary,
};
use proptest::prelude::*;

use super::*;
use crate::{CausalTransformer, TransformerConfig};

/// A world whose well-formed turns are increasing words.
#[derive(Clone)]
struct Increasing {
    vocabulary: Vocabulary,
}

const LIMIT: usize = 5;

impl Increasing {
    fn new() -> Self {
        Self { vocabulary: Vocabulary::new(["a", "b", "c", "d", "e", "f"]).expect("distinct") }
    }
}

impl Environment for Increasing {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;
    fn reset(&mut self, _seed: TaskSeed) -> Result<(), EnvError> {
        Ok(())
    }
    fn step(&mut self, _action: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        Ok(StepOutcome { reward: 0.0, ending: None })
    }
    fn new_observation(&self) -> Vec<u32> {
        Vec::new()
    }
    fn observe(&self, into: &mut Vec<u32>) {
        *into = vec![Vocabulary::BEGIN];
    }
    fn ending(&self) -> Option<Ending> {
        None
    }
    fn elapsed(&self) -> u32 {
        0
    }
    fn state_key(&self) -> u64 {
        0
    }
}

impl TokenEnvironment for Increasing {
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }
    fn turn_limit(&self) -> usize {
        LIMIT
    }
    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        let next = tokens.last().map_or(3, |last| last + 1);
        allowed.push(Vocabulary::END);
        allowed.extend(next..self.vocabulary.len() as u32);
        true
    }
}

fn policy(seed: u64) -> ModelPolicy<CausalTransformer> {
    let config = TransformerConfig { context: 24, width: 16, layers: 2, ..TransformerConfig::default() };
    let mut model = config.init(9, seed, &Device::flex()).expect("valid");
    // A head large enough that tokens differ.
    let head = model.head.as_mut().expect("untied");
    head.weight = head.weight.clone().map(|weight| weight * 40.0);
    ModelPolicy::freeze(&model, Version(7))
}

fn stream(seed: u64, row: usize) -> Stream {
    Stream::new(StreamKey { task: row as u64, ..StreamKey::new(seed, Purpose::POLICY) })
}

fn requests<'a>(
    world: &'a Increasing,
    contexts: &'a [Vec<u32>],
    constrained: bool,
    seed: u64,
) -> Vec<TurnRequest<'a, Increasing>> {
    let request = |(row, context): (usize, &'a Vec<u32>)| TurnRequest {
        context,
        environment: world,
        constrained,
        stream: stream(seed, row),
    };
    contexts.iter().enumerate().map(request).collect()
}

fn contexts() -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec(prop::collection::vec(1u32..9, 1..9), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn drawn_log_probs_are_the_scores(
        contexts in contexts(), constrained: bool, seed in 0u64..1000, temperature in 0.3f64..3.0,
    ) {
        let (world, policy) = (Increasing::new(), policy(seed).with_temperature(temperature).expect("positive"));
        let turns = policy.draw(requests(&world, &contexts, constrained, seed)).expect("fits");
        let asked: Vec<ScoreRequest<'_>> = contexts
            .iter()
            .zip(&turns)
            .map(|(context, turn)| ScoreRequest { context, tokens: &turn.tokens, allowed: &turn.allowed })
            .collect();
        for (turn, scores) in turns.iter().zip(policy.score(&asked).expect("fits")) {
            prop_assert!(world.is_finished(&turn.tokens));
            prop_assert!(!turn.tokens[..turn.tokens.len() - 1].contains(&Vocabulary::END));
            prop_assert_eq!(turn.allowed.iter().all(Option::is_some), constrained);
            for ((drawn, score), (token, allowed)) in
                turn.log_probs.iter().zip(&scores).zip(turn.tokens.iter().zip(&turn.allowed))
            {
                prop_assert!((drawn - score).abs() < 1e-4, "{drawn} drawn, {score} scored");
                prop_assert!(allowed.as_ref().is_none_or(|allowed| allowed.contains(token)));
            }
        }
    }

    #[test]
    fn a_request_is_answered_the_same_alone_and_in_a_batch(contexts in contexts(), seed in 0u64..1000) {
        let (world, policy) = (Increasing::new(), policy(seed));
        let together = policy.draw(requests(&world, &contexts, false, seed)).expect("fits");
        for (row, turn) in together.iter().enumerate() {
            let request = requests(&world, &contexts, false, seed).swap_remove(row);
            let alone = policy.draw(vec![request]).expect("fits").remove(0);
            prop_assert_eq!(&alone.tokens, &turn.tokens);
            for (a, b) in alone.log_probs.iter().zip(&turn.log_probs) {
                prop_assert!((a - b).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn distributions_are_normalised_and_agree_with_scores(context in prop::collection::vec(1u32..9, 2..12), seed in 0u64..1000) {
        let policy = policy(seed).with_temperature(0.7).expect("positive");
        let rows = policy.distributions(&context).expect("fits").try_into_vec_as::<f32>().expect("floats");
        for row in rows.chunks_exact(9) {
            prop_assert!((row.iter().map(|x| x.exp()).sum::<f32>() - 1.0).abs() < 1e-5);
        }
        let scores = policy
            .score(&[ScoreRequest { context: &context[..1], tokens: &context[1..], allowed: &[] }])
            .expect("fits")
            .remove(0);
        for (position, score) in scores.iter().enumerate() {
            prop_assert!((rows[position * 9 + context[position + 1] as usize] - score).abs() < 1e-4);
        }
    }
}

#[test]
fn equal_contexts_with_streams_of_their_own_give_different_turns() {
    let (world, policy) = (Increasing::new(), policy(3));
    let contexts = vec![vec![1, 5, 4]; 40];
    let turns = policy.draw(requests(&world, &contexts, false, 3)).expect("fits");
    assert!(turns.iter().any(|turn| turn.tokens != turns[0].tokens));
}

#[test]
fn draws_follow_the_distribution() {
    let (world, policy) = (Increasing::new(), policy(4));
    let context = vec![1u32, 5, 4];
    let contexts = vec![context.clone(); 4000];
    let turns = policy.draw(requests(&world, &contexts, false, 4)).expect("fits");
    let logp = policy.distributions(&context).expect("fits").try_into_vec_as::<f32>().expect("floats");
    for (token, logp) in logp[2 * 9..].iter().enumerate() {
        let share = turns.iter().filter(|turn| turn.tokens[0] == token as u32).count() as f64 / 4000.0;
        // Standard errors are at most 0.008; five of them.
        assert!((share - f64::from(logp.exp())).abs() < 0.04, "token {token}: {share}");
    }
}

#[test]
fn a_turn_that_outgrows_the_context_is_a_typed_error() {
    let (world, policy) = (Increasing::new(), policy(5));
    let contexts = vec![vec![4u32; 24]; 30];
    let error = policy.draw(requests(&world, &contexts, false, 5)).expect_err("no room for a second token");
    assert_eq!(error, PolicyError::ContextOverflow { length: 25, context: 24 });
    // The last token is predicted but not read.
    let score =
        |tokens: &[u32]| policy.score(&[ScoreRequest { context: &contexts[0][..22], tokens, allowed: &[] }]);
    assert!(score(&[4, 4, 4]).is_ok());
    assert_eq!(score(&[4; 4]), Err(PolicyError::ContextOverflow { length: 25, context: 24 }));
}

#[test]
fn bad_requests_are_named() {
    let policy = policy(6);
    let score = |context: &[u32], tokens: &[u32], allowed: &[Option<Vec<u32>>]| {
        policy.score(&[ScoreRequest { context, tokens, allowed }])
    };
    assert!(matches!(score(&[1], &[4, 5], &[None]), Err(PolicyError::Allowed { .. })));
    assert!(matches!(score(&[1], &[4], &[Some(vec![3])]), Err(PolicyError::Allowed { .. })));
    assert!(matches!(
        score(&[1], &[4], &[Some(vec![4, 30])]),
        Err(PolicyError::UnknownToken { token: 30, .. })
    ));
    assert!(matches!(score(&[], &[4], &[]), Err(PolicyError::EmptyContext { .. })));
    assert_eq!(score(&[1], &[], &[]), Ok(vec![Vec::new()]));
    assert!(policy.clone().with_temperature(0.0).is_err());
    assert_eq!(policy.version(), Version(7));
}

/// `∂ log π(y)/∂h = E(e(y) − p)` by automatic differentiation, and its mean over `y ~ π` is 0.
fn head_matrix_is_the_gradient_s<M: SequenceModel>(model: &M, device: &Device) {
    use burn::tensor::{TensorData, activation::log_softmax};
    let (rows, width, words) = (5, model.width(), model.vocabulary());
    let number = |at: usize| libm::sin(at as f64 * 1.7 + 0.3) as f32;
    let hidden: Vec<f32> = (0..rows * width).map(number).collect();
    let hidden = Tensor::<2>::from_data(TensorData::new(hidden, [rows, width]), device).require_grad();
    let log_probs = log_softmax(model.logits(hidden.clone()), 1);
    let drawn: Vec<usize> = (0..rows).map(|row| (row * 5 + 1) % words).collect();
    let picked = log_probs.clone().gather(1, indices(drawn.iter().copied(), device).unsqueeze_dim(1));
    let gradients = picked.sum().backward();
    let values = |tensor: Tensor<2>| tensor.try_into_vec_as::<f32>().expect("floats");
    let exact = values(hidden.grad(&gradients).expect("a leaf"));
    let matrix = values(model.head_matrix(device).inner());
    let log_probs = values(log_probs.inner());
    for row in 0..rows {
        let p: Vec<f32> = log_probs[row * words..][..words].iter().map(|x| x.exp()).collect();
        for at in 0..width {
            let e = &matrix[at * words..][..words];
            let expected: f32 = e.iter().zip(&p).map(|(e, p)| e * p).sum();
            let phi = |token: usize| e[token] - expected;
            assert!((phi(drawn[row]) - exact[row * width + at]).abs() < 1e-4, "row {row}, column {at}");
            let mean: f32 = (0..words).map(|token| p[token] * phi(token)).sum();
            assert!(mean.abs() < 1e-4, "the score has mean {mean}");
        }
    }
}

#[test]
fn the_head_s_matrix_gives_the_gradient_of_a_log_probability_by_the_features() {
    use crate::{GruConfig, ValueKind};
    let device = Device::flex().autodiff();
    for (tied_embeddings, value) in
        [(false, ValueKind::Head), (true, ValueKind::None), (false, ValueKind::Trunk)]
    {
        let config = TransformerConfig {
            context: 8,
            width: 16,
            layers: 1,
            tied_embeddings,
            value,
            ..TransformerConfig::default()
        };
        head_matrix_is_the_gradient_s(&config.init(9, 3, &device).expect("valid"), &device);
    }
    let config = GruConfig { context: 8, width: 16, ..GruConfig::default() };
    head_matrix_is_the_gradient_s(&config.init(9, 3, &device).expect("valid"), &device);
}
