//! Between Burn's CPU tensors and slices.

use burn::{backend::TensorMetadata, tensor::TensorData};
use burn_flex::FlexTensor;
use rayon::prelude::*;

/// A tensor's numbers, in order.
pub(crate) struct Numbers(FlexTensor);

impl Numbers {
    pub(crate) fn of(x: &FlexTensor) -> Self {
        Self(x.to_contiguous())
    }

    pub(crate) fn slice(&self) -> &[f32] {
        self.0.as_slice::<f32>().expect("contiguous after to_contiguous, and policies compute in f32")
    }
}

/// A tensor of `values`.
pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// Integers as indices.
pub(crate) fn indices(x: &FlexTensor) -> Vec<usize> {
    x.clone().into_data().iter::<i64>().map(|index| index as usize).collect()
}

/// Applies `f` in place if nobody else holds the tensor, otherwise to a copy.
pub(crate) fn updated(mut x: FlexTensor, f: impl FnOnce(&mut [f32])) -> FlexTensor {
    let shape = x.shape();
    // By assignment, so that a tensor already contiguous is not kept alive twice.
    x = x.to_contiguous();
    let whole = x.as_slice::<f32>().map(<[f32]>::len) == Some(x.storage::<f32>().len());
    if whole && let Some(values) = x.try_storage_mut::<f32>() {
        f(values);
        return x;
    }
    let mut values = Numbers::of(&x).slice().to_vec();
    f(&mut values);
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// The sizes of a tensor with `D` dimensions.
pub(crate) fn dims<const D: usize>(x: &FlexTensor) -> [usize; D] {
    x.shape().dims()
}

/// Fills each stretch of `stretch` numbers (the last may be shorter) by its index, in parallel: every stretch
/// is computed by itself, so the number of threads does not matter.
pub(crate) fn each_part(out: &mut [f32], stretch: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    if out.len() <= stretch || rayon::current_num_threads() == 1 {
        out.chunks_mut(stretch).enumerate().for_each(|(index, part)| f(index, part));
    } else {
        out.par_chunks_mut(stretch).enumerate().for_each(|(index, part)| f(index, part));
    }
}
