//! Samplers draw trajectories; every token drawn is counted.

mod groups;
mod recorder;
mod segments;

use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::{Encoder, Environment, Purpose, Stream, StreamKey, Version};
use milepost_policies::{ActorCritic, sample_action};

pub use groups::{GroupSampler, draw_groups};
pub(super) use recorder::Recorder;
pub use segments::{SegmentSampler, SegmentState};

use crate::TrainError;
use crate::host::host;

/// What drawing actions needs: an inference copy of the model, and where it lives.
pub struct Actor<'a, O, M> {
    /// The model, without gradients.
    pub model: &'a M,
    /// Its version.
    pub version: Version,
    /// Its device.
    pub device: &'a Device,
    /// From observations to features.
    pub encoder: &'a dyn Encoder<O>,
    /// The run's seed.
    pub run_seed: u64,
    /// Which stream the draws come from: [`Purpose::POLICY`] in training.
    pub purpose: Purpose,
}

/// The address of one draw: which slot or task, which episode, which step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DrawKey {
    pub task: u64,
    pub episode: u64,
    pub step: u32,
}

impl<O, M: ActorCritic> Actor<'_, O, M> {
    /// Draws one action for each state. All states go through the network together; each draw comes
    /// from the stream of its own key, so neither batch composition nor order matters to the randomness.
    pub(crate) fn draw<'s>(
        &self,
        states: impl ExactSizeIterator<Item = (&'s O, u64)>,
        keys: &[DrawKey],
        actions: &mut Vec<u32>,
        logp: &mut Vec<f32>,
    ) -> Result<(), TrainError>
    where
        O: 's,
    {
        let (n, features) = (states.len(), self.encoder.len());
        let mut data = vec![0f32; n * features];
        for ((observation, key), row) in states.zip(data.chunks_mut(features.max(1))) {
            self.encoder.encode(observation, key, row);
        }
        let input = Tensor::<2>::from_data(TensorData::new(data, [n, features]), self.device);
        let (logits, _) = self.model.forward(input);
        let logits = host(logits)?;
        actions.clear();
        logp.clear();
        for (row, key) in logits.chunks(self.model.action_count()).zip(keys) {
            let mut stream = Stream::new(StreamKey {
                run_seed: self.run_seed,
                purpose: self.purpose,
                task: key.task,
                episode: key.episode,
                step: key.step,
            });
            let (action, log_probability) = sample_action(row, &mut stream)?;
            actions.push(action);
            logp.push(log_probability);
        }
        Ok(())
    }
}

/// A fresh observation of the current state.
pub(crate) fn observed<E: Environment>(environment: &E) -> E::Observation {
    let mut observation = environment.new_observation();
    environment.observe(&mut observation);
    observation
}
