use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::{Purpose, Stream, StreamKey};

/// Where the noise of a roll-out comes from. Every draw is a pure function of the address (seed, iteration, sample,
/// step), so it depends neither on the batch that a sample is in nor on threads, and initial noise can be handed out
/// twice on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseSource {
    /// The run's seed.
    pub run_seed: u64,
    /// Which iteration.
    pub iteration: u64,
    /// Evaluation never shares noise with training.
    pub evaluation: bool,
}

impl NoiseSource {
    /// Initial points `x_1 ~ N(0, I)`, one for each noise id; equal ids, equal points. `[N, D]`.
    #[must_use]
    pub fn start(&self, ids: &[u64], dimension: usize, device: &Device) -> Tensor<2> {
        let purpose = if self.evaluation { "flow evaluation start" } else { "flow start" };
        self.normal(purpose, ids, 0, dimension, device)
    }

    /// The noise of one step, one row for each sample. `[N, D]`.
    #[must_use]
    pub fn step(&self, step: usize, rows: usize, dimension: usize, device: &Device) -> Tensor<2> {
        let purpose = if self.evaluation { "flow evaluation step" } else { "flow step" };
        let ids: Vec<u64> = (0..rows as u64).collect();
        self.normal(purpose, &ids, step as u32, dimension, device)
    }

    fn normal(&self, purpose: &str, ids: &[u64], step: u32, dimension: usize, device: &Device) -> Tensor<2> {
        let purpose = Purpose::named(purpose);
        let row = |id: &u64| {
            let key =
                StreamKey { run_seed: self.run_seed, purpose, task: *id, episode: self.iteration, step };
            let mut stream = Stream::new(key);
            (0..dimension).map(|_| stream.normal() as f32).collect::<Vec<_>>()
        };
        let values: Vec<f32> = ids.iter().flat_map(row).collect();
        Tensor::from_data(TensorData::new(values, [ids.len(), dimension]), device)
    }
}
