use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use proptest::prelude::*;

use crate::config::{ObjectiveConfig, SurrogateConfig};
use crate::objective::{Minibatch, Objective};

const ACTIONS: usize = 3;

#[derive(Debug, Clone)]
struct Data {
    logits: Vec<f32>,
    actions: Vec<i32>,
    advantages: Vec<f32>,
    shift: Vec<f32>,
}

fn data() -> impl Strategy<Value = Data> {
    (1usize..8).prop_flat_map(|n| {
        (
            prop::collection::vec(-2.0f32..2.0, n * ACTIONS),
            prop::collection::vec(0..ACTIONS as i32, n),
            prop::collection::vec(prop_oneof![-3.0f32..-0.1, 0.1f32..3.0], n),
            prop::collection::vec(-0.8f32..0.8, n),
        )
            .prop_map(|(logits, actions, advantages, shift)| Data {
                logits,
                actions,
                advantages,
                shift,
            })
    })
}

fn floats(values: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

/// The old log-probability is the current one plus `scale · shift`.
fn minibatch(data: &Data, scale: f32, device: &Device) -> Minibatch {
    let n = data.actions.len();
    let logits = Tensor::<2>::from_data(TensorData::new(data.logits.clone(), [n, ACTIONS]), device);
    let actions = Tensor::<1, Int>::from_data(TensorData::new(data.actions.clone(), [n]), device);
    let logp = log_softmax(logits, 1).gather(1, actions.clone().unsqueeze_dim(1)).squeeze_dim::<1>(1);
    Minibatch {
        actions,
        old_logp: logp + floats(&data.shift, device) * scale,
        advantages: floats(&data.advantages, device),
        returns: Tensor::zeros([n], device),
        old_values: Tensor::zeros([n], device),
        weights: Tensor::ones([n], device) / n as f32,
    }
}

/// Loss and its gradient with respect to the logits.
fn evaluate(objective: &ObjectiveConfig, data: &Data, scale: f32) -> (f32, Vec<f32>) {
    let device = Device::flex();
    let batch = minibatch(data, scale, &device);
    let n = data.actions.len();
    let logits = TensorData::new(data.logits.clone(), [n, ACTIONS]);
    let logits = Tensor::<2>::from_data(logits, &device.clone().autodiff()).require_grad();
    let values = Tensor::<1>::zeros([n], &device.autodiff());
    let loss = objective.loss(logits.clone(), values, &batch).total;
    let value = loss.clone().into_scalar::<f32>();
    let gradient = logits.grad(&loss.backward()).expect("the logits are tracked");
    (value, gradient.try_into_vec_as::<f32>().expect("floats"))
}

fn surrogate(surrogate: SurrogateConfig) -> ObjectiveConfig {
    ObjectiveConfig { surrogate, entropy_coefficient: 0.0, value_coefficient: 0.0, ..ObjectiveConfig::ppo() }
}

fn clip(dual: Option<f64>) -> ObjectiveConfig {
    surrogate(SurrogateConfig::Clip { low: 0.2, high: 0.28, dual })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn at_ratio_one_every_surrogate_has_the_policy_gradient(data in data()) {
        let (_, plain) = evaluate(&surrogate(SurrogateConfig::PolicyGradient), &data, 0.0);
        for objective in [clip(None), clip(Some(3.0))] {
            let (_, gradient) = evaluate(&objective, &data, 0.0);
            for (a, b) in gradient.iter().zip(&plain) {
                prop_assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        }
    }

    #[test]
    fn the_clipped_loss_is_the_published_formula(data in data()) {
        let (loss, _) = evaluate(&clip(None), &data, 1.0);
        let terms = data.advantages.iter().zip(&data.shift).map(|(a, shift)| {
            let ratio = (-shift).exp();
            (-a * ratio).max(-a * ratio.clamp(0.8, 1.28))
        });
        let want = terms.sum::<f32>() / data.advantages.len() as f32;
        prop_assert!((loss - want).abs() < 1e-4, "{loss} {want}");
    }

    #[test]
    fn the_dual_clip_bounds_the_loss_where_the_advantage_is_negative(data in data()) {
        let c = 1.5;
        let one = |index: usize| Data {
            logits: data.logits[index * ACTIONS..(index + 1) * ACTIONS].to_vec(),
            actions: vec![data.actions[index]],
            advantages: vec![data.advantages[index]],
            shift: vec![data.shift[index]],
        };
        for index in 0..data.actions.len() {
            let single = one(index);
            let (with, _) = evaluate(&clip(Some(c)), &single, 1.0);
            let (without, _) = evaluate(&clip(None), &single, 1.0);
            let advantage = single.advantages[0];
            if advantage < 0.0 {
                prop_assert!(with <= -advantage * c as f32 + 1e-5);
                prop_assert!((with - without.min(-advantage * c as f32)).abs() < 1e-5);
            } else {
                prop_assert!((with - without).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn the_value_loss_is_half_the_mean_square_and_its_clip_only_raises_it() {
    let device = Device::flex();
    let floats = |values: &[f32]| floats(values, &device);
    let batch = Minibatch {
        actions: Tensor::zeros([2], &device),
        old_logp: Tensor::zeros([2], &device),
        advantages: Tensor::zeros([2], &device),
        returns: floats(&[1.0, 3.0]),
        old_values: floats(&[0.0, 1.0]),
        weights: floats(&[0.5, 0.5]),
    };
    let loss = |clip| {
        let objective = ObjectiveConfig { value_clip: clip, ..ObjectiveConfig::ppo() };
        let logits = Tensor::<2>::zeros([2, ACTIONS], &device.clone().autodiff());
        let values =
            Tensor::<1>::from_data(TensorData::new(vec![0.5f32, 2.0], [2]), &device.clone().autodiff());
        let loss = objective.loss(logits, values, &batch);
        let metric = loss.metrics.into_iter().find(|(name, _)| *name == "value_loss").expect("has a critic");
        metric.1.into_scalar::<f32>()
    };
    assert!((loss(None) - 0.5 * (0.25 + 1.0) / 2.0).abs() < 1e-6);
    // Clipped to 0 ± 0.2 and 1 ± 0.2: errors 0.8 and 1.8.
    assert!((loss(Some(0.2)) - 0.5 * (0.64 + 3.24) / 2.0).abs() < 1e-6);
}
