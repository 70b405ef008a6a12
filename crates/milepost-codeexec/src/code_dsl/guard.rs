use crate::pipeline::{Op, OpKind, Pipeline};

/// What a target must withstand beside its main line, and the operation that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Guard {
    /// Nothing may be left: this value stands in, before the first operation that gives an integer, else at the end
    /// (`orelse c`).
    Empty(u16),
    /// Values may be repeated: each counts once, before the main line (`uniq`).
    Repeats,
    /// Values may be negative: they are taken modulo 1000 before all else (`add 0`).
    Negative,
}

impl Guard {
    /// The operation that makes it.
    #[must_use]
    pub fn op(self) -> Op {
        let op = match self {
            Self::Empty(stand_in) => Op::with(OpKind::OrElse, stand_in),
            Self::Repeats => Op::plain(OpKind::Uniq),
            Self::Negative => Op::with(OpKind::Add, 0),
        };
        op.unwrap_or_else(|| unreachable!("stand-ins have one digit"))
    }
}

/// The main line with its guards in place; `None` where that is too long.
pub(super) fn guarded(natural: &Pipeline, guards: &[Guard]) -> Option<Pipeline> {
    let mut ops = natural.ops().to_vec();
    let first_integer = ops.iter().position(|op| op.kind().output() == crate::pipeline::Type::Int);
    for guard in guards.iter().filter(|guard| matches!(guard, Guard::Empty(_))) {
        ops.insert(first_integer.unwrap_or(ops.len()), guard.op());
    }
    let before = [Guard::Repeats, Guard::Negative];
    for guard in before.into_iter().filter(|guard| guards.contains(guard)) {
        ops.insert(0, guard.op());
    }
    Pipeline::new(ops)
}
