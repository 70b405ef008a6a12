use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Tensor, TensorData},
};

/// The best weights seen of each member of a module whose parameters have the member as first axis (or 1
/// there, for what members share).
#[derive(Debug)]
pub(crate) struct BestMembers {
    losses: Vec<f64>,
    /// For each parameter in visiting order: its rows, one for each member.
    weights: Vec<Vec<Vec<f32>>>,
}

impl BestMembers {
    pub(crate) fn new(members: usize) -> Self {
        Self { losses: vec![f64::INFINITY; members], weights: Vec::new() }
    }

    /// The lowest loss of each member so far.
    pub(crate) fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// Keeps the weights of each member whose loss improved by more than the fraction `margin`; whether any
    /// did. Losses below zero improve when they fall at all.
    pub(crate) fn offer<M: Module>(&mut self, model: &M, losses: &[f64], margin: f64) -> bool {
        let better = |new: f64, old: f64| new < old && (!old.is_finite() || old - new > margin * old.abs());
        let improved: Vec<bool> =
            losses.iter().zip(&self.losses).map(|(new, old)| better(*new, *old)).collect();
        if !improved.contains(&true) {
            return false;
        }
        let mut read = Read(Vec::new());
        model.visit(&mut read);
        let rows = read.0.into_iter().map(|values| split(&values, losses.len()));
        if self.weights.is_empty() {
            self.weights = rows.collect();
        } else {
            for (kept, new) in self.weights.iter_mut().zip(rows) {
                for (member, row) in new.into_iter().enumerate() {
                    if improved.get(member).copied().unwrap_or(false) {
                        kept[member] = row;
                    }
                }
            }
        }
        for (member, loss) in losses.iter().enumerate().filter(|(member, _)| improved[*member]) {
            self.losses[member] = *loss;
        }
        true
    }

    /// `model` with the best weights written back.
    pub(crate) fn restore<M: Module>(self, model: M) -> M {
        if self.weights.is_empty() {
            return model;
        }
        let flat: Vec<Vec<f32>> = self.weights.into_iter().map(|rows| rows.concat()).collect();
        model.map(&mut Write(flat.into_iter()))
    }
}

/// Rows of equal length, one for each member. A shared parameter has one row for all.
fn split(values: &[f32], members: usize) -> Vec<Vec<f32>> {
    values.chunks((values.len() / members).max(1)).map(<[f32]>::to_vec).collect()
}

struct Read(Vec<Vec<f32>>);

impl ModuleVisitor for Read {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push(param.val().into_data().iter::<f32>().collect());
    }
}

struct Write(std::vec::IntoIter<Vec<f32>>);

impl ModuleMapper for Write {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(values) = self.0.next() else { return param };
        param.map(|old| {
            let (tracked, device) = (old.is_require_grad(), old.device());
            let new = Tensor::from_data(TensorData::new(values, old.dims()), &device);
            if tracked { new.require_grad() } else { new }
        })
    }
}
