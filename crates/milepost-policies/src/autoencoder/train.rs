use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Int, Tensor, TensorData},
};
use milepost_core::{Purpose, Stream, StreamKey};

use super::{Autoencoder, tensor};
use crate::{Adam, AdamConfig, PolicyError};

/// With fewer rows than this nothing is held out.
const FEW: usize = 10;
/// Passes over so few rows.
const FEW_EPOCHS: u32 = 10;

/// What a training did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TrainingReport {
    /// Passes over the data.
    pub epochs: u32,
    /// Rows sent through the network, forwards.
    pub rows: u64,
    /// The loss on the rows held out after the last pass; `None` if none were.
    pub validation_loss: Option<f64>,
    /// Whether the network is another now. It is not if there were no rows, or if it came out not finite; then it is
    /// the one from before.
    pub changed: bool,
}

impl Autoencoder {
    /// Trains on `rows`, `[rows, inputs]` row-major, with a new optimizer, until the loss on the rows held out has
    /// risen more than `patience` times in a row, or for `epochs`.
    pub fn fit(&mut self, rows: &[f32]) -> Result<TrainingReport, PolicyError> {
        self.check_rows(rows)?;
        let count = rows.len() / self.inputs;
        if count == 0 {
            return Ok(TrainingReport::default());
        }
        let held = if count < FEW { 0 } else { (self.config.holdout * count as f64).round() as usize };
        let epochs = if count < FEW { FEW_EPOCHS.min(self.config.epochs) } else { self.config.epochs };
        let order = self.shuffled(count, 0);
        let (validation, training) = order.split_at(held.min(count - 1));
        let data = tensor(rows, self.inputs, &self.device);
        let held_out = (!validation.is_empty()).then(|| pick(&data, validation));
        let data = Tensor::from_inner(data);
        let before = self.layers.clone();
        let mut adam = Adam::new(AdamConfig {
            learning_rate: self.config.learning_rate,
            epsilon: 1e-8,
            max_grad_norm: None,
            ..AdamConfig::default()
        });
        let mut report = TrainingReport { changed: true, ..TrainingReport::default() };
        let (mut rises, mut last) = (0, f64::INFINITY);
        for epoch in 1..=epochs {
            let turn: Vec<usize> =
                self.shuffled(training.len(), epoch).into_iter().map(|index| training[index]).collect();
            for batch in turn.chunks(self.config.batch) {
                let x = pick(&data, batch);
                let loss = (self.layers.decode(self.layers.encode(x.clone())) - x).square().mean();
                let gradients = GradientsParams::from_grads(loss.backward(), &self.layers);
                self.layers = adam.step(self.layers.clone(), gradients).0;
            }
            report.epochs = epoch;
            report.rows += (training.len() + validation.len()) as u64;
            let Some(held_out) = &held_out else { continue };
            let loss = self.loss(held_out);
            report.validation_loss = Some(loss);
            rises = if loss > last { rises + 1 } else { 0 };
            last = loss;
            if !loss.is_finite() || rises > self.config.patience {
                break;
            }
        }
        if !self.loss(&data.inner()).is_finite() {
            self.layers = before;
            report.changed = false;
        }
        self.trainings += 1;
        Ok(report)
    }

    fn loss(&self, x: &Tensor<2>) -> f64 {
        let layers = self.layers.valid();
        let error = layers.decode(layers.encode(x.clone())) - x.clone();
        f64::from(error.square().mean().into_scalar::<f32>())
    }

    /// The numbers below `count` in the order of a pass; pass 0 says which rows are held out.
    fn shuffled(&self, count: usize, pass: u32) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        let purpose = Purpose::named("autoencoder order");
        let key = StreamKey { episode: self.trainings, step: pass, ..StreamKey::new(self.run_seed, purpose) };
        Stream::new(key).shuffle(&mut order);
        order
    }
}

/// Rows by number.
fn pick(data: &Tensor<2>, rows: &[usize]) -> Tensor<2> {
    let rows: Vec<i32> = rows.iter().map(|row| *row as i32).collect();
    let length = rows.len();
    let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [length]), &data.device());
    data.clone().select(0, rows)
}
