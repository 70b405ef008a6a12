//! A causal transformer over tokens: policy, value function, key/value cache.

mod block;
mod cache;
mod config;
mod layers;
#[cfg(test)]
mod tests;
mod trunk;

use burn::{
    module::Module,
    tensor::{Device, Int, Tensor, TensorData},
};

use crate::{PolicyError, SequenceModel, initial::Initializer, sequence};
pub use block::Block;
use block::Rotation;
pub use cache::KeyValueCache;
pub use config::{Biases, FeedForward, NormKind, Positions, TransformerConfig, ValueKind};
pub use layers::{Affine, Norm};
use trunk::Tap;
pub use trunk::Trunk;

/// Standard deviation of initial weights.
const DEVIATION: f64 = 0.02;

/// A decoder-only transformer with pre-norm blocks, after Llama or GPT-2 as [`TransformerConfig`] says.
///
/// `features = norm(blocks(embed(tokens)))`, `logits = features · head`, `values = features · value head`.
/// With [`ValueKind::Trunk`] a feature row is the policy's features followed by the value trunk's.
#[derive(Module, Debug)]
pub struct CausalTransformer {
    /// The policy's embedding, blocks and norm.
    pub trunk: Trunk,
    /// `[width, vocabulary]`; without it the logits use the embedding's matrix.
    pub head: Option<Affine>,
    /// The value function's own trunk.
    pub value_trunk: Option<Trunk>,
    /// `[width, 1]`.
    pub value_head: Option<Affine>,
    /// Cosines of the rotary angles, `[context, head_dim/2]`.
    cos: Option<Tensor<2>>,
    /// Their sines.
    sin: Option<Tensor<2>>,
    #[module(skip)]
    config: TransformerConfig,
}

impl CausalTransformer {
    fn new(
        config: &TransformerConfig,
        vocabulary: usize,
        initializer: &mut Initializer,
        device: &Device,
    ) -> Self {
        let trunk = Trunk::new(config, vocabulary, initializer);
        let head = (!config.tied_embeddings)
            .then(|| Affine::new([config.width, vocabulary], DEVIATION, false, initializer));
        let value_trunk =
            (config.value == ValueKind::Trunk).then(|| Trunk::new(config, vocabulary, initializer));
        let value_head =
            (config.value != ValueKind::None).then(|| Affine::new([config.width, 1], 0.0, true, initializer));
        let (cos, sin) = match config.positions {
            Positions::Learned => (None, None),
            Positions::Rotary { theta } => {
                let (cos, sin) = angles(config.context, config.head_layout().head_dim / 2, theta);
                let table = |values| {
                    let shape = [config.context, config.head_layout().head_dim / 2];
                    Tensor::<2>::from_data(TensorData::new(values, shape), device)
                };
                (Some(table(cos)), Some(table(sin)))
            }
        };
        Self { trunk, head, value_trunk, value_head, cos, sin, config: config.clone() }
    }

    /// The settings it was built with.
    #[must_use]
    pub const fn config(&self) -> &TransformerConfig {
        &self.config
    }

    /// The residual stream after every block (before the final norm). `[n, l] → layers × [n, l, width]`
    #[must_use]
    pub fn hidden_states(&self, tokens: Tensor<2, Int>) -> Vec<Tensor<3>> {
        let [n, length] = tokens.dims();
        let mut states = Vec::with_capacity(self.config.layers);
        self.trunk.run(tokens, &self.rotation(length), |tap| {
            if let Tap::Residual(x) = tap {
                states.push(x.clone().reshape([n, length, self.config.width]));
            }
        });
        states
    }

    /// The tables' first `length` rows.
    fn rotation(&self, length: usize) -> Rotation {
        let (cos, sin) = (self.cos.clone()?, self.sin.clone()?);
        Some((cos.narrow(0, 0, length), sin.narrow(0, 0, length)))
    }

    /// The rows of the tables for one position of each row.
    fn rotation_at(&self, positions: impl Iterator<Item = usize>) -> Rotation {
        let (cos, sin) = (self.cos.clone()?, self.sin.clone()?);
        let positions = sequence::indices(positions, &cos.device());
        Some((cos.select(0, positions.clone()), sin.select(0, positions)))
    }
}

impl SequenceModel for CausalTransformer {
    type Cache = KeyValueCache;

    fn context(&self) -> usize {
        self.config.context
    }

    fn vocabulary(&self) -> usize {
        self.trunk.embedding.lazy_shape()[0]
    }

    fn width(&self) -> usize {
        self.config.width * if self.value_trunk.is_some() { 2 } else { 1 }
    }

    fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        let policy = self.policy_hidden(tokens.clone());
        let Some(trunk) = &self.value_trunk else {
            return policy;
        };
        let [n, length, width] = policy.dims();
        let x = trunk.norm.forward(trunk.run(tokens, &self.rotation(length), |_| ()));
        Tensor::cat(vec![policy, x.reshape([n, length, width])], 2)
    }

    fn policy_hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        let [n, length] = tokens.dims();
        let x = self.trunk.norm.forward(self.trunk.run(tokens, &self.rotation(length), |_| ()));
        x.reshape([n, length, self.config.width])
    }

    fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        let width = self.config.width;
        let hidden = if hidden.dims()[1] > width { hidden.narrow(1, 0, width) } else { hidden };
        match &self.head {
            Some(head) => head.forward(hidden),
            None => hidden.matmul(self.trunk.embedding.val().transpose()),
        }
    }

    fn values(&self, hidden: Tensor<2>) -> Tensor<1> {
        let ([rows, columns], width) = (hidden.dims(), self.config.width);
        let Some(head) = &self.value_head else {
            return Tensor::zeros([rows], &hidden.device());
        };
        let features = match self.config.value {
            ValueKind::DetachedHead => hidden.detach(),
            _ if columns > width => hidden.narrow(1, width, width),
            _ => hidden,
        };
        head.forward(features).squeeze_dim(1)
    }

    fn prefill(
        &self,
        contexts: &[&[u32]],
        reserve: usize,
        device: &Device,
    ) -> Result<(KeyValueCache, Tensor<2>), PolicyError> {
        sequence::check_contexts(self, contexts)?;
        let length = contexts.iter().map(|c| c.len()).max().unwrap_or(0);
        let capacity = (length + reserve).min(self.config.context);
        let mut cache = KeyValueCache::new(contexts.iter().map(|c| c.len()), capacity);
        let heads = self.config.head_layout();
        let tokens = sequence::padded(contexts, length, device);
        let x = self.trunk.run(tokens, &self.rotation(length), |tap| {
            if let Tap::Projection(qkv) = tap {
                cache.fill(qkv, heads, length);
            }
        });
        let last = contexts.iter().enumerate().map(|(row, c)| row * length + c.len() - 1);
        let x = x.select(0, sequence::indices(last, device));
        Ok((cache, self.logits(self.trunk.norm.forward(x))))
    }

    fn decode(
        &self,
        cache: &mut KeyValueCache,
        rows: &[usize],
        tokens: &[u32],
    ) -> Result<Tensor<2>, PolicyError> {
        sequence::check_tokens(self, tokens)?;
        let (device, positions) = (self.trunk.embedding.val().device(), cache.advance(rows, tokens)?);
        let rotation = self.rotation_at(positions.iter().map(|row| row.position));
        let tokens = sequence::indices(tokens.iter().map(|token| *token as usize), &device);
        let mut x: Tensor<2> = self.trunk.embedding.val().select(0, tokens);
        if let Some(table) = &self.trunk.positions {
            let at = sequence::indices(positions.iter().map(|row| row.position), &device);
            x = x + table.val().select(0, at);
        }
        for (layer, block) in self.trunk.blocks.iter().enumerate() {
            x = block.forward(x, &rotation, |qkv| cache.attend(layer, qkv, block.heads, &positions));
        }
        Ok(self.logits(self.trunk.norm.forward(x)))
    }
}

/// Cosines and sines of `position / theta^(2i/(2·half))`, row-major `[context, half]`, through `libm` so
/// that every machine has the same tables.
fn angles(context: usize, half: usize, theta: f64) -> (Vec<f32>, Vec<f32>) {
    let angle = |p: usize, i: usize| p as f64 * libm::pow(theta, -(i as f64) / half as f64);
    let all = || (0..context).flat_map(|p| (0..half).map(move |i| (p, i)));
    (
        all().map(|(p, i)| libm::cos(angle(p, i)) as f32).collect(),
        all().map(|(p, i)| libm::sin(angle(p, i)) as f32).collect(),
    )
}
