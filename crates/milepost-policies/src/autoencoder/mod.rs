//! Autoencoders that learn to describe what agents did from pictures (TAXONS, Paolo et al. 2019, arXiv 1909.05508).

mod config;
mod network;
#[cfg(test)]
mod tests;
mod train;

pub use config::AutoencoderConfig;
pub use network::Encoding;
pub use train::TrainingReport;

use burn::{
    module::Module,
    tensor::{Device, Tensor, TensorData},
};

use crate::PolicyError;
use network::Layers;

/// Rows sent through the network at a time; bounds memory, and changes no bit of a result on the CPU.
const ROWS: usize = 512;

/// An autoencoder of fixed-length rows with values in `[0, 1]`.
///
/// Fully connected: inputs → hidden layers (SELU) → code (ReLU) → hidden layers mirrored (SELU) → inputs (sigmoid),
/// trained on the mean squared error. Weights and the order of batches come from the run's keyed streams, and a
/// row's code does not depend on the rows beside it, so equal seeds and data give equal codes on the CPU.
#[derive(Debug, Clone)]
pub struct Autoencoder {
    config: AutoencoderConfig,
    run_seed: u64,
    device: Device,
    inputs: usize,
    layers: Layers,
    trainings: u64,
}

impl Autoencoder {
    /// An untrained network for rows of `inputs` values.
    pub fn new(
        config: AutoencoderConfig,
        inputs: usize,
        run_seed: u64,
        device: &Device,
    ) -> Result<Self, PolicyError> {
        config.check(inputs)?;
        let device = device.clone().inner();
        let layers = Layers::new(&config.widths(inputs), run_seed, &device.clone().autodiff());
        Ok(Self { config, run_seed, device, inputs, layers, trainings: 0 })
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &AutoencoderConfig {
        &self.config
    }

    /// Values in a row.
    #[must_use]
    pub const fn inputs(&self) -> usize {
        self.inputs
    }

    /// Times that it was trained.
    #[must_use]
    pub const fn trainings(&self) -> u64 {
        self.trainings
    }

    /// Codes and reconstruction errors of `rows`, `[rows, inputs]` row-major.
    pub fn encode(&self, rows: &[f32]) -> Result<Vec<Encoding>, PolicyError> {
        self.check_rows(rows)?;
        let layers = self.layers.valid();
        let mut encodings = Vec::with_capacity(rows.len() / self.inputs);
        for chunk in rows.chunks(ROWS * self.inputs) {
            let x = tensor(chunk, self.inputs, &self.device);
            let code = layers.encode(x.clone());
            let error = (layers.decode(code.clone()) - x).square().mean_dim(1);
            let codes = code.try_into_vec_as::<f32>().map_err(unread)?;
            let errors = error.try_into_vec_as::<f32>().map_err(unread)?;
            let pairs = codes.chunks(self.config.code).zip(errors);
            encodings.extend(pairs.map(|(code, error)| Encoding { code: code.to_vec(), error }));
        }
        Ok(encodings)
    }

    fn check_rows(&self, rows: &[f32]) -> Result<(), PolicyError> {
        if rows.len().is_multiple_of(self.inputs) {
            return Ok(());
        }
        let reason = format!("{} values are no whole rows of {}", rows.len(), self.inputs);
        Err(PolicyError::autoencoder(reason))
    }
}

fn unread(error: impl std::fmt::Display) -> PolicyError {
    PolicyError::autoencoder(format!("its device could not be read: {error}"))
}

/// Rows on a device.
fn tensor(rows: &[f32], inputs: usize, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(rows.to_vec(), [rows.len() / inputs, inputs]), device)
}
