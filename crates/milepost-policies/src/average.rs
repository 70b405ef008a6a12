use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::Tensor,
};

use crate::{PolicyError, parameters};

/// The model whose every weight is the mean of that of `models`, which have one shape: what weight averaging of
/// reward models (WARM, arXiv 2401.12187, with uniform weights) makes of several runs. The first model's device and
/// gradient settings are kept.
///
/// # Errors
/// If there is no model, or two differ in the names or shapes of their parameters.
pub fn average_weights<M: Module>(models: &[M]) -> Result<M, PolicyError> {
    let Some(first) = models.first() else { return Err(PolicyError::EmptyBatch) };
    let slots = parameters::slots(first);
    if let Some(index) = models.iter().position(|model| parameters::slots(model) != slots) {
        let reason =
            format!("of model {index} has other shapes than that of model 0; average equal networks");
        return Err(PolicyError::Config { field: "parameters", reason });
    }
    let mut sums: Vec<Tensor<1>> = Vec::new();
    for model in models {
        let mut read = Read(Vec::with_capacity(slots.len()));
        model.visit(&mut read);
        sums = if sums.is_empty() {
            read.0
        } else {
            sums.into_iter().zip(read.0).map(|(sum, value)| sum + value).collect()
        };
    }
    let count = models.len() as f64;
    let means: Vec<Tensor<1>> = sums.into_iter().map(|sum| sum.div_scalar(count)).collect();
    Ok(first.clone().map(&mut Write(means.into_iter())))
}

/// Every parameter, flat, in visiting order.
struct Read(Vec<Tensor<1>>);

impl ModuleVisitor for Read {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let len = param.lazy_shape().num_elements();
        self.0.push(param.val().inner().reshape([len]));
    }
}

/// New values in the same order.
struct Write(std::vec::IntoIter<Tensor<1>>);

impl ModuleMapper for Write {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.lazy_shape();
        match self.0.next() {
            Some(value) => parameters::with_value(param, |_| value.reshape(shape)),
            None => param,
        }
    }
}
