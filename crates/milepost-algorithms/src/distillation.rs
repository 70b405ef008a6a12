//! What a teacher says about an iteration, and the term of the loss that it makes.

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use milepost_credit::Rows;
use milepost_objectives::{Distillation, DistillationBatch, DistillationReport, Reduction};

use crate::TrainError;
use crate::agent::DecisionTable;
use crate::config::DistillationConfig;
use crate::host::host;

/// What a teacher says about the decisions of the trajectories that are distilled.
pub(crate) struct Lessons {
    term: Distillation,
    weight: f64,
    /// First row of `logits` of each trajectory that is distilled, `[N]`.
    first: Vec<Option<usize>>,
    /// `[rows, A]`
    logits: Vec<f32>,
    words: usize,
}

/// A decision of a minibatch: which trajectory's, and how many of it come before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub sequence: usize,
    pub decision: usize,
}

impl Lessons {
    /// Asks the teacher, once for all updates of an iteration: it does not change.
    pub(crate) fn ask<M: Module>(
        config: &DistillationConfig,
        reduction: Reduction,
        teacher: &M,
        table: &impl DecisionTable<M>,
        gate: &[bool],
    ) -> Result<Self, TrainError> {
        let (mut first, mut decisions) = (Vec::with_capacity(gate.len()), Vec::new());
        for (bounds, open) in table.offsets().windows(2).zip(gate) {
            first.push(open.then_some(decisions.len()));
            if *open {
                decisions.extend(bounds[0]..bounds[1]);
            }
        }
        let (logits, words) = if decisions.is_empty() {
            (Vec::new(), 0)
        } else {
            let logits = table.forward(teacher, &decisions)?.logits;
            let words = logits.dims()[1];
            (host(logits)?, words)
        };
        let term = Distillation { divergence: config.divergence(), reduction };
        Ok(Self { term, weight: config.weight, first, logits, words })
    }

    /// How many trajectories are distilled.
    pub(crate) fn trajectories(&self) -> u64 {
        self.first.iter().flatten().count() as u64
    }

    /// The weighted term of a minibatch, given the policy's tracked `logits`, `[n, A]`; `None` where nothing of it is
    /// distilled, so that the loss stays what it was, bit for bit.
    pub(crate) fn term(
        &self,
        logits: Tensor<2>,
        rows: &Rows,
        places: &[Place],
    ) -> Result<Option<(Tensor<1>, DistillationReport)>, TrainError> {
        let [n, words] = logits.dims();
        let gate: Vec<bool> = rows
            .iter()
            .map(|row| places[row].first().is_some_and(|place| self.first[place.sequence].is_some()))
            .collect();
        if !gate.contains(&true) {
            return Ok(None);
        }
        if words != self.words {
            let (what, found, other) = ("words", self.words, "the policy, of which it is the teacher,");
            return Err(TrainError::Shape { what, found, other, expected: words });
        }
        let student: Vec<f64> = host(logits.clone().inner())?.into_iter().map(f64::from).collect();
        let mut teacher = vec![0.0; student.len()];
        for (place, slots) in places.iter().zip(teacher.chunks_mut(words)) {
            let Some(first) = self.first[place.sequence] else { continue };
            let row = (first + place.decision) * words;
            for (slot, logit) in slots.iter_mut().zip(&self.logits[row..row + words]) {
                *slot = f64::from(*logit);
            }
        }
        let mut gradient = vec![0.0; student.len()];
        let batch = DistillationBatch {
            rows,
            mask: None,
            gate: Some(&gate),
            student: &student,
            teacher: &teacher,
            classes: words,
        };
        let report = self.term.evaluate(&batch, None, &mut gradient)?;
        let at_rest: f64 = gradient.iter().zip(&student).map(|(g, z)| self.weight * g * z).sum();
        let gradient = gradient.into_iter().map(|g| (self.weight * g) as f32).collect();
        let gradient = Tensor::<2>::from_data(TensorData::new(gradient, [n, words]), &logits.device());
        let term = (logits * gradient).sum() + (self.weight * report.loss - at_rest);
        Ok(Some((term, report)))
    }
}
