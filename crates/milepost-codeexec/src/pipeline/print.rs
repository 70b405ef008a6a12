use std::fmt::Write;

use super::{Op, OpKind, Pipeline};
use crate::Source;

impl Pipeline {
    /// The entry of the printed program.
    pub const ENTRY: &'static str = "f";

    /// The same program in MiniPy: a function [`Pipeline::ENTRY`] of one argument, one assignment an operation.
    ///
    /// It gives the same values and raises the same exceptions: `TypeError` for [`super::ErrorClass::Type`],
    /// `ValueError` for [`super::ErrorClass::Value`].
    #[must_use]
    pub fn to_minipy(&self) -> Source {
        let mut text = format!("def {}(v):\n", Self::ENTRY);
        for op in self.ops() {
            // Writing to a string does not fail.
            let _ = writeln!(text, "    v = {}", op.value());
        }
        text.push_str("    return v\n");
        Source::from(text)
    }
}

impl Op {
    /// The value that is assigned: a `TypeError` on an operand of the other type.
    fn value(self) -> String {
        let c = self.constant();
        match self.kind() {
            OpKind::Sort => "sorted(v)".to_owned(),
            OpKind::Rev => "v[::-1]".to_owned(),
            OpKind::Uniq => "[x for i, x in enumerate(v) if x not in v[:i]]".to_owned(),
            OpKind::Evens => "[x for x in v if x % 2 == 0]".to_owned(),
            OpKind::Odds => "[x for x in v if x % 2 == 1]".to_owned(),
            OpKind::Cumsum => "[sum(v[:i + 1]) % 1000 for i in range(len(v))]".to_owned(),
            OpKind::Take => format!("v[:{c}]"),
            OpKind::Drop => format!("v[{c}:]"),
            OpKind::Add => format!("[(x + {c}) % 1000 for x in v]"),
            OpKind::Mul => format!("[x * {c} % 1000 for x in v]"),
            OpKind::Gt => format!("[x for x in v if x > {c}]"),
            OpKind::OrElse => format!("v[:] or [{c}]"),
            OpKind::Sum => "sum(v) % 1000".to_owned(),
            OpKind::Max => "max(v)".to_owned(),
            OpKind::Len => "len(v)".to_owned(),
            // `v[0]` would be an `IndexError` where there is none.
            OpKind::First => "max(v[:1])".to_owned(),
            OpKind::Wrap => "[v + 0]".to_owned(),
        }
    }
}
