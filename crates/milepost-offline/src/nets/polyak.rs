use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};

/// `θ̄ ← (1 − τ) θ̄ + τ θ`. `target` is a copy of `online` (they share parameter ids) without gradients.
#[must_use]
pub fn blend<M: Module>(target: M, online: &M, tau: f64) -> M {
    struct Collect(GradientsParams);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.register(param.id, param.val().inner());
        }
    }
    struct Blend {
        online: GradientsParams,
        tau: f64,
    }
    impl ModuleMapper for Blend {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            match self.online.remove::<D>(param.id) {
                None => param,
                Some(new) => param.map(|old| old.mul_scalar(1.0 - self.tau) + new.mul_scalar(self.tau)),
            }
        }
    }
    let mut collect = Collect(GradientsParams::new());
    online.visit(&mut collect);
    target.map(&mut Blend { online: collect.0, tau })
}
