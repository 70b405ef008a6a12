//! What several test modules share: networks of each kind, random batches, and an update shaped like PPO's.

use burn::{
    optim::GradientsParams,
    tensor::{Device, Int, Tensor, TensorData},
};
use milepost_core::{Purpose, Stream, StreamKey};

use crate::{
    ActorCritic, Adam, CnnConfig, MlpConfig, Network, NetworkConfig, TabularConfig, action_log_probabilities,
    entropy, log_probabilities,
};

/// A small network of each kind, with the number of features it reads.
pub(crate) fn every_kind() -> [(NetworkConfig, usize); 3] {
    [
        (NetworkConfig::Mlp(MlpConfig { hidden: vec![9, 8], ..MlpConfig::default() }), 5),
        (NetworkConfig::Cnn(CnnConfig { channels: [3, 4, 5], hidden: 6, feature_scale: 0.1 }), 147),
        (NetworkConfig::Tabular(TabularConfig { states: 6 }), 1),
    ]
}

/// A network with 4 actions on the autodiff twin of the CPU.
pub(crate) fn trainable(config: &NetworkConfig, features: usize, seed: u64) -> Network {
    config.init(features, 4, seed, &Device::flex().autodiff()).expect("valid configuration")
}

/// Small integers as features: valid for every kind, row numbers of a table included.
pub(crate) fn batch(rows: usize, features: usize, seed: u64) -> Tensor<2> {
    let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("test batch")));
    let values: Vec<f32> = (0..rows * features).map(|_| stream.below(5) as f32).collect();
    Tensor::from_data(TensorData::new(values, [rows, features]), &Device::flex())
}

/// One update whose loss has the parts of PPO's: a log-probability, a value error, an entropy.
pub(crate) fn update<N: ActorCritic>(model: N, adam: &mut Adam, features: Tensor<2>) -> (N, f32) {
    let rows = features.dims()[0];
    let actions: Vec<i32> = (0..rows as i32).map(|row| row % 4).collect();
    let actions = Tensor::<1, Int>::from_ints(actions.as_slice(), &features.device());
    let (logits, values) = model.forward(features);
    let logp = log_probabilities(logits);
    let chosen = action_log_probabilities(logp.clone(), actions);
    let loss = (values - 1.0).square().mean() - chosen.mean() - entropy(logp).mean() * 0.01;
    let grads = GradientsParams::from_grads(loss.backward(), &model);
    let (model, norm) = adam.step(model, grads);
    (model, norm.expect("gradients").into_scalar::<f32>())
}

/// Float values on the host.
pub(crate) fn host<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.try_into_vec_as::<f32>().expect("floats")
}

/// Tokens below `vocabulary`, drawn from a stream of their own.
pub(crate) fn random_tokens(count: usize, vocabulary: usize, seed: u64) -> Vec<u32> {
    let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("test tokens")));
    (0..count).map(|_| stream.below(vocabulary as u64) as u32).collect()
}
