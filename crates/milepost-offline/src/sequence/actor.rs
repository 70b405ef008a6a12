use burn::tensor::Device;

use super::contexts::Row;
use super::network::Network;
use super::{ContextBatch, DecisionTransformerConfig};
use crate::data::{DataError, Normalizer};
use crate::learners::Actor;

/// A decision transformer at work: it asks for a return, and after each step for what is left of it.
#[derive(Debug, Clone)]
pub struct SequenceActor {
    network: Network,
    context: usize,
    scale: f64,
    target: f64,
    widths: (usize, usize),
    normalizer: Normalizer,
    device: Device,
    /// Of each episode: what is left to ask for, and the steps so far.
    episodes: Vec<(f64, Vec<Row>)>,
}

impl SequenceActor {
    pub(super) fn new(
        network: Network,
        config: &DecisionTransformerConfig,
        target: f64,
        widths: (usize, usize),
        normalizer: &Normalizer,
        device: &Device,
    ) -> Self {
        let (context, scale) = (config.context, config.scale);
        let (normalizer, device) = (normalizer.clone(), device.clone());
        Self { network, context, scale, target, widths, normalizer, device, episodes: Vec::new() }
    }
}

impl Actor for SequenceActor {
    fn begin(&mut self, episodes: usize) {
        self.episodes = vec![(self.target, Vec::new()); episodes];
    }

    fn act(&mut self, states: &[f32]) -> Result<Vec<f32>, DataError> {
        let (s, a) = self.widths;
        let states = self.normalizer.normalized(states)?;
        if states.len() != self.episodes.len() * s {
            let (found, expected) = (states.len() / s, self.episodes.len());
            return Err(DataError::Width { what: "rows of states", found, expected });
        }
        for ((to_go, rows), state) in self.episodes.iter_mut().zip(states.chunks(s)) {
            let step = rows.last().map_or(0, |row| row.step + 1);
            if rows.len() == self.context {
                rows.remove(0);
            }
            let (to_go, state) = ((*to_go / self.scale) as f32, state.to_vec());
            rows.push(Row { to_go, state, action: vec![0.0; a], step, counts: true });
        }
        // All episodes run in step, so all contexts have one length: nothing is filled up.
        let length = self.episodes.first().map_or(0, |(_, rows)| rows.len());
        let contexts: Vec<Vec<Row>> = self.episodes.iter().map(|(_, rows)| rows.clone()).collect();
        let batch = ContextBatch::of(&contexts, length, s, a, &self.device);
        let predicted: Vec<f32> = self.network.forward(&batch, None).into_data().iter::<f32>().collect();
        let mut actions = Vec::with_capacity(self.episodes.len() * a);
        for (index, (_, rows)) in self.episodes.iter_mut().enumerate() {
            let at = (index * length + length - 1) * a;
            let action = &predicted[at..at + a];
            if let Some(row) = rows.last_mut() {
                row.action.copy_from_slice(action);
            }
            actions.extend_from_slice(action);
        }
        Ok(actions)
    }

    fn rewarded(&mut self, rewards: &[f64]) {
        for ((to_go, _), reward) in self.episodes.iter_mut().zip(rewards) {
            *to_go -= reward;
        }
    }
}
