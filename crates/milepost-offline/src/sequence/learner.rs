use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Tensor},
};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_policies::Adam;

use super::network::Network;
use super::{ContextBatch, DecisionTransformerConfig, SequenceActor};
use crate::data::Normalizer;
use crate::learners::LearnerError;
use crate::learners::settings::adam;
use crate::nets::Dropout;

/// A decision transformer in training: the mean squared error of the actions at the state tokens.
#[derive(Debug)]
pub struct DecisionTransformer {
    config: DecisionTransformerConfig,
    network: Network,
    adam: Adam,
    dropout: Dropout,
    widths: (usize, usize),
}

impl DecisionTransformer {
    /// Random networks from `seed`; `device` must record gradients.
    pub fn new(
        config: DecisionTransformerConfig,
        states: usize,
        actions: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, LearnerError> {
        config.check()?;
        let stream = Stream::new(StreamKey::new(seed, Purpose::named("decision transformer dropout")));
        Ok(Self {
            network: Network::new(&config, states, actions, seed, device),
            adam: adam(config.learning_rate),
            dropout: Dropout::new(config.dropout, stream),
            widths: (states, actions),
            config,
        })
    }

    /// One update. Returns the loss: over steps that count, the mean over components of `(π − a)²`.
    pub fn update(&mut self, batch: &ContextBatch) -> Tensor<1> {
        let predicted = self.network.forward(batch, Some(&mut self.dropout));
        let [rows, a] = predicted.dims();
        let target = batch.actions.clone().reshape([rows, a]);
        let each = (predicted - target).square().mean_dim(1).reshape([rows]);
        let mask = batch.mask.clone().reshape([rows]);
        let loss = (each * mask.clone()).sum() / mask.sum().clamp_min(1.0);
        let grads = GradientsParams::from_grads(loss.backward(), &self.network);
        self.network = self.adam.step(self.network.clone(), grads).0;
        loss.detach()
    }

    /// The predicted actions of every step of every context, without dropout. `[n · K, a]`
    #[must_use]
    pub fn predict(&self, batch: &ContextBatch) -> Tensor<2> {
        self.network.valid().forward(batch, None)
    }

    /// A frozen copy that asks for `target` return at the beginning of every episode. A target above the best
    /// return of the data is allowed: ask [`Contexts::best_return`](super::Contexts::best_return) and say so.
    #[must_use]
    pub fn actor(&self, target: f64, normalizer: &Normalizer, device: &Device) -> SequenceActor {
        SequenceActor::new(self.network.valid(), &self.config, target, self.widths, normalizer, device)
    }
}
