use burn::{
    module::Module,
    tensor::{Device, Int, Tensor, activation::relu},
};

use super::{ActorCritic, Dense};
use crate::{CnnConfig, PolicyError, ftanh, initial::Initializer};

/// Side, channels and number of features of MiniGrid's view.
const SIDE: usize = 7;
const CHANNELS: usize = 3;
pub(crate) const FEATURES: usize = SIDE * SIDE * CHANNELS;
/// Side after the first convolution and after its pooling.
const POOLED: usize = (SIDE - 1) / 2;
/// Side after the second convolution; the third one's kernel covers it all.
const LAST: usize = POOLED - 1;

/// The convolutional actor-critic that MiniGrid's authors publish: three 2×2 convolutions with ReLU, 2×2
/// max pooling after the first, then a tanh layer and a head each for policy and value.
///
/// Features are the view flattened channels last, `[N, 7·7·3]`. A convolution is a matrix product over
/// gathered patches: the first gather reads features, which need no gradient, and the third patch is the
/// whole image, so only the second costs a gather both ways. Kernels are stored as
/// `[(row, column, channel), filters]`.
#[derive(Module, Debug)]
pub struct MinigridCnn {
    first: Dense,
    second: Dense,
    third: Dense,
    actor: Dense,
    logits: Dense,
    critic: Dense,
    value: Dense,
    /// Which feature stands where in the patches of the first convolution, grouped by pooling window.
    feature_patches: Tensor<1, Int>,
    /// Which pooled cell stands where in the patches of the second.
    pooled_patches: Tensor<1, Int>,
    #[module(skip)]
    scale: f64,
}

impl MinigridCnn {
    pub(crate) fn new(
        config: &CnnConfig,
        features: usize,
        actions: usize,
        initializer: &mut Initializer,
        device: &Device,
    ) -> Result<Self, PolicyError> {
        if features != FEATURES {
            return Err(PolicyError::FeatureCount { network: "cnn", expected: FEATURES, found: features });
        }
        let gain = 2f64.sqrt();
        let [a, b, c] = config.channels;
        let index = |cells: Vec<usize>| {
            let cells: Vec<i32> = cells.into_iter().map(|i| i as i32).collect();
            Tensor::from_ints(cells.as_slice(), &device.clone().inner())
        };
        Ok(Self {
            first: Dense::new(4 * CHANNELS, a, gain, initializer),
            second: Dense::new(4 * a, b, gain, initializer),
            third: Dense::new(LAST * LAST * b, c, gain, initializer),
            actor: Dense::new(c, config.hidden, gain, initializer),
            logits: Dense::new(config.hidden, actions, 0.01, initializer),
            critic: Dense::new(c, config.hidden, gain, initializer),
            value: Dense::new(config.hidden, 1, 1.0, initializer),
            feature_patches: index(feature_patches()),
            pooled_patches: index(patch_cells(POOLED, &windows(LAST))),
            scale: config.feature_scale,
        })
    }

    /// The image embedding. `[N, 147] → [N, channels[2]]`.
    fn embed(&self, features: Tensor<2>) -> Tensor<2> {
        let n = features.dims()[0];
        let [a, b] = [self.first.outputs(), self.second.outputs()];
        let features = if self.scale == 1.0 { features } else { features * self.scale };
        let patches = features.select(1, self.feature_patches.clone());
        let x = self.first.forward(patches.reshape([n * POOLED * POOLED * 4, 4 * CHANNELS]));
        // ReLU commutes with the maximum, and is cheaper after it.
        let x = relu(x.reshape([n * POOLED * POOLED, 4, a]).max_dim(1));
        let x = x.reshape([n, POOLED * POOLED, a]).select(1, self.pooled_patches.clone());
        let x = relu(self.second.forward(x.reshape([n * LAST * LAST, 4 * a])));
        relu(self.third.forward(x.reshape([n, LAST * LAST * b])))
    }
}

impl ActorCritic for MinigridCnn {
    fn forward(&self, features: Tensor<2>) -> (Tensor<2>, Tensor<1>) {
        let embedding = self.embed(features);
        let logits = self.logits.forward(ftanh(self.actor.forward(embedding.clone())));
        let values = self.value.forward(ftanh(self.critic.forward(embedding)));
        (logits, values.squeeze_dim(1))
    }

    fn feature_count(&self) -> usize {
        FEATURES
    }

    fn action_count(&self) -> usize {
        self.logits.outputs()
    }

    fn kind(&self) -> &'static str {
        "cnn"
    }
}

/// The upper left corners of the 2×2 windows with stride 1 that fit `side` to a side, in row order.
fn windows(side: usize) -> Vec<(usize, usize)> {
    (0..side).flat_map(|row| (0..side).map(move |column| (row, column))).collect()
}

/// The cells of the 2×2 patches at `corners`, patch by patch, in an image `side` cells wide.
fn patch_cells(side: usize, corners: &[(usize, usize)]) -> Vec<usize> {
    let cell = |(row, column): (usize, usize)| row * side + column;
    corners
        .iter()
        .flat_map(|(row, column)| windows(2).into_iter().map(move |(r, c)| (row + r, column + c)))
        .map(cell)
        .collect()
}

/// The features of the first convolution's patches, the four patches of a pooling window in sequence.
fn feature_patches() -> Vec<usize> {
    let corners: Vec<_> = windows(POOLED)
        .into_iter()
        .flat_map(|(row, column)| windows(2).into_iter().map(move |(r, c)| (2 * row + r, 2 * column + c)))
        .collect();
    let cells = patch_cells(SIDE, &corners);
    cells.into_iter().flat_map(|cell| (0..CHANNELS).map(move |channel| cell * CHANNELS + channel)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NetworkConfig;
    use burn::{
        module::Param,
        tensor::{
            TensorData,
            module::{conv2d, max_pool2d},
            ops::{ConvOptions, MaxPoolOptions},
        },
    };
    use milepost_core::{Purpose, Stream, StreamKey};

    /// A kernel of ours as Burn's `[filters, channels, rows, columns]`.
    fn kernel(weight: &Param<Tensor<2>>, side: usize, channels: usize) -> Tensor<4> {
        let filters = weight.dims()[1];
        weight.val().reshape([side, side, channels, filters]).permute([3, 2, 0, 1])
    }

    #[test]
    fn patches_and_matrix_products_equal_convolutions_and_pooling() {
        let device = Device::flex();
        let config = CnnConfig::default();
        let net = NetworkConfig::Cnn(config).init(FEATURES, 7, 3, &device).expect("valid");
        let crate::Network::Cnn(net) = net else { panic!("a CNN was asked for") };
        let mut stream = Stream::new(StreamKey::new(5, Purpose::named("test")));
        let features: Vec<f32> = (0..4 * FEATURES).map(|_| stream.below(11) as f32).collect();
        let x = Tensor::<2>::from_data(TensorData::new(features, [4, FEATURES]), &device);

        let plain = || ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
        let image = x.clone().reshape([4, 7, 7, 3]).permute([0, 3, 1, 2]);
        let y = conv2d(image, kernel(&net.first.weight, 2, 3), Some(net.first.bias.val()), plain());
        let y = max_pool2d(relu(y), MaxPoolOptions::new([2, 2]));
        let y = relu(conv2d(y, kernel(&net.second.weight, 2, 16), Some(net.second.bias.val()), plain()));
        let y = relu(conv2d(y, kernel(&net.third.weight, 2, 32), Some(net.third.bias.val()), plain()));
        let expected: Tensor<2> = y.reshape([4, 64]);

        let difference = (net.embed(x) - expected.clone()).abs().max().into_scalar::<f32>();
        let size = expected.abs().max().into_scalar::<f32>();
        assert!(size > 1.0 && difference < 1e-5 * size, "{difference} of {size}");
    }
}
