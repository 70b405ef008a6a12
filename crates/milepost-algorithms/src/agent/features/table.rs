use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_core::{Batch, Encoder, Trajectory};
use milepost_policies::ActorCritic;

use crate::TrainError;
use crate::agent::{DecisionTable, Forward, Scores};
use crate::host::host;

/// Rows pushed through the network at once when a whole batch is scored.
const SCORING_ROWS: usize = 4096;

/// All states of a batch as one feature matrix, and the decisions made in them.
///
/// Trajectory `i` owns `T_i + 1` consecutive rows; its decision `t` was made in its row `t`.
pub struct StateTable {
    /// `[Σ (T_i + 1), F]`, on the plain device.
    features: Tensor<2>,
    /// The token drawn in each row; 0 in the rows of final states.
    actions: Vec<i32>,
    /// First decision of each trajectory, and one past the last.
    offsets: Vec<usize>,
    /// The turn of each decision.
    turns: Vec<u32>,
    /// The row of each decision.
    rows: Vec<usize>,
}

impl StateTable {
    /// Encodes every state of the batch.
    pub(crate) fn build<O>(
        batch: &Batch<O>,
        encoder: &dyn Encoder<O>,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let width = encoder.len();
        let rows: usize = batch.trajectories().map(|t| t.observations.len()).sum();
        let mut data = vec![0f32; rows * width];
        let mut table = Tables { offsets: vec![0], ..Tables::default() };
        let mut out = data.chunks_mut(width.max(1));
        for trajectory in batch.trajectories() {
            one_token_a_turn(trajectory)?;
            for ((observation, key), row) in
                trajectory.observations.iter().zip(&trajectory.state_keys).zip(&mut out)
            {
                encoder.encode(observation, *key, row);
            }
            let first = table.actions.len();
            table.turns.extend(0..trajectory.tokens.len() as u32);
            table.rows.extend(first..first + trajectory.tokens.len());
            table.actions.extend(trajectory.tokens.iter().map(|token| *token as i32));
            table.actions.push(0);
            table.offsets.push(table.turns.len());
        }
        let features = Tensor::<2>::from_data(TensorData::new(data, [rows, width]), device);
        let Tables { actions, offsets, turns, rows } = table;
        Ok(Self { features, actions, offsets, turns, rows })
    }
}

#[derive(Default)]
struct Tables {
    actions: Vec<i32>,
    offsets: Vec<usize>,
    turns: Vec<u32>,
    rows: Vec<usize>,
}

impl<M: ActorCritic> DecisionTable<M> for StateTable {
    fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    fn turns(&self) -> &[u32] {
        &self.turns
    }

    fn score(&self, model: &M) -> Result<Scores, TrainError> {
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
        // The row after a trajectory's last decision is its final state.
        let last_rows = self.offsets.iter().enumerate().skip(1).map(|(n, offset)| offset + n - 1);
        Ok(Scores {
            logp: self.rows.iter().map(|row| logp[*row]).collect(),
            final_values: last_rows.map(|row| values[row]).collect(),
            values: self.rows.iter().map(|row| values[*row]).collect(),
            reference: None,
        })
    }

    fn forward(&self, model: &M, decisions: &[usize]) -> Result<Forward, TrainError> {
        let device = self.features.device();
        let ints = |values: Vec<i32>| {
            let n = values.len();
            Tensor::<1, Int>::from_data(TensorData::new(values, [n]), &device)
        };
        let rows = ints(decisions.iter().map(|d| self.rows[*d] as i32).collect());
        let (logits, values) = model.forward(self.features.clone().select(0, rows));
        let actions = ints(decisions.iter().map(|d| self.actions[self.rows[*d]]).collect());
        Ok(Forward { logits, values, actions })
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
