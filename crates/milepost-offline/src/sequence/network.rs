use burn::{
    module::{Module, Param},
    tensor::{Device, Int, Tensor},
};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_policies::{ftanh, fused::Heads};

use super::block::{Block, Draw, Layer, Norm};
use super::{ContextBatch, DecisionTransformerConfig};
use crate::nets::Dropout;

/// Embeddings of `(R̂_t, s_t, a_t)`, each with the embedding of its step added; blocks; and an action read from
/// the token of `s_t`.
#[derive(Module, Debug)]
pub(super) struct Network {
    returns: Layer,
    states: Layer,
    actions: Layer,
    /// `[max steps, width]`.
    steps: Param<Tensor<2>>,
    embedding_norm: Norm,
    blocks: Vec<Block>,
    norm: Norm,
    head: Layer,
    #[module(skip)]
    heads: usize,
}

impl Network {
    pub(super) fn new(
        config: &DecisionTransformerConfig,
        states: usize,
        actions: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        let stream = Stream::new(StreamKey::new(seed, Purpose::named("decision transformer")));
        let (width, draw) = (config.width, &mut Draw { stream, device });
        Self {
            returns: Layer::new(1, width, draw),
            states: Layer::new(states, width, draw),
            actions: Layer::new(actions, width, draw),
            steps: draw.normal([config.max_steps, width]),
            embedding_norm: Norm::new(width, draw),
            blocks: (0..config.layers).map(|_| Block::new(width, draw)).collect(),
            norm: Norm::new(width, draw),
            head: Layer::new(width, actions, draw),
            heads: config.heads,
        }
    }

    /// Squashed actions, `[n · K, a]`.
    pub(super) fn forward(&self, batch: &ContextBatch, mut dropout: Option<&mut Dropout>) -> Tensor<2> {
        let [n, k, _] = batch.states.dims();
        let [max_steps, width] = self.steps.lazy_shape().dims();
        let flat = |x: Tensor<3>| {
            let [_, _, w] = x.dims();
            x.reshape([n * k, w])
        };
        let places: Tensor<1, Int> = batch.steps.clone().reshape([n * k]).clamp_max(max_steps as i64 - 1);
        let place = self.steps.val().select(0, places);
        let embed = |x: Tensor<2>, layer: &Layer| (layer.forward(x) + place.clone()).unsqueeze_dim::<3>(1);
        let tokens = vec![
            embed(flat(batch.returns.clone()), &self.returns),
            embed(flat(batch.states.clone()), &self.states),
            embed(flat(batch.actions.clone()), &self.actions),
        ];
        // Row-major [n · K, 3, width] is already the sequence R̂_0 s_0 a_0 R̂_1 s_1 a_1 …
        let mut x = self.embedding_norm.forward(Tensor::cat(tokens, 1).reshape([n * k * 3, width]));
        if let Some(dropout) = &mut dropout {
            x = dropout.apply(x);
        }
        let heads = Heads { heads: self.heads, kv_heads: self.heads, head_dim: width / self.heads };
        for block in &self.blocks {
            x = block.forward(x, heads, 3 * k, &mut dropout);
        }
        let at_states = x.reshape([n * k, 3, width]).narrow(1, 1, 1).reshape([n * k, width]);
        ftanh(self.head.forward(self.norm.forward(at_states)))
    }
}
