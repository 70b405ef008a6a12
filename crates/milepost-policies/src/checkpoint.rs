use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Tensor, TensorData},
};
use safetensors::SafeTensorError;

use crate::{
    archive::{self, Archive},
    parameters::{self, Slot},
};

/// Bytes that are not the checkpoint that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The bytes are not a whole safetensors file.
    #[error("the checkpoint is damaged or not a safetensors file ({reason}); restore it or start again")]
    Damaged {
        /// What the reader said.
        reason: String,
    },
    /// A parameter is not in the checkpoint.
    #[error("the checkpoint has no parameter `{path}`; it belongs to another kind of network")]
    Missing {
        /// The parameter.
        path: String,
    },
    /// The checkpoint has a parameter that the model lacks.
    #[error(
        "the checkpoint has a parameter `{path}` that the model lacks; it belongs to another kind of network"
    )]
    Unknown {
        /// The parameter.
        path: String,
    },
    /// A parameter has another shape.
    #[error(
        "parameter `{path}` is {found:?} in the checkpoint but {expected:?} in the model; build the model with the checkpoint's sizes"
    )]
    Shape {
        /// The parameter.
        path: String,
        /// The model's shape.
        expected: Vec<usize>,
        /// The checkpoint's shape.
        found: Vec<usize>,
    },
    /// A parameter's numbers are not 32-bit floats.
    #[error("parameter `{path}` holds {found} numbers; checkpoints hold F32")]
    NumberType {
        /// The parameter.
        path: String,
        /// The type found.
        found: String,
    },
    /// A parameter could not be read from its device.
    #[error("parameter `{path}` could not be read from its device: {reason}")]
    Device {
        /// The parameter.
        path: String,
        /// What the device said.
        reason: String,
    },
}

impl From<SafeTensorError> for CheckpointError {
    fn from(error: SafeTensorError) -> Self {
        Self::Damaged { reason: error.to_string() }
    }
}

/// The parameters of `model` as safetensors bytes, named by path (`policy.hidden.0.weight`). Equal
/// parameters give equal bytes.
pub fn model_to_bytes<M: Module>(model: &M) -> Result<Vec<u8>, CheckpointError> {
    struct Read {
        slots: std::vec::IntoIter<Slot>,
        tensors: Result<Vec<(Slot, Vec<f32>)>, CheckpointError>,
    }
    impl ModuleVisitor for Read {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let (Ok(tensors), Some(slot)) = (&mut self.tensors, self.slots.next()) {
                match param.val().try_into_vec_as::<f32>() {
                    Ok(values) => tensors.push((slot, values)),
                    Err(error) => {
                        let reason = error.to_string();
                        self.tensors = Err(CheckpointError::Device { path: slot.path, reason });
                    }
                }
            }
        }
    }
    let mut read = Read { slots: parameters::slots(model).into_iter(), tensors: Ok(Vec::new()) };
    model.visit(&mut read);
    archive::write(&read.tensors?, None)
}

/// `model` with its parameters replaced by those in `bytes`, on the same device.
///
/// # Errors
/// If the bytes are damaged, or if the parameters differ in name or shape: each must be there, and none
/// besides.
pub fn model_from_bytes<M: Module>(model: M, bytes: &[u8]) -> Result<M, CheckpointError> {
    struct Write(std::vec::IntoIter<Vec<f32>>);
    impl ModuleMapper for Write {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            match self.0.next() {
                None => param,
                Some(values) => parameters::with_value(param, |old| {
                    Tensor::from_data(TensorData::new(values, old.dims()), &old.device())
                }),
            }
        }
    }
    let mut archive = Archive::read(bytes)?;
    let slots = parameters::slots(&model);
    let values = slots.iter().map(|slot| archive.take(slot)).collect::<Result<Vec<_>, _>>()?;
    archive.finish()?;
    Ok(model.map(&mut Write(values.into_iter())))
}
