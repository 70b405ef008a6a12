use burn::tensor::{Device, Tensor, TensorData};

use crate::FlowError;

/// A number for each row of a batch, kept on the host: noise levels, standard deviations.
#[derive(Debug, Clone, PartialEq)]
pub enum PerRow {
    /// The same for all rows.
    All(f64),
    /// One for each.
    Rows(Vec<f64>),
}

impl PerRow {
    /// The number of row `row`.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn at(&self, row: usize) -> f64 {
        match self {
            Self::All(value) => *value,
            Self::Rows(values) => values[row],
        }
    }

    /// One number a row.
    #[must_use]
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        match self {
            Self::All(value) => Self::All(f(*value)),
            Self::Rows(values) => Self::Rows(values.iter().map(|value| f(*value)).collect()),
        }
    }

    /// As a column `[rows, 1]`.
    #[must_use]
    pub fn column(&self, rows: usize, device: &Device) -> Tensor<2> {
        let values: Vec<f32> = (0..rows).map(|row| self.at(row) as f32).collect();
        Tensor::from_data(TensorData::new(values, [rows, 1]), device)
    }

    /// As a vector `[rows]`.
    #[must_use]
    pub fn vector(&self, rows: usize, device: &Device) -> Tensor<1> {
        self.column(rows, device).squeeze_dim(1)
    }
}

/// The elements of a tensor, row-major.
pub(crate) fn host<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, FlowError> {
    tensor.try_into_vec_as::<f32>().map_err(|error| FlowError::Device { reason: error.to_string() })
}

/// The rows of a matrix, in double precision.
pub(crate) fn host_rows(tensor: Tensor<2>) -> Result<Vec<Vec<f64>>, FlowError> {
    let width = tensor.dims()[1];
    let values = host(tensor)?;
    Ok(values.chunks(width.max(1)).map(|row| row.iter().map(|x| f64::from(*x)).collect()).collect())
}
