use burn::{
    module::{Module, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor},
};
use proptest::prelude::*;

use super::{Adam, AdamConfig};
use crate::{
    global_norm, model_to_bytes,
    testing::{batch, every_kind, trainable, update},
};

/// Two parameters of different rank, so that flattening has something to get wrong.
#[derive(Module, Debug)]
struct Pair {
    matrix: Param<Tensor<2>>,
    vector: Param<Tensor<1>>,
}

impl Pair {
    fn new(values: [f32; 6]) -> Self {
        let device = Device::flex().autodiff();
        let [a, b, c, d, e, f] = values;
        Self {
            matrix: Param::from_data([[a, b], [c, d]], &device),
            vector: Param::from_data([e, f], &device),
        }
    }

    /// The gradients of `Σ gᵢ θᵢ`: any that one likes.
    fn gradients(&self, g: [f32; 6]) -> GradientsParams {
        let device = Device::flex();
        let matrix = Tensor::<2>::from_floats([[g[0], g[1]], [g[2], g[3]]], &device);
        let vector = Tensor::<1>::from_floats([g[4], g[5]], &device);
        let loss = (self.matrix.val() * matrix).sum() + (self.vector.val() * vector).sum();
        GradientsParams::from_grads(loss.backward(), self)
    }

    fn values(&self) -> Vec<f32> {
        let mut values = self.matrix.val().try_into_vec_as::<f32>().expect("floats");
        values.extend(self.vector.val().try_into_vec_as::<f32>().expect("floats"));
        values
    }
}

/// Adam by the formulas of the paper, one number at a time in double precision.
fn reference(config: AdamConfig, start: [f32; 6], gradients: &[[f32; 6]]) -> Vec<f64> {
    let mut theta = start.map(f64::from);
    let (mut m, mut v) = ([0f64; 6], [0f64; 6]);
    for (t, g) in gradients.iter().enumerate() {
        let norm = g.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        let clip = config.max_grad_norm.map_or(1.0, |max| (max / (norm + 1e-6)).min(1.0));
        let t = t as i32 + 1;
        for i in 0..6 {
            let g = f64::from(g[i]) * clip;
            m[i] = config.beta1 * m[i] + (1.0 - config.beta1) * g;
            v[i] = config.beta2 * v[i] + (1.0 - config.beta2) * g * g;
            let (m_hat, v_hat) = (m[i] / (1.0 - config.beta1.powi(t)), v[i] / (1.0 - config.beta2.powi(t)));
            theta[i] -= config.learning_rate * m_hat / (v_hat.sqrt() + config.epsilon);
        }
    }
    theta.to_vec()
}

proptest! {
    #[test]
    fn steps_follow_the_papers_formulas_with_global_clipping(
        start in prop::array::uniform6(-1f32..1.0),
        gradients in prop::collection::vec(prop::array::uniform6(-3f32..3.0), 1..6),
        max_grad_norm in prop::option::of(0.1f64..10.0),
    ) {
        let config = AdamConfig { learning_rate: 0.05, max_grad_norm, ..AdamConfig::default() };
        let mut adam = Adam::new(config);
        let mut pair = Pair::new(start);
        for g in &gradients {
            let grads = pair.gradients(*g);
            (pair, _) = adam.step(pair, grads);
        }
        for (found, expected) in pair.values().into_iter().zip(reference(config, start, &gradients)) {
            prop_assert!((f64::from(found) - expected).abs() < 1e-5, "{found} against {expected}");
        }
    }

    #[test]
    fn the_norm_returned_is_the_one_before_clipping(g in prop::array::uniform6(-30f32..30.0)) {
        let pair = Pair::new([0.0; 6]);
        let grads = pair.gradients(g);
        let expected = g.iter().map(|g| g * g).sum::<f32>().sqrt();
        let alone = global_norm(&pair, &grads).expect("gradients").into_scalar::<f32>();
        let (_, norm) = Adam::new(AdamConfig::default()).step(pair, grads);
        let norm = norm.expect("gradients").into_scalar::<f32>();
        prop_assert!((norm - expected).abs() <= 1e-5 * expected && (alone - expected).abs() <= 1e-5 * expected);
    }
}

#[test]
fn without_gradients_nothing_changes() {
    let mut adam = Adam::new(AdamConfig::default());
    let (pair, norm) = adam.step(Pair::new([1.0; 6]), GradientsParams::new());
    assert!(norm.is_none() && adam.steps() == 0);
    assert_eq!(pair.values(), [1.0; 6]);
}

#[test]
fn frozen_parameters_stay_and_stay_frozen() {
    let mut pair = Pair::new([1.0; 6]);
    pair.vector = pair.vector.set_require_grad(false);
    let mut adam = Adam::new(AdamConfig::default());
    for _ in 0..2 {
        let grads = pair.gradients([1.0; 6]);
        (pair, _) = adam.step(pair, grads);
    }
    let values = pair.values();
    assert!(values[..4].iter().all(|x| *x < 1.0) && values[4..] == [1.0, 1.0], "{values:?}");
    assert!(!pair.vector.is_require_grad() && pair.matrix.is_require_grad());
}

#[test]
fn the_learning_rate_can_change_between_steps() {
    let mut adam = Adam::new(AdamConfig::default());
    adam.set_learning_rate(0.0);
    let pair = Pair::new([1.0; 6]);
    let grads = pair.gradients([1.0; 6]);
    let (pair, _) = adam.step(pair, grads);
    assert_eq!((pair.values(), adam.steps(), adam.config().learning_rate), (vec![1.0; 6], 1, 0.0));
}

#[test]
fn learning_lowers_the_loss_of_every_kind() {
    for (config, features) in every_kind() {
        let mut net = trainable(&config, features, 1);
        let mut adam = Adam::new(AdamConfig { learning_rate: 0.01, ..AdamConfig::default() });
        let mut error = Vec::new();
        for _ in 0..200 {
            let x = batch(16, features, 0);
            let values = crate::ActorCritic::forward(&net, x.clone()).1;
            error.push((values - 1.0).square().mean().into_scalar::<f32>());
            (net, _) = update(net, &mut adam, x);
        }
        assert!(
            error[199] < 0.3 * error[0] && !model_to_bytes(&net).expect("readable").is_empty(),
            "{error:?}"
        );
    }
}
