use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_core::{Purpose, Stream, StreamKey};

use super::episode::{Episode, FEATURES};

/// Every state of some episodes as one matrix: episode `i` owns `T_i + 1` consecutive rows.
pub(super) struct Rows {
    /// `[R, FEATURES]`, on the plain device.
    pub(super) features: Tensor<2>,
    /// First row of each episode, and one past the last.
    pub(super) offsets: Vec<usize>,
}

impl Rows {
    pub(super) fn of<'a>(episodes: impl Iterator<Item = &'a Episode>, device: &Device) -> Self {
        let (mut data, mut offsets) = (Vec::new(), vec![0]);
        for episode in episodes {
            data.extend_from_slice(&episode.features);
            offsets.push(data.len() / FEATURES);
        }
        let rows = data.len() / FEATURES;
        let features = Tensor::from_data(TensorData::new(data, [rows, FEATURES]), device);
        Self { features, offsets }
    }

    pub(super) fn select(&self, rows: &[usize]) -> Tensor<2> {
        let rows = rows.iter().map(|row| *row as i32).collect();
        self.features.clone().select(0, ints(rows, &self.features.device()))
    }

    /// Numbers of each row as numbers of each episode.
    pub(super) fn by_episode<T: Clone>(&self, values: &[T]) -> Vec<Vec<T>> {
        self.offsets.windows(2).map(|bounds| values[bounds[0]..bounds[1]].to_vec()).collect()
    }
}

pub(super) fn ints(values: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}

pub(super) fn column(values: &[f64], device: &Device) -> Tensor<1> {
    let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}

/// Minibatches of `size` of `n` items for `updates` updates, in keyed order: every item comes once before any comes
/// again.
pub(super) fn minibatches(n: usize, size: usize, updates: usize, key: StreamKey) -> Vec<Vec<usize>> {
    let mut batches = Vec::with_capacity(updates);
    let (mut order, mut pass): (Vec<usize>, u32) = (Vec::new(), 0);
    while batches.len() < updates && n > 0 {
        if order.is_empty() {
            order = (0..n).collect();
            Stream::new(StreamKey { step: pass, ..key }).shuffle(&mut order);
            pass += 1;
        }
        batches.push(order.split_off(order.len().saturating_sub(size)));
    }
    batches
}

/// The key of a shuffle.
pub(super) fn shuffle_key(run_seed: u64, what: &str, phase: u64) -> StreamKey {
    StreamKey { episode: phase, ..StreamKey::new(run_seed, Purpose::named(what)) }
}
