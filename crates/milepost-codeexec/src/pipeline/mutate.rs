use std::collections::BTreeSet;

use milepost_core::Stream;

use super::{Data, Op, OpKind, Pipeline, RunError};

/// Every pipeline one edit away that is well typed where `program` is: an operation left out, another of the same type in
/// its place (with the same constant where both take one, else 1), its constant one more or one less. In order, without
/// repetition, without `program` itself.
#[must_use]
pub fn neighbours(program: &Pipeline) -> Vec<Pipeline> {
    let well_typed = program.check().is_ok();
    let mut found = BTreeSet::new();
    for (index, op) in program.ops().iter().enumerate() {
        let mut without = program.ops().to_vec();
        without.remove(index);
        found.extend(Pipeline::new(without));
        for other in substitutes(*op) {
            let mut with = program.ops().to_vec();
            with[index] = other;
            found.extend(Pipeline::new(with));
        }
    }
    found.remove(program);
    found.into_iter().filter(|mutant| !well_typed || mutant.check().is_ok()).collect()
}

fn substitutes(op: Op) -> Vec<Op> {
    let same_type = |kind: &OpKind| {
        *kind != op.kind() && (kind.input(), kind.output()) == (op.kind().input(), op.kind().output())
    };
    let constant = if op.kind().takes_constant() { op.constant() } else { 1 };
    let others = OpKind::ALL.into_iter().filter(same_type);
    let others = others.filter_map(|kind| Op::plain(kind).or_else(|| Op::with(kind, constant)));
    let shifted = [op.constant().checked_sub(1), op.constant().checked_add(1)];
    others.chain(shifted.into_iter().flatten().filter_map(|c| Op::with(op.kind(), c))).collect()
}

/// One of the [`neighbours`], drawn uniformly; `None` where there is none.
pub fn mutate(program: &Pipeline, stream: &mut Stream) -> Option<Pipeline> {
    let mut mutants = neighbours(program);
    let count = mutants.len() as u64;
    (count > 0).then(|| mutants.swap_remove(stream.below(count) as usize))
}

/// How strong a set of inputs is as tests of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MutationScore {
    /// Neighbours of the program.
    pub mutants: usize,
    /// Those that differ from it on some input. Some of the others may be equivalent to it.
    pub killed: usize,
}

impl MutationScore {
    /// `killed / mutants`; 1 where there is no mutant.
    #[must_use]
    pub fn score(&self) -> f64 {
        if self.mutants == 0 { 1.0 } else { self.killed as f64 / self.mutants as f64 }
    }
}

/// How many [`neighbours`] of `program` some of the `inputs` tell apart from it. Errors of the same class are the same.
pub fn mutation_score<I: AsRef<[i64]>>(program: &Pipeline, inputs: &[I]) -> MutationScore {
    let mutants = neighbours(program);
    let killed = mutants.iter().filter(|mutant| {
        let values = |input: &I| (program.value(input.as_ref()), mutant.value(input.as_ref()));
        inputs.iter().map(values).any(|(ours, theirs)| differ(&ours, &theirs))
    });
    MutationScore { killed: killed.count(), mutants: mutants.len() }
}

fn differ(left: &Result<Data, RunError>, right: &Result<Data, RunError>) -> bool {
    match (left, right) {
        (Ok(left), Ok(right)) => left != right,
        (Err(left), Err(right)) => left.class != right.class,
        _ => true,
    }
}
