use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::{DiscreteEnvironment, Encoder, Purpose, Stream, StreamKey};
use milepost_policies::{ActorCritic, greedy_action, sample_action};
use serde::{Deserialize, Serialize};

use super::FeatureAgent;
use crate::TrainError;
use crate::Trainer;
use crate::host::host;

/// How an evaluated policy acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionMode {
    /// Draws from its distribution, as in training.
    #[default]
    Sampled,
    /// Takes the most probable action; ties go to the first.
    Greedy,
}

/// A frozen copy of a policy that acts for evaluation. Its draws come from a stream of their own, so
/// evaluating more or less often never changes training.
pub struct EvaluationPolicy<O, M> {
    model: M,
    encoder: Arc<dyn Encoder<O> + Sync>,
    device: Device,
    stream: Stream,
    mode: ActionMode,
}

impl<E: DiscreteEnvironment, M: ActorCritic> Trainer<FeatureAgent<E, M>> {
    /// A frozen copy of the current policy.
    pub fn evaluation_policy(&self, mode: ActionMode) -> EvaluationPolicy<E::Observation, M> {
        let key = StreamKey {
            episode: self.iterations(),
            ..StreamKey::new(self.agent.run_seed, Purpose::EVALUATION_POLICY)
        };
        EvaluationPolicy {
            model: self.model.clone().valid(),
            encoder: Arc::clone(&self.agent.encoder),
            device: self.agent.device.clone(),
            stream: Stream::new(key),
            mode,
        }
    }
}

impl<O, M: ActorCritic> EvaluationPolicy<O, M> {
    /// The logits of each state, row by row, `[n · A]`.
    pub fn logits(&self, observations: &[O], keys: &[u64]) -> Result<Vec<f32>, TrainError> {
        let width = self.encoder.len();
        let mut data = vec![0f32; observations.len() * width];
        for ((observation, key), row) in observations.iter().zip(keys).zip(data.chunks_mut(width.max(1))) {
            self.encoder.encode(observation, *key, row);
        }
        let input = Tensor::<2>::from_data(TensorData::new(data, [observations.len(), width]), &self.device);
        host(self.model.forward(input).0)
    }

    /// Chooses an action for each state.
    pub fn act(&mut self, observations: &[O], keys: &[u64], actions: &mut [u32]) -> Result<(), TrainError> {
        let logits = self.logits(observations, keys)?;
        for (row, action) in logits.chunks(self.model.action_count()).zip(actions) {
            *action = match self.mode {
                ActionMode::Greedy => greedy_action(row),
                ActionMode::Sampled => sample_action(row, &mut self.stream)?.0,
            };
        }
        Ok(())
    }
}
