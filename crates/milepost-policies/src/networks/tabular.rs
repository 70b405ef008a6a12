use burn::{
    module::{Module, Param},
    tensor::Tensor,
};

use super::ActorCritic;
use crate::initial::Initializer;

/// A softmax policy and values with one row of parameters per state:
/// `π(a|s) = softmax(L[s, ·])ₐ`, `V(s) = v[s]`.
///
/// Its one feature is the row's number, from [`StateIndex`](crate::StateIndex), which gives out no row
/// that the table lacks. All parameters start at 0: a uniform policy.
#[derive(Module, Debug)]
pub struct TabularSoftmax {
    logits: Param<Tensor<2>>,
    values: Param<Tensor<1>>,
}

impl TabularSoftmax {
    pub(crate) fn new(states: usize, actions: usize, initializer: &mut Initializer) -> Self {
        Self { logits: initializer.zeros([states, actions]), values: initializer.zeros([states]) }
    }

    /// Rows of the table.
    #[must_use]
    pub fn state_count(&self) -> usize {
        self.logits.lazy_shape()[0]
    }
}

impl ActorCritic for TabularSoftmax {
    fn forward(&self, features: Tensor<2>) -> (Tensor<2>, Tensor<1>) {
        let rows = features.inner().squeeze_dim::<1>(1).int();
        (self.logits.val().select(0, rows.clone()), self.values.val().select(0, rows))
    }

    fn feature_count(&self) -> usize {
        1
    }

    fn action_count(&self) -> usize {
        self.logits.lazy_shape()[1]
    }

    fn kind(&self) -> &'static str {
        "tabular"
    }
}
