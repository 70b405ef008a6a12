use burn::{
    module::{Module, Param},
    tensor::{Int, Tensor},
};

use super::{GruConfig, GruLayer};
use crate::{PolicyError, initial::Initializer, sequence};

/// Embedding and layers: what turns tokens into states.
#[derive(Module, Debug)]
pub struct GruTrunk {
    /// `[vocabulary, embedding]`.
    pub embedding: Param<Tensor<2>>,
    /// Each reads the states of the one before; the first reads embeddings.
    pub layers: Vec<GruLayer>,
}

impl GruTrunk {
    pub(crate) fn new(config: &GruConfig, vocabulary: usize, initializer: &mut Initializer) -> Self {
        let inputs = std::iter::once(config.embedding).chain(std::iter::repeat(config.width));
        Self {
            embedding: initializer.normal([vocabulary, config.embedding], 1.0),
            layers: inputs
                .take(config.layers)
                .map(|inputs| GruLayer::new(inputs, config.width, initializer))
                .collect(),
        }
    }

    /// Tokens that can be read.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.embedding.lazy_shape()[0]
    }

    /// Columns of a state.
    #[must_use]
    pub fn width(&self) -> usize {
        self.layers[0].width()
    }

    /// The states of every layer after each token, from states of zeros. `[n, l] → layers × [n, l, width]`
    #[must_use]
    pub fn states(&self, tokens: Tensor<2, Int>) -> Vec<Tensor<3>> {
        let [n, length] = tokens.dims();
        let embedded: Tensor<2> = self.embedding.val().select(0, tokens.reshape([n * length]));
        let columns = embedded.dims()[1];
        let mut inputs = embedded.reshape([n, length, columns]);
        let mut states = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let start = Tensor::zeros([n, layer.width()], &inputs.device());
            inputs = layer.forward(inputs, start);
            states.push(inputs.clone());
        }
        states
    }

    /// The states of every layer after the last token of each sequence. `layers × [sequences, width]`
    ///
    /// # Errors
    /// If a sequence is empty, longer than `limit`, or holds a token outside the vocabulary.
    pub(crate) fn last_states(
        &self,
        sequences: &[&[u32]],
        limit: usize,
    ) -> Result<Vec<Tensor<2>>, PolicyError> {
        sequence::check_sequences(sequences, limit, self.vocabulary())?;
        let device = self.embedding.val().device();
        let length = sequences.iter().map(|s| s.len()).max().unwrap_or_default();
        let last = || sequences.iter().enumerate().map(|(row, s)| row * length + s.len() - 1);
        let states = self.states(sequence::padded(sequences, length, &device)).into_iter();
        Ok(states
            .map(|states| {
                let [n, length, width] = states.dims();
                let rows: Tensor<2> = states.reshape([n * length, width]);
                rows.select(0, sequence::indices(last(), &device))
            })
            .collect())
    }
}
