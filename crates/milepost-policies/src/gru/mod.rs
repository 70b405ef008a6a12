//! A recurrent network over tokens: policy and value function, a cache of constant size.

mod cache;
mod config;
mod layer;
#[cfg(test)]
mod tests;

use burn::{
    module::{Module, Param},
    tensor::{Device, Int, Tensor},
};

use crate::{Dense, PolicyError, SequenceModel, initial::Initializer, sequence};
pub use cache::GruCache;
pub use config::GruConfig;
pub use layer::GruLayer;

/// Gain of the policy head's initial weights: a nearly uniform policy.
const POLICY_GAIN: f64 = 0.01;

/// A network of gated recurrent units over tokens: the features of a position are the last layer's state
/// after reading it, from which two affine heads give next-token logits and the value.
///
/// A decoding step costs the same however long the context is, and its cache is one state a layer. In
/// exchange, a sequence is read one token after another.
#[derive(Module, Debug)]
pub struct GruPolicy {
    /// `[vocabulary, embedding]`.
    pub embedding: Param<Tensor<2>>,
    /// Each reads the states of the one before; the first reads embeddings.
    pub layers: Vec<GruLayer>,
    /// `[width, vocabulary]`.
    pub head: Dense,
    /// `[width, 1]`.
    pub value_head: Dense,
    #[module(skip)]
    config: GruConfig,
}

impl GruPolicy {
    fn new(config: &GruConfig, vocabulary: usize, initializer: &mut Initializer) -> Self {
        let inputs = std::iter::once(config.embedding).chain(std::iter::repeat(config.width));
        Self {
            embedding: initializer.normal([vocabulary, config.embedding], 1.0),
            layers: inputs
                .take(config.layers)
                .map(|inputs| GruLayer::new(inputs, config.width, initializer))
                .collect(),
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

    /// The states of every layer after each token, from states of zeros. `[n, l] → layers × [n, l, width]`
    #[must_use]
    pub fn states(&self, tokens: Tensor<2, Int>) -> Vec<Tensor<3>> {
        let [n, length] = tokens.dims();
        let embedded: Tensor<2> = self.embedding.val().select(0, tokens.reshape([n * length]));
        let mut inputs = embedded.reshape([n, length, self.config.embedding]);
        let mut states = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let start = Tensor::zeros([n, self.config.width], &inputs.device());
            inputs = layer.forward(inputs, start);
            states.push(inputs.clone());
        }
        states
    }
}

impl SequenceModel for GruPolicy {
    type Cache = GruCache;

    fn context(&self) -> usize {
        self.config.context
    }

    fn vocabulary(&self) -> usize {
        self.embedding.lazy_shape()[0]
    }

    fn width(&self) -> usize {
        self.config.width
    }

    fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        self.states(tokens).pop().expect("a network has at least one layer")
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
        device: &Device,
    ) -> Result<(GruCache, Tensor<2>), PolicyError> {
        sequence::check_contexts(self, contexts)?;
        let length = contexts.iter().map(|c| c.len()).max().unwrap_or(0);
        let last = || contexts.iter().enumerate().map(|(row, c)| row * length + c.len() - 1);
        let states: Vec<Tensor<2>> = self
            .states(sequence::padded(contexts, length, device))
            .into_iter()
            .map(|states| {
                let rows: Tensor<2> = states.reshape([contexts.len() * length, self.config.width]);
                rows.select(0, sequence::indices(last(), device))
            })
            .collect();
        let logits = self.logits(states.last().expect("a network has at least one layer").clone());
        let capacity = (length + reserve).min(self.config.context);
        let lengths = contexts.iter().map(|c| c.len()).collect();
        Ok((GruCache::new(&states, lengths, capacity), logits))
    }

    fn decode(&self, cache: &mut GruCache, rows: &[usize], tokens: &[u32]) -> Result<Tensor<2>, PolicyError> {
        sequence::check_tokens(self, tokens)?;
        let device = self.embedding.val().device();
        cache.advance(rows, tokens, &device)?;
        let tokens = sequence::indices(tokens.iter().map(|token| *token as usize), &device);
        let mut x: Tensor<2> = self.embedding.val().select(0, tokens);
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.step(x, cache.state(index));
            cache.set_state(index, &x);
        }
        Ok(self.logits(x))
    }
}
