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
    archive::write(&parameters_of(model)?, None)
}

/// Every parameter's name, shape and numbers, in visiting order.
pub(crate) fn parameters_of<M: Module>(model: &M) -> Result<Vec<(Slot, Vec<f32>)>, CheckpointError> {
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
    read.tensors
}

/// `model` with its parameters replaced by those in `bytes`, on the same device.
///
/// # Errors
/// If the bytes are damaged, or if the parameters differ in name or shape: each must be there, and none
/// besides.
pub fn model_from_bytes<M: Module>(model: M, bytes: &[u8]) -> Result<M, CheckpointError> {
    let mut archive = Archive::read(bytes)?;
    let slots = parameters::slots(&model);
    let values = slots.iter().map(|slot| archive.take(slot).map(Some)).collect::<Result<Vec<_>, _>>()?;
    archive.finish()?;
    Ok(with_parameters(model, values))
}

/// `model` with the numbers of its parameters replaced, in visiting order; a parameter without new numbers
/// keeps its own. Each list has as many numbers as its parameter.
pub(crate) fn with_parameters<M: Module>(model: M, values: Vec<Option<Vec<f32>>>) -> M {
    struct Write(std::vec::IntoIter<Option<Vec<f32>>>);
    impl ModuleMapper for Write {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            match self.0.next().flatten() {
                None => param,
                Some(values) => parameters::with_value(param, |old| {
                    Tensor::from_data(TensorData::new(values, old.dims()), &old.device())
                }),
            }
        }
    }
    model.map(&mut Write(values.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Adam, AdamConfig, MlpConfig, NetworkConfig,
        testing::{batch, every_kind, trainable, update},
    };
    use proptest::prelude::*;

    fn mlp(hidden: &[usize]) -> NetworkConfig {
        NetworkConfig::Mlp(MlpConfig { hidden: hidden.to_vec(), ..MlpConfig::default() })
    }

    fn bytes_of(config: &NetworkConfig, features: usize) -> Vec<u8> {
        model_to_bytes(&trainable(config, features, 1)).expect("readable")
    }

    #[test]
    fn a_checkpoint_restores_every_bit_of_every_kind() {
        for (config, features) in every_kind() {
            let (net, _) = update(
                trainable(&config, features, 1),
                &mut Adam::new(AdamConfig::default()),
                batch(9, features, 0),
            );
            let bytes = model_to_bytes(&net).expect("readable");
            let other = trainable(&config, features, 2);
            assert_ne!(model_to_bytes(&other).ok(), Some(bytes.clone()));
            let restored = model_from_bytes(other, &bytes).expect("fits");
            assert_eq!(model_to_bytes(&restored).expect("readable"), bytes);
        }
    }

    #[test]
    fn a_resumed_run_equals_an_uninterrupted_one_bit_for_bit() {
        for (config, features) in every_kind() {
            let mut net = trainable(&config, features, 1);
            let mut adam = Adam::new(AdamConfig::default());
            for step in 0..3 {
                (net, _) = update(net, &mut adam, batch(9, features, step));
            }
            let saved = (model_to_bytes(&net).expect("readable"), adam.to_bytes().expect("readable"));
            let mut resumed = model_from_bytes(trainable(&config, features, 9), &saved.0).expect("fits");
            let mut resumed_adam = Adam::from_bytes(AdamConfig::default(), &resumed, &saved.1).expect("fits");
            assert_eq!(resumed_adam.steps(), 3);
            for step in 3..6 {
                let norms;
                (net, norms) = update(net, &mut adam, batch(9, features, step));
                let (next, norm) = update(resumed, &mut resumed_adam, batch(9, features, step));
                assert_eq!(norms.to_bits(), norm.to_bits());
                resumed = next;
            }
            assert_eq!(model_to_bytes(&net), model_to_bytes(&resumed));
            assert_eq!(adam.to_bytes(), resumed_adam.to_bytes());
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let load = |bytes: &[u8]| model_from_bytes(trainable(&mlp(&[9, 8]), 5, 1), bytes).map(|_| ());
        assert_eq!(load(&bytes_of(&mlp(&[9, 8]), 5)), Ok(()));
        assert!(matches!(
            load(&bytes_of(&mlp(&[9]), 5)),
            Err(CheckpointError::Missing { .. } | CheckpointError::Shape { .. })
        ));
        assert!(matches!(load(&bytes_of(&mlp(&[9, 8, 8]), 5)), Err(CheckpointError::Unknown { .. })));
        assert_eq!(
            load(&bytes_of(&mlp(&[9, 8]), 6)).expect_err("wider").to_string(),
            "parameter `policy.hidden.0.weight` is [6, 9] in the checkpoint but [5, 9] in the model; \
             build the model with the checkpoint's sizes"
        );
        let (table, features) = every_kind()[2].clone();
        assert!(matches!(load(&bytes_of(&table, features)), Err(CheckpointError::Missing { .. })));
    }

    #[test]
    fn an_optimizer_of_another_model_is_refused() {
        let mut adam = Adam::new(AdamConfig::default());
        let (net, _) = update(trainable(&mlp(&[9]), 5, 1), &mut adam, batch(3, 5, 0));
        let bytes = adam.to_bytes().expect("readable");
        assert!(Adam::from_bytes(AdamConfig::default(), &net, &bytes).is_ok());
        let other = trainable(&mlp(&[8]), 5, 1);
        assert!(matches!(
            Adam::from_bytes(AdamConfig::default(), &other, &bytes),
            Err(CheckpointError::Shape { .. })
        ));
        let model = model_to_bytes(&net).expect("readable");
        assert!(matches!(
            Adam::from_bytes(AdamConfig::default(), &net, &model),
            Err(CheckpointError::Damaged { .. })
        ));
        let fresh = Adam::new(AdamConfig::default()).to_bytes().expect("empty");
        assert_eq!(Adam::from_bytes(AdamConfig::default(), &net, &fresh).expect("fits").steps(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_truncated_checkpoint_is_an_error(fraction in 0.0f64..1.0) {
            let bytes = bytes_of(&mlp(&[9, 8]), 5);
            let cut = &bytes[..(bytes.len() as f64 * fraction) as usize];
            let result = model_from_bytes(trainable(&mlp(&[9, 8]), 5, 1), cut);
            let damaged = matches!(result, Err(CheckpointError::Damaged { .. }));
            prop_assert!(damaged);
        }

        #[test]
        fn a_damaged_byte_never_panics(position in 0.0f64..1.0, byte: u8) {
            let mut bytes = bytes_of(&mlp(&[9, 8]), 5);
            let at = (bytes.len() as f64 * position) as usize;
            bytes[at] = byte;
            // Damage to a number is another number; damage to the header must be an error or harmless.
            let _ = model_from_bytes(trainable(&mlp(&[9, 8]), 5, 1), &bytes);
        }

        #[test]
        fn random_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(model_from_bytes(trainable(&mlp(&[9, 8]), 5, 1), &bytes).is_err());
        }
    }
}
