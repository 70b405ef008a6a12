//! `tanh` fast enough for the CPU: Burn's own calls the C library once per element, which costs more than
//! all the matrix products of a small network. One backend operation with its own backward pass.

mod kernel;

use burn::{
    backend::{
        Autodiff, Backend, Dispatch, Flex,
        autodiff::{
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops, OpsKind},
        },
        backend_extension,
        tensor::FloatTensor,
    },
    tensor::Tensor,
};
use burn_flex::FlexTensor;

use crate::{
    fused::flex::{Numbers, updated},
    simd::widest,
};

/// `tanh`, elementwise, with an absolute error below 5·10⁻⁷ and gradient `1 − y²`.
///
/// The largest error over all single-precision numbers of magnitude 10⁻⁶ to 12 is 4.1·10⁻⁷, near 5.83.
///
/// On the CPU a rational approximation in plain arithmetic: an element's result depends on that element
/// alone, not on its place in the batch, the batch's size, or the vector width of the machine. On a GPU
/// the device's own `tanh`.
#[must_use]
pub fn ftanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::ftanh(x.into_dispatch()))
}

/// The operation and its backward pass, for every backend that Milepost runs on.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "wgpu"), Fusion: cfg(feature = "fusion"))]
pub(crate) trait FastTanh: Backend {
    /// `tanh(x)`.
    #[fusion(default)]
    fn ftanh(x: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_tanh(x)
    }
    /// `g · (1 − y²)`, the gradient of the input for the gradient `g` of the output `y`.
    #[fusion(default)]
    fn ftanh_backward(g: FloatTensor<Self>, y: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_sub(g.clone(), Self::float_mul(g, Self::float_mul(y.clone(), y)))
    }
}

#[cfg(feature = "wgpu")]
impl FastTanh for burn::backend::Cube {}

impl FastTanh for Flex {
    fn ftanh(x: FlexTensor) -> FlexTensor {
        updated(x, |x| widest(kernel::Forward(x)))
    }

    fn ftanh_backward(g: FlexTensor, y: FlexTensor) -> FlexTensor {
        let y = Numbers::of(&y);
        updated(g, |g| widest(kernel::Backward { g, y: y.slice() }))
    }
}

impl<B: FastTanh, C: CheckpointStrategy> FastTanh for Autodiff<B, C> {
    fn ftanh(x: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct TanhBackward;
        impl<B: FastTanh> Backward<B, 1> for TanhBackward {
            type State = FloatTensor<B>;
            fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
                let g = grads.consume::<B>(&ops.node);
                let [parent] = ops.parents;
                if let Some(parent) = parent {
                    grads.register::<B>(parent.id, B::ftanh_backward(g, ops.state));
                }
            }
        }
        let node = x.node();
        match TanhBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let y = B::ftanh(x.into_primitive());
                prep.finish(y.clone(), y)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::ftanh(x.into_primitive())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use proptest::prelude::*;

    fn values(max: usize) -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(prop_oneof![-12f32..12.0, -0.01f32..0.01, -1e30f32..1e30], 1..max)
    }

    fn host<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.try_into_vec_as::<f32>().expect("floats")
    }

    proptest! {
        #[test]
        fn agrees_with_tanh_in_double_precision(xs in values(80)) {
            let x = Tensor::<1>::from_floats(xs.as_slice(), &Device::flex());
            for (x, y) in xs.iter().zip(host(ftanh(x))) {
                let exact = f64::from(*x).tanh();
                prop_assert!((f64::from(y) - exact).abs() < 5e-7, "tanh({x}) = {exact}, not {y}");
                prop_assert!(y.abs() <= 1.0);
            }
        }

        #[test]
        fn a_batch_gives_each_element_what_it_would_get_alone(xs in values(70)) {
            let device = Device::flex();
            let batch = host(ftanh(Tensor::<1>::from_floats(xs.as_slice(), &device)));
            for (x, y) in xs.iter().zip(batch) {
                prop_assert_eq!(host(ftanh(Tensor::<1>::from_floats([*x], &device)))[0].to_bits(), y.to_bits());
            }
        }

        #[test]
        fn the_gradient_is_one_minus_the_square(xs in values(70), scale in -3f32..3.0) {
            let device = Device::flex().autodiff();
            let x = Tensor::<1>::from_floats(xs.as_slice(), &device).require_grad();
            let y = ftanh(x.clone());
            let grads = (y.clone() * scale).sum().backward();
            let g = host(x.grad(&grads).expect("tracked"));
            for (y, g) in host(y).into_iter().zip(g) {
                prop_assert!((g - scale * (1.0 - y * y)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn shared_and_strided_inputs_are_left_alone() {
        let x = Tensor::<2>::from_floats([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], &Device::flex());
        let transposed = host(ftanh(x.clone().transpose()));
        assert!((transposed[1] - 3f32.tanh()).abs() < 1e-6);
        let row = host(ftanh(x.clone().narrow(0, 1, 1)));
        assert!((row[0] - 3f32.tanh()).abs() < 1e-6 && row.len() == 3);
        assert_eq!(host(x), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn nan_stays_nan() {
        let y =
            host(ftanh(Tensor::<1>::from_floats([f32::NAN, f32::INFINITY, -f32::INFINITY], &Device::flex())));
        assert!(y[0].is_nan());
        assert_eq!((y[1], y[2]), (1.0, -1.0));
    }
}
