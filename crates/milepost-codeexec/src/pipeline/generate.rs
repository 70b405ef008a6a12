use milepost_core::Stream;

use super::{Op, OpKind, Pipeline, Type};

/// The most operations of a random pipeline: any seven fit with their bars, constants permitting.
pub const MAX_GENERATED_OPS: usize = 7;

/// A random well-typed pipeline of `ops` operations, drawn by type: each operation uniformly among those that take what flows.
///
/// Where `ops` operations do not fit into the longest pipeline, it has as many as do. `ops` is held to 1 to
/// [`MAX_GENERATED_OPS`]. Constants are small: `take` 1 to 4, `drop` 1 to 3, `mul` 2 to 9, `gt` 1 to 12, others 1 to 9.
pub fn random_pipeline(ops: usize, stream: &mut Stream) -> Pipeline {
    let mut program: Vec<Op> = Vec::new();
    let mut flowing = Type::List;
    for _ in 0..ops.clamp(1, MAX_GENERATED_OPS) {
        let op = random_op(flowing, stream);
        program.push(op);
        if Pipeline::new(program.clone()).is_none() {
            program.pop();
            break;
        }
        flowing = op.kind().output();
    }
    Pipeline::new(program).unwrap_or_else(|| unreachable!("one operation always fits"))
}

/// A random operation that takes `flowing`.
pub(super) fn random_op(flowing: Type, stream: &mut Stream) -> Op {
    let fitting: Vec<OpKind> = OpKind::ALL.into_iter().filter(|kind| kind.input() == flowing).collect();
    let kind = fitting[stream.below(fitting.len() as u64) as usize];
    Op::plain(kind)
        .or_else(|| Op::with(kind, random_constant(kind, stream)))
        .unwrap_or_else(|| unreachable!("small constants are constants"))
}

fn random_constant(kind: OpKind, stream: &mut Stream) -> u16 {
    let (least, count) = match kind {
        OpKind::Take => (1, 4),
        OpKind::Drop => (1, 3),
        OpKind::Mul => (2, 8),
        OpKind::Gt => (1, 12),
        _ => (1, 9),
    };
    least + stream.below(count) as u16
}
