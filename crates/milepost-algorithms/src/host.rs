use burn::tensor::Tensor;

use crate::TrainError;

/// Reads a tensor back as `f32`.
pub(crate) fn host<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, TrainError> {
    tensor.try_into_vec_as::<f32>().map_err(|error| TrainError::Config {
        reason: format!("a tensor could not be read back from the device: {error:?}"),
    })
}
