use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::{Purpose, Stream, StreamKey};

use crate::data::{DataError, Sampler, Transitions};

/// Transitions as tensors, without gradients.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[n, state width]`.
    pub states: Tensor<2>,
    /// `[n, action width]`.
    pub actions: Tensor<2>,
    /// `[n]`.
    pub rewards: Tensor<1>,
    /// `[n, state width]`.
    pub next_states: Tensor<2>,
    /// `[n]`: 1 − d, which is 0 at true terminals alone.
    pub continues: Tensor<1>,
    /// Subtracted from the target of the value: `[n]`.
    pub penalty: Option<Tensor<1>>,
}

impl Batch {
    /// The rows at these places.
    #[must_use]
    pub fn of(data: &Transitions, rows: &[usize], device: &Device) -> Self {
        let pick = |values: &[f32], width: usize| -> Vec<f32> {
            let mut picked = Vec::with_capacity(rows.len() * width);
            for row in rows {
                picked.extend_from_slice(&values[row * width..(row + 1) * width]);
            }
            picked
        };
        let n = rows.len();
        let matrix = |values: &[f32], width: usize| {
            Tensor::<2>::from_data(TensorData::new(pick(values, width), [n, width]), device)
        };
        let column = |values: Vec<f32>| Tensor::<1>::from_data(TensorData::new(values, [n]), device);
        Self {
            states: matrix(&data.states, data.state_width),
            actions: matrix(&data.actions, data.action_width),
            rewards: column(pick(&data.rewards, 1)),
            next_states: matrix(&data.next_states, data.state_width),
            continues: column(pick(&data.terminals, 1).into_iter().map(|d| 1.0 - d).collect()),
            penalty: None,
        }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rewards.dims()[0]
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// These rows followed by others, without penalties.
    #[must_use]
    pub fn followed_by(self, other: Self) -> Self {
        Self {
            states: Tensor::cat(vec![self.states, other.states], 0),
            actions: Tensor::cat(vec![self.actions, other.actions], 0),
            rewards: Tensor::cat(vec![self.rewards, other.rewards], 0),
            next_states: Tensor::cat(vec![self.next_states, other.next_states], 0),
            continues: Tensor::cat(vec![self.continues, other.continues], 0),
            penalty: None,
        }
    }
}

/// An endless supply of batches from fixed data; the same seed gives the same batches.
#[derive(Debug, Clone)]
pub struct Batches<'a> {
    data: &'a Transitions,
    sampler: Sampler,
    stream: Stream,
    device: Device,
}

impl<'a> Batches<'a> {
    /// Every transition equally likely.
    pub fn uniform(data: &'a Transitions, seed: u64, device: &Device) -> Result<Self, DataError> {
        Ok(Self::new(data, data.sampler()?, seed, device))
    }

    /// Transitions by a sampler over their rows.
    #[must_use]
    pub fn new(data: &'a Transitions, sampler: Sampler, seed: u64, device: &Device) -> Self {
        let stream = Stream::new(StreamKey::new(seed, Purpose::named("offline batches")));
        Self { data, sampler, stream, device: device.clone() }
    }

    /// The next batch of `n` rows.
    pub fn draw(&mut self, n: usize) -> Batch {
        Batch::of(self.data, &self.sampler.rows(n, &mut self.stream), &self.device)
    }
}
