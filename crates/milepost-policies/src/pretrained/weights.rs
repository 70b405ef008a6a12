use std::collections::BTreeMap;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::Value;

use super::{PretrainedError, TensorProblem};

/// The tensors of one or several safetensors files, borrowed from their bytes.
#[derive(Debug)]
pub struct PretrainedWeights<'a> {
    tensors: BTreeMap<String, TensorView<'a>>,
}

impl<'a> PretrainedWeights<'a> {
    /// The tensors of `model.safetensors`.
    pub fn single(bytes: &'a [u8]) -> Result<Self, PretrainedError> {
        Self::collect([("model.safetensors", bytes)])
    }

    /// The tensors of a model in several files: the bytes of `model.safetensors.index.json`, and each shard
    /// with the name under which the index lists it.
    ///
    /// # Errors
    /// If a shard is missing, damaged or not listed, or if a tensor is not in the shard where the index says.
    pub fn sharded(index: &[u8], shards: &[(&str, &'a [u8])]) -> Result<Self, PretrainedError> {
        let differ = |reason: String| PretrainedError::Shards { reason };
        let index: Value = serde_json::from_slice(index).map_err(|error| PretrainedError::Json {
            file: "model.safetensors.index.json",
            reason: error.to_string(),
        })?;
        let listed =
            index["weight_map"].as_object().ok_or_else(|| differ("it has no weight_map".to_owned()))?;
        let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, bytes) in shards {
            let tensors = read(name, bytes)?.into_iter().map(|(tensor, _)| tensor).collect();
            if names.insert(*name, tensors).is_some() {
                return Err(differ(format!("{name} is given twice")));
            }
        }
        let mut place: BTreeMap<&str, &str> = BTreeMap::new();
        for (shard, tensors) in &names {
            for tensor in tensors {
                if listed.get(tensor).and_then(Value::as_str) != Some(*shard) {
                    return Err(differ(format!("{shard} holds `{tensor}`, which is not listed there")));
                }
                place.insert(tensor, shard);
            }
        }
        for (tensor, shard) in listed {
            if !place.contains_key(tensor.as_str()) {
                let shard = shard.as_str().unwrap_or("a shard without a name");
                return Err(differ(format!("`{tensor}` is listed in {shard}, but is not there")));
            }
        }
        Self::collect(shards.iter().copied())
    }

    fn collect<'n>(files: impl IntoIterator<Item = (&'n str, &'a [u8])>) -> Result<Self, PretrainedError> {
        let mut tensors = BTreeMap::new();
        let mut problems = Vec::new();
        for (file, bytes) in files {
            for (name, view) in read(file, bytes)? {
                if tensors.insert(name.clone(), view).is_some() {
                    problems.push(TensorProblem::Repeated { name });
                }
            }
        }
        if problems.is_empty() { Ok(Self { tensors }) } else { Err(PretrainedError::Tensors { problems }) }
    }

    /// Names in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The shape of a tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(TensorView::shape)
    }

    /// The numbers of a tensor as `f32`, row-major.
    pub(super) fn values(&self, name: &str) -> Result<Vec<f32>, TensorProblem> {
        let view = self.tensors.get(name).ok_or_else(|| TensorProblem::Missing { name: name.to_owned() })?;
        numbers(view).ok_or_else(|| TensorProblem::NumberType {
            name: name.to_owned(),
            found: format!("{:?}", view.dtype()),
        })
    }

    /// Whether a tensor's numbers can be read.
    pub(super) fn check_type(&self, name: &str) -> Result<(), TensorProblem> {
        match self.tensors.get(name).map(TensorView::dtype) {
            None | Some(Dtype::F32 | Dtype::F16 | Dtype::BF16) => Ok(()),
            Some(other) => {
                Err(TensorProblem::NumberType { name: name.to_owned(), found: format!("{other:?}") })
            }
        }
    }
}

fn read<'a>(file: &str, bytes: &'a [u8]) -> Result<Vec<(String, TensorView<'a>)>, PretrainedError> {
    let damaged = |reason: String| PretrainedError::Damaged { file: file.to_owned(), reason };
    Ok(SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?.tensors())
}

/// Every F16 and BF16 number is an F32 number: nothing is rounded.
fn numbers(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let data = view.data();
    Some(match view.dtype() {
        Dtype::F32 => data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        Dtype::F16 => data.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
        Dtype::BF16 => data.chunks_exact(2).map(|b| bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
        _ => return None,
    })
}
