//! Parameters by *path* (`hidden.0.weight`). Burn's own ids are random, so nothing that outlives a
//! process may be keyed by them.

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::Tensor,
};

/// Follows a module's traversal. Enum variants are left out: a network has the same paths inside
/// [`Network`](crate::Network) and alone.
#[derive(Debug, Default)]
pub(crate) struct Path(Vec<String>);

impl Path {
    pub(crate) fn enter(&mut self, name: &str, container: &str) {
        if !is_enum(container) {
            self.0.push(name.to_owned());
        }
    }

    pub(crate) fn exit(&mut self, container: &str) {
        if !is_enum(container) {
            self.0.pop();
        }
    }

    pub(crate) fn join(&self) -> String {
        self.0.join(".")
    }
}

fn is_enum(container: &str) -> bool {
    container.starts_with("Enum:")
}

/// Name and shape of one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) path: String,
    pub(crate) shape: Vec<usize>,
}

impl Slot {
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// The same shape under a longer name.
    pub(crate) fn under(&self, prefix: &str) -> Self {
        Self { path: format!("{prefix}{}", self.path), shape: self.shape.clone() }
    }
}

/// The float parameters of `model`, in visiting order.
pub(crate) fn slots<M: Module>(model: &M) -> Vec<Slot> {
    #[derive(Default)]
    struct Collect {
        path: Path,
        slots: Vec<Slot>,
    }
    impl ModuleVisitor for Collect {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _name: &str, container: &str) {
            self.path.exit(container);
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.slots.push(Slot { path: self.path.join(), shape: param.lazy_shape().to_vec() });
        }
    }
    let mut collect = Collect::default();
    model.visit(&mut collect);
    collect.slots
}

/// `param` with another value, given without gradient tracking: it keeps its id, its device's autodiff
/// and whether it is trained.
pub(crate) fn with_value<const D: usize>(
    param: Param<Tensor<D>>,
    value: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Param<Tensor<D>> {
    param.map(|old| {
        let (tracked, trained) = (old.is_autodiff(), old.is_require_grad());
        let new = value(old.inner());
        if tracked { Tensor::from_inner(new).set_require_grad(trained) } else { new }
    })
}
