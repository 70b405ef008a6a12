use burn::{
    backend::{Backend, Dispatch, Flex, backend_extension, tensor::FloatTensor},
    tensor::Tensor,
};
use burn_flex::FlexTensor;

use super::{
    CacheRow, Heads,
    flex::{self, Numbers},
    kernels::cached::Step,
};
use crate::simd::widest;

/// Decoding has no gradients, so this is not recorded.
#[backend_extension(Flex)]
trait Cached: Backend {
    fn cached_attention(
        qkv: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        heads: Heads,
        rows: Vec<CacheRow>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl Cached for Flex {
    fn cached_attention(
        qkv: FlexTensor,
        keys: FlexTensor,
        values: FlexTensor,
        heads: Heads,
        rows: Vec<CacheRow>,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let [_, _, _, capacity] = flex::dims(&keys);
        let mut out = vec![0f32; rows.len() * heads.query_width()];
        let qkv = Numbers::of(&qkv);
        let mut written = None;
        let keys = flex::updated(keys, |keys| {
            written = Some(flex::updated(values, |values| {
                let (qkv, out, rows) = (qkv.slice(), out.as_mut_slice(), rows.as_slice());
                widest(Step { qkv, keys, values, out, rows, heads, capacity });
            }));
        });
        (flex::tensor(out, [rows.len(), heads.query_width()]), keys, written.expect("written above"))
    }
}

pub(super) fn cached_attention(
    qkv: Tensor<2>,
    keys: Tensor<4>,
    values: Tensor<4>,
    heads: Heads,
    rows: &[CacheRow],
) -> (Tensor<2>, Tensor<4>, Tensor<4>) {
    let (qkv, keys, values) = (qkv.into_dispatch(), keys.into_dispatch(), values.into_dispatch());
    let (out, keys, values) = Dispatch::cached_attention(qkv, keys, values, heads, rows.to_vec());
    (Tensor::from_dispatch(out), Tensor::from_dispatch(keys), Tensor::from_dispatch(values))
}
