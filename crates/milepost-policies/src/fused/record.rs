//! CPU operations with backward passes of their own.

use std::fmt::Debug;

use burn::backend::{
    Autodiff, Flex,
    autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    tensor::FloatTensor,
};
use burn_flex::FlexTensor;

/// Runs `forward` on `inputs` and records that, for the gradient of its output and what it kept, `gradient`
/// gives those of the inputs.
#[allow(clippy::redundant_closure_for_method_calls, reason = "the methods' type is private to Burn")]
pub(super) fn recorded<C: CheckpointStrategy, S: Clone + Send + Debug + 'static, const N: usize>(
    inputs: [FloatTensor<Autodiff<Flex, C>>; N],
    forward: impl FnOnce([FlexTensor; N]) -> (FlexTensor, S),
    gradient: fn(FlexTensor, S) -> [FlexTensor; N],
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = inputs.each_ref().map(|x| x.node());
    let (y, kept) = forward(inputs.map(|x| x.into_primitive()));
    match (Step { gradient }).prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(kept, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    }
}

#[derive(Debug)]
struct Step<S, const N: usize> {
    gradient: fn(FlexTensor, S) -> [FlexTensor; N],
}

impl<S: Clone + Send + Debug + 'static, const N: usize> Backward<Flex, N> for Step<S, N> {
    type State = S;

    fn backward(self, ops: Ops<S, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let g = grads.consume::<Flex>(&ops.node);
        for (parent, gradient) in ops.parents.into_iter().zip((self.gradient)(g, ops.state)) {
            if let Some(parent) = parent {
                grads.register::<Flex>(parent.id, gradient);
            }
        }
    }
}
