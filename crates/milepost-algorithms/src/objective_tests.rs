use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_credit::{KlEstimator, Rows};
use milepost_objectives::{
    Clip, KlBounds, KlTerm, LogRatio, PreferenceLoss, PreferenceObjective, RatioUnit, Surrogate, profiles,
};
use proptest::prelude::*;

use crate::config::{AggregationConfig, ObjectiveConfig, Pairing, SequenceUnit};
use crate::objective::{Minibatch, Objective, Tokens};

const ACTIONS: usize = 3;

#[derive(Debug, Clone)]
struct Data {
    logits: Vec<f32>,
    actions: Vec<i32>,
    advantages: Vec<f64>,
    shift: Vec<f64>,
}

fn data() -> impl Strategy<Value = Data> {
    (1usize..8).prop_flat_map(|n| {
        (
            prop::collection::vec(-2.0f32..2.0, n * ACTIONS),
            prop::collection::vec(0..ACTIONS as i32, n),
            prop::collection::vec(prop_oneof![-3.0f64..-0.1, 0.1f64..3.0], n),
            prop::collection::vec(-0.8f64..0.8, n),
        )
            .prop_map(|(logits, actions, advantages, shift)| Data {
                logits,
                actions,
                advantages,
                shift,
            })
    })
}

fn logits(data: &Data, device: &Device) -> Tensor<2> {
    let n = data.actions.len();
    Tensor::from_data(TensorData::new(data.logits.clone(), [n, ACTIONS]), device)
}

fn log_probs(data: &Data) -> Vec<f64> {
    let device = Device::flex();
    let actions = TensorData::new(data.actions.clone(), [data.actions.len(), 1]);
    let actions = Tensor::<2, Int>::from_data(actions, &device);
    let read = log_softmax(logits(data, &device), 1).gather(1, actions).try_into_vec_as::<f32>();
    read.expect("floats").into_iter().map(f64::from).collect()
}

/// The old log-probability is the current one plus `scale · shift`; the reference lies the other way.
fn minibatch(data: &Data, scale: f64) -> Minibatch {
    let n = data.actions.len();
    let now = log_probs(data);
    let moved = |by: f64| now.iter().zip(&data.shift).map(|(l, shift)| l + by * shift).collect::<Vec<f64>>();
    Minibatch {
        actions: Tensor::from_data(TensorData::new(data.actions.clone(), [n]), &Device::flex()),
        tokens: Tokens {
            rows: Rows::ragged(&[n]),
            turns: Rows::ragged(&vec![1; n]),
            old_log_probs: moved(scale),
            reference: Some(moved(-scale)),
            advantages: data.advantages.clone(),
            returns: vec![0.0; n],
            old_values: vec![0.0; n],
            correction: None,
        },
    }
}

/// Loss and its gradient with respect to the logits.
fn evaluate(objective: &ObjectiveConfig, data: &Data, batch: &Minibatch) -> (f64, Vec<f32>) {
    let device = Device::flex().autodiff();
    let logits = logits(data, &device).require_grad();
    let values = Tensor::<1>::zeros([data.actions.len()], &device);
    let loss = objective.loss(logits.clone(), values, batch).expect("finite").total;
    let value = f64::from(loss.clone().into_scalar::<f32>());
    let gradient = logits.grad(&loss.backward()).expect("the logits are tracked");
    (value, gradient.try_into_vec_as::<f32>().expect("floats"))
}

fn only(surrogate: Surrogate) -> ObjectiveConfig {
    ObjectiveConfig {
        surrogate: Some(surrogate),
        entropy_coefficient: 0.0,
        value_coefficient: 0.0,
        ..ObjectiveConfig::ppo()
    }
}

fn clip(dual: Option<f64>) -> ObjectiveConfig {
    only(Surrogate::Clip(Clip { dual, ..Clip::asymmetric(0.2, 0.28) }))
}

/// Every profile of published code.
fn published() -> Vec<(&'static str, ObjectiveConfig)> {
    use milepost_credit::Aggregation::{SeqMeanTokenMean, TokenMean};
    use profiles::{trl, verl};
    [
        ("verl vanilla", verl::vanilla(0.2, 0.28, 3.0, TokenMean)),
        ("verl gspo", verl::gspo(3e-4, 4e-4, SeqMeanTokenMean)),
        ("verl cispo", verl::cispo(0.2, 0.28, TokenMean)),
        ("verl sapo", verl::sapo(1.0, 1.05)),
        ("verl geo_mean", verl::geo_mean(0.4, 0.4)),
        ("verl gpg", verl::gpg(TokenMean)),
        ("trl cispo", trl::cispo(5.0)),
    ]
    .map(|(name, policy)| (name, ObjectiveConfig::from_policy(policy)))
    .to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn at_ratio_one_every_surrogate_has_the_policy_gradient(data in data()) {
        let (_, plain) = evaluate(&only(Surrogate::PolicyGradient {}), &data, &minibatch(&data, 0.0));
        for (name, objective) in published() {
            // One sequence: token mean and sequence mean are the same weights. A sequence ratio is one number, so
            // give every token the same advantage.
            let data = Data { advantages: vec![data.advantages[0]; data.actions.len()], ..data.clone() };
            let (_, plain) = evaluate(&only(Surrogate::PolicyGradient {}), &data, &minibatch(&data, 0.0));
            let (_, gradient) = evaluate(&objective, &data, &minibatch(&data, 0.0));
            for (a, b) in gradient.iter().zip(&plain) {
                prop_assert!((a - b).abs() < 2e-5, "{name}: {a} {b}");
            }
        }
        for objective in [clip(None), clip(Some(3.0))] {
            let (_, gradient) = evaluate(&objective, &data, &minibatch(&data, 0.0));
            for (a, b) in gradient.iter().zip(&plain) {
                prop_assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        }
    }

    #[test]
    fn the_clipped_loss_is_the_published_formula(data in data()) {
        let (loss, _) = evaluate(&clip(None), &data, &minibatch(&data, 1.0));
        let terms = data.advantages.iter().zip(&data.shift).map(|(a, shift)| {
            let ratio = (-shift).exp();
            (-a * ratio).max(-a * ratio.clamp(0.8, 1.28))
        });
        let want = terms.sum::<f64>() / data.advantages.len() as f64;
        prop_assert!((loss - want).abs() < 1e-4, "{loss} {want}");
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_loss(data in data(), index in 0usize..ACTIONS) {
        let kl = KlTerm::new(0.3, KlEstimator::K2, KlBounds::None);
        let smooth = ObjectiveConfig { kl: Some(kl), ..only(Surrogate::ImportanceWeighted {}) };
        let batch = minibatch(&data, 0.5);
        let (_, gradient) = evaluate(&smooth, &data, &batch);
        let step = 1e-2;
        let moved = |by: f32| {
            let mut data = data.clone();
            data.logits[index] += by;
            evaluate(&smooth, &data, &batch).0
        };
        let slope = (moved(step) - moved(-step)) / f64::from(2.0 * step);
        prop_assert!((slope - f64::from(gradient[index])).abs() < 5e-3, "{slope} {}", gradient[index]);
    }
}

#[test]
fn a_turn_as_the_sequence_gives_every_action_one_ratio() {
    let shift = vec![0.3, -0.1, 0.05, 0.2];
    let data = Data {
        logits: (0..12).map(|i| 0.1 * (i % 5) as f32).collect(),
        actions: vec![0, 1, 2, 0],
        advantages: vec![1.5, 1.5, -0.5, -0.5],
        shift: shift.clone(),
    };
    // Two turns of two tokens. The old log-probability is the current one plus the shift.
    let mut batch = minibatch(&data, 1.0);
    batch.tokens.turns = Rows::ragged(&[2, 2]);
    for (unit, length) in [(RatioUnit::SequenceSum, 1.0), (RatioUnit::SequenceMean, 2.0)] {
        let objective = ObjectiveConfig {
            ratio: LogRatio::unbounded(unit),
            sequence: SequenceUnit::Turn,
            aggregation: AggregationConfig::SeqMeanTokenMean,
            ..only(Surrogate::Clip(Clip::symmetric(0.1)))
        };
        let term = |turn: usize| {
            let ratio = (-(shift[2 * turn] + shift[2 * turn + 1]) / length).exp();
            let a = data.advantages[2 * turn];
            (-a * ratio).max(-a * ratio.clamp(0.9, 1.1))
        };
        let (loss, _) = evaluate(&objective, &data, &batch);
        let want = f64::midpoint(term(0), term(1));
        assert!((loss - want).abs() < 1e-6, "{loss} {want}");
        let whole = ObjectiveConfig { sequence: SequenceUnit::Trajectory, ..objective };
        assert!((evaluate(&whole, &data, &batch).0 - want).abs() > 1e-3, "not the trajectory's ratio");
    }
}

#[test]
fn the_dual_clip_bounds_the_loss_where_the_advantage_is_negative() {
    let data =
        Data { logits: vec![0.3, -0.2, 0.1], actions: vec![1], advantages: vec![-2.0], shift: vec![-0.8] };
    let batch = minibatch(&data, 1.0);
    let (with, _) = evaluate(&clip(Some(1.5)), &data, &batch);
    let (without, _) = evaluate(&clip(None), &data, &batch);
    assert!((without - 2.0 * 0.8_f64.exp()).abs() < 1e-5 && (with - 3.0).abs() < 1e-6, "{with} {without}");
}

#[test]
fn the_value_loss_is_half_the_mean_square_and_its_clip_only_raises_it() {
    let device = Device::flex().autodiff();
    let batch = Minibatch {
        actions: Tensor::zeros([2], &Device::flex()),
        tokens: Tokens {
            rows: Rows::ragged(&[2]),
            turns: Rows::ragged(&[1; 2]),
            old_log_probs: vec![-1.0; 2],
            reference: None,
            advantages: vec![0.0; 2],
            returns: vec![1.0, 3.0],
            old_values: vec![0.0, 1.0],
            correction: None,
        },
    };
    let loss = |clip| {
        let objective = ObjectiveConfig { value_clip: clip, ..ObjectiveConfig::ppo() };
        let logits = Tensor::<2>::zeros([2, ACTIONS], &device);
        let values = Tensor::<1>::from_data(TensorData::new(vec![0.5f32, 2.0], [2]), &device).require_grad();
        let loss = objective.loss(logits, values.clone(), &batch).expect("finite");
        let slope = values.grad(&loss.total.backward()).expect("tracked").try_into_vec_as::<f32>();
        let value = loss.numbers.into_iter().find(|(name, _)| *name == "value_loss").expect("has a critic").1;
        (value, slope.expect("floats"))
    };
    let (plain, slope) = loss(None);
    assert!((plain - 0.5 * (0.25 + 1.0) / 2.0).abs() < 1e-12);
    assert_eq!(slope, [-0.25, -0.5]);
    // Clipped to 0 ± 0.2 and 1 ± 0.2: errors 0.8 and 1.8, on which the values have no influence.
    let (clipped, slope) = loss(Some(0.2));
    assert!((clipped - 0.5 * (0.64 + 3.24) / 2.0).abs() < 1e-12);
    assert_eq!(slope, [0.0, 0.0]);
}

#[test]
fn dpo_at_the_reference_is_log_two_and_pushes_the_two_sides_apart() {
    let data = Data {
        logits: vec![0.3, -0.2, 0.1, 0.0, 0.5, -0.4, 0.2, 0.1, 0.0],
        actions: vec![0, 1, 2],
        advantages: vec![0.0; 3],
        shift: vec![0.0; 3],
    };
    let mut batch = minibatch(&data, 0.0);
    // Two tokens are preferred to one.
    batch.tokens.rows = Rows::ragged(&[2, 1]);
    let dpo = PreferenceObjective { loss: PreferenceLoss::dpo(), beta: 0.1 };
    let objective = ObjectiveConfig::from_preference(dpo, Pairing::BestWorst);
    let (loss, gradient) = evaluate(&objective, &data, &batch);
    assert!((loss - std::f64::consts::LN_2).abs() < 1e-6, "{loss}");
    // −β σ(0) (1 − π) at the preferred tokens, +β σ(0) (1 − π) at the other.
    for (token, sign) in [(0, -1.0), (1, -1.0), (2, 1.0)] {
        let at = token * ACTIONS + data.actions[token] as usize;
        let expected = sign * 0.05 * (1.0 - log_probs(&data)[token].exp());
        assert!((f64::from(gradient[at]) - expected).abs() < 1e-6, "{} {expected}", gradient[at]);
    }
    // Without pairs or a reference it is refused, not guessed.
    let device = Device::flex().autodiff();
    let values = || Tensor::<1>::zeros([3], &device);
    batch.tokens.rows = Rows::ragged(&[3]);
    assert!(objective.loss(logits(&data, &device), values(), &batch).is_err());
    batch.tokens.rows = Rows::ragged(&[2, 1]);
    batch.tokens.reference = None;
    assert!(objective.loss(logits(&data, &device), values(), &batch).is_err());
}

#[test]
fn an_objective_survives_its_file() {
    for (name, objective) in published() {
        let text = serde_json::to_string(&objective).expect("can be written");
        let read: ObjectiveConfig = serde_json::from_str(&text).expect("can be read");
        assert_eq!(read, objective, "{name}: {text}");
    }
    let short = r#"{"surrogate":{"kind":"clip","low":0.2,"high":0.2},"aggregation":{"kind":"token-mean"},
        "value-coefficient":1.0,"entropy-coefficient":0.01}"#;
    let read: ObjectiveConfig = serde_json::from_str(short).expect("defaults fill the rest");
    assert_eq!(read, ObjectiveConfig::ppo());
    assert_eq!(read.aggregation, AggregationConfig::TokenMean);
}
