//! A recurrent network over tokens: policy and value function, a cache of constant size.

mod cache;
mod config;
mod layer;
#[cfg(test)]
mod tests;
mod trunk;

use burn::{
    module::Module,
    tensor::{Device, Int, Tensor},
};

use crate::{Dense, PolicyError, SequenceModel, initial::Initializer, sequence};
pub use cache::GruCache;
pub use config::GruConfig;
pub use layer::GruLayer;
pub use trunk::GruTrunk;

/// Gain of the policy head's initial weights: a nearly uniform policy.
const POLICY_GAIN: f64 = 0.01;

/// A network of gated recurrent units over tokens: the features of a position are the last layer's state
/// after reading it, from which two affine heads give next-token logits and the value.
///
/// A decoding step costs the same however long the context is, and its cache is one state a layer. In
/// exchange, a sequence is read one token after another.
#[derive(Module, Debug)]
pub struct GruPolicy {
    /// Embedding and layers.
    pub trunk: GruTrunk,
    /// `[width, vocabulary]`.
    pub head: Dense,
    /// `[width, 1]`.
    pub value_head: Dense,
    #[module(skip)]
    config: GruConfig,
}

impl GruPolicy {
    fn new(config: &GruConfig, vocabulary: usize, initializer: &mut Initializer) -> Self {
        Self {
            trunk: GruTrunk::new(config, vocabulary, initializer),
            head: Dense::new(config.width, vocabulary, POLICY_GAIN, initializer),
            value_head: Dense::new(config.width, 1, 1.0, initializer),
            config: config.clone(),
        }
    }

    /// The settings it was built with.
    #[must_use]
    pub const fn config(&self) -> &GruConfig {
        &self.config
    }
}

/// The last of several layers.
fn top<T>(mut layers: Vec<T>) -> T {
    layers.pop().expect("a network has at least one layer")
}

impl SequenceModel for GruPolicy {
    type Cache = GruCache;

    fn context(&self) -> usize {
        self.config.context
    }

    fn vocabulary(&self) -> usize {
        self.trunk.vocabulary()
    }

    fn width(&self) -> usize {
        self.config.width
    }

    fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        top(self.trunk.states(tokens))
    }

    fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        self.head.forward(hidden)
    }

    fn values(&self, hidden: Tensor<2>) -> Tensor<1> {
        self.value_head.forward(hidden).squeeze_dim(1)
    }

    fn prefill(
        &self,
        contexts: &[&[u32]],
        reserve: usize,
        _device: &Device,
    ) -> Result<(GruCache, Tensor<2>), PolicyError> {
        let states = self.trunk.last_states(contexts, self.config.context)?;
        let lengths: Vec<usize> = contexts.iter().map(|context| context.len()).collect();
        let longest = lengths.iter().copied().max().unwrap_or_default();
        let cache = GruCache::new(&states, lengths, (longest + reserve).min(self.config.context));
        Ok((cache, self.logits(top(states))))
    }

    fn decode(&self, cache: &mut GruCache, rows: &[usize], tokens: &[u32]) -> Result<Tensor<2>, PolicyError> {
        sequence::check_tokens(self, tokens)?;
        let embedding = self.trunk.embedding.val();
        cache.advance(rows, tokens, &embedding.device())?;
        let tokens = sequence::indices(tokens.iter().map(|token| *token as usize), &embedding.device());
        let mut x: Tensor<2> = embedding.select(0, tokens);
        for (index, layer) in self.trunk.layers.iter().enumerate() {
            x = layer.step(x, cache.state(index));
            cache.set_state(index, &x);
        }
        Ok(self.logits(x))
    }
}
