//! Named `f32` tensors as safetensors bytes, checked on reading.

use std::collections::{BTreeMap, HashMap};

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::{CheckpointError, parameters::Slot};

/// Writes `tensors`, with one line of text. Equal content gives equal bytes.
pub(crate) fn write(
    tensors: &[(Slot, Vec<f32>)],
    note: Option<(&str, String)>,
) -> Result<Vec<u8>, CheckpointError> {
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(_, values)| values.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
    let mut views = Vec::with_capacity(tensors.len());
    for ((slot, _), bytes) in tensors.iter().zip(&bytes) {
        views.push((slot.path.as_str(), TensorView::new(Dtype::F32, slot.shape.clone(), bytes)?));
    }
    let note = note.map(|(key, text)| HashMap::from([(key.to_owned(), text)]));
    Ok(safetensors::serialize(views, note)?)
}

/// Tensors read from bytes, each to be taken by its name and shape.
#[derive(Debug)]
pub(crate) struct Archive {
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    notes: HashMap<String, String>,
}

impl Archive {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let (_, metadata) = SafeTensors::read_metadata(bytes)?;
        let mut tensors = BTreeMap::new();
        for (path, view) in SafeTensors::deserialize(bytes)?.tensors() {
            if view.dtype() != Dtype::F32 {
                return Err(CheckpointError::NumberType { path, found: format!("{:?}", view.dtype()) });
            }
            let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            tensors.insert(path, (view.shape().to_vec(), values.collect()));
        }
        Ok(Self { tensors, notes: metadata.metadata().clone().unwrap_or_default() })
    }

    pub(crate) fn note(&self, key: &str) -> Option<&str> {
        self.notes.get(key).map(String::as_str)
    }

    pub(crate) fn take(&mut self, slot: &Slot) -> Result<Vec<f32>, CheckpointError> {
        match self.tensors.remove(&slot.path) {
            None => Err(CheckpointError::Missing { path: slot.path.clone() }),
            Some((shape, values)) if shape == slot.shape => Ok(values),
            Some((found, _)) => {
                Err(CheckpointError::Shape { path: slot.path.clone(), expected: slot.shape.clone(), found })
            }
        }
    }

    /// Checks that everything was taken.
    pub(crate) fn finish(self) -> Result<(), CheckpointError> {
        match self.tensors.into_keys().next() {
            None => Ok(()),
            Some(path) => Err(CheckpointError::Unknown { path }),
        }
    }
}
