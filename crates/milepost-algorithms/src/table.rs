use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_core::{Batch, Encoder, Trajectory};
use milepost_policies::ActorCritic;

use crate::TrainError;
use crate::sampler::host;

/// Rows pushed through the network at once when a whole batch is scored.
const SCORING_ROWS: usize = 4096;

/// All states of a batch as one feature matrix, and the decisions made in them.
///
/// Trajectory `i` owns `T_i + 1` consecutive rows; its decision `t` was made in row `offset_i + t`.
pub(crate) struct StateTable {
    /// `[Σ (T_i + 1), F]`, on the plain device.
    pub features: Tensor<2>,
    /// First row of each trajectory, and one past the last.
    pub offsets: Vec<usize>,
    /// The token drawn in each row; 0 in the rows of final states.
    pub actions: Vec<i32>,
}

/// What the model says about every row of a [`StateTable`].
pub(crate) struct Scores {
    /// Log-probability of the token that was drawn, by the training forward pass.
    pub logp: Vec<f32>,
    /// Value of the state.
    pub values: Vec<f32>,
    /// Log-probability of the token under the policy that training began with, if asked for.
    pub reference: Option<Vec<f32>>,
}

impl StateTable {
    pub(crate) fn build<O>(
        batch: &Batch<O>,
        encoder: &dyn Encoder<O>,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let width = encoder.len();
        let rows: usize = batch.trajectories().map(|t| t.observations.len()).sum();
        let mut data = vec![0f32; rows * width];
        let (mut offsets, mut actions) = (vec![0], Vec::with_capacity(rows));
        let mut out = data.chunks_mut(width.max(1));
        for trajectory in batch.trajectories() {
            one_token_a_turn(trajectory)?;
            for ((observation, key), row) in
                trajectory.observations.iter().zip(&trajectory.state_keys).zip(&mut out)
            {
                encoder.encode(observation, *key, row);
            }
            actions.extend(trajectory.tokens.iter().map(|token| *token as i32));
            actions.push(0);
            offsets.push(actions.len());
        }
        let features = Tensor::<2>::from_data(TensorData::new(data, [rows, width]), device);
        Ok(Self { features, offsets, actions })
    }

    /// Scores every row with an inference copy of the model.
    pub(crate) fn score<M: ActorCritic>(&self, model: &M) -> Result<Scores, TrainError> {
        let device = self.features.device();
        let rows = self.actions.len();
        let (mut logp, mut values) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for start in (0..rows).step_by(SCORING_ROWS) {
            let end = rows.min(start + SCORING_ROWS);
            let (logits, value) = model.forward(self.features.clone().narrow(0, start, end - start));
            let actions = TensorData::new(self.actions[start..end].to_vec(), [end - start, 1]);
            let actions = Tensor::<2, Int>::from_data(actions, &device);
            logp.extend(host(log_softmax(logits, 1).gather(1, actions))?);
            values.extend(host(value)?);
        }
        Ok(Scores { logp, values, reference: None })
    }

    /// Scores every row with a model, and its tokens with a reference model beside it.
    pub(crate) fn score_with<M: ActorCritic>(
        &self,
        model: &M,
        reference: Option<&M>,
    ) -> Result<Scores, TrainError> {
        let reference = reference.map(|reference| self.score(reference)).transpose()?;
        Ok(Scores { reference: reference.map(|scores| scores.logp), ..self.score(model)? })
    }

    /// The values of each trajectory's states, `[T_i + 1]` each.
    pub(crate) fn values_by_trajectory(&self, scores: &Scores) -> Vec<Vec<f64>> {
        self.offsets
            .windows(2)
            .map(|bounds| scores.values[bounds[0]..bounds[1]].iter().map(|v| f64::from(*v)).collect())
            .collect()
    }
}

fn one_token_a_turn<O>(trajectory: &Trajectory<O>) -> Result<(), TrainError> {
    if trajectory.tokens.len() == trajectory.turns.len() && trajectory.spans.iter().all(|span| span.len == 1)
    {
        return Ok(());
    }
    let mut found = vec![0; trajectory.turns.len()];
    for span in trajectory.spans.iter().filter(|span| span.is_trained()) {
        found[span.turn as usize] += span.len as usize;
    }
    let turn = found.iter().position(|count| *count != 1).unwrap_or(0);
    Err(TrainError::Tokens { slot: trajectory.slot, turn, found: found.get(turn).copied().unwrap_or(0) })
}
