//! What may stand in place of an expression.

use super::{Change, Edit, Replacement};
use crate::syntax::ast::{Argument, BinaryOp, BooleanOp, CompareOp, Expr, ExprKind, Index, UnaryOp};

/// The edits of this expression itself, not of those in it.
pub(super) fn changes(expr: &Expr) -> Vec<Change> {
    let mut found = Found { line: expr.line.0, expr, changes: Vec::new() };
    match &expr.kind {
        ExprKind::Bool(value) => found.kind(ExprKind::Bool(!value), Edit::Constant),
        ExprKind::Int(value) => {
            let less = value.checked_sub(1).filter(|less| *less >= 0);
            for other in value.checked_add(1).into_iter().chain(less) {
                found.kind(ExprKind::Int(other), Edit::Constant);
            }
        }
        ExprKind::Float(value) => found.kind(ExprKind::Float(value + 1.0), Edit::Constant),
        ExprKind::Str(text) => {
            let other = if text.is_empty() { "a" } else { "" };
            found.kind(ExprKind::Str(other.into()), Edit::Constant);
        }
        ExprKind::Binary { first, rest } => {
            for (at, (op, _)) in rest.iter().enumerate() {
                for other in others(*op, rest.len() > 1) {
                    let mut rest = rest.clone();
                    rest[at].0 = other;
                    found.kind(ExprKind::Binary { first: first.clone(), rest }, Edit::Operator);
                }
            }
        }
        ExprKind::Unary { op: UnaryOp::Neg | UnaryOp::Not, operand } => found.expr(operand, Edit::Operator),
        ExprKind::Boolean { op, operands } => found.boolean(*op, operands),
        ExprKind::Compare { first, rest } => {
            for (at, (op, _)) in rest.iter().enumerate() {
                for other in other_comparisons(*op) {
                    let mut rest = rest.clone();
                    rest[at].0 = *other;
                    found.kind(ExprKind::Compare { first: first.clone(), rest }, Edit::Operator);
                }
            }
        }
        ExprKind::Conditional(parts) => {
            found.expr(&parts[1], Edit::Guard);
            found.expr(&parts[2], Edit::Guard);
        }
        ExprKind::Comprehension(made) => {
            for (clause, at) in made
                .clauses
                .iter()
                .enumerate()
                .flat_map(|(clause, found)| (0..found.conditions.len()).map(move |at| (clause, at)))
            {
                let mut made = made.clone();
                made.clauses[clause].conditions.remove(at);
                found.kind(ExprKind::Comprehension(made), Edit::Guard);
            }
        }
        ExprKind::Call { callee, arguments } => found.range(callee, arguments),
        ExprKind::Subscript { value, index } => found.index(value, index),
        _ => {}
    }
    found.changes
}

struct Found<'e> {
    line: u32,
    expr: &'e Expr,
    changes: Vec<Change>,
}

impl Found<'_> {
    fn kind(&mut self, kind: ExprKind, edit: Edit) {
        let line = self.expr.line;
        self.changes.push((Replacement::Expr(Expr { line, kind }), edit, self.line));
    }

    fn expr(&mut self, other: &Expr, edit: Edit) {
        self.changes.push((Replacement::Expr(other.clone()), edit, self.line));
    }

    fn boolean(&mut self, op: BooleanOp, operands: &[Expr]) {
        if let [_, _] = operands {
            let op = if op == BooleanOp::And { BooleanOp::Or } else { BooleanOp::And };
            self.kind(ExprKind::Boolean { op, operands: operands.to_vec() }, Edit::Operator);
        }
        for at in 0..operands.len() {
            let mut left = operands.to_vec();
            left.remove(at);
            match &left[..] {
                [only] => self.expr(only, Edit::Guard),
                _ => self.kind(ExprKind::Boolean { op, operands: left }, Edit::Guard),
            }
        }
    }

    fn range(&mut self, callee: &Expr, arguments: &[Argument]) {
        if !matches!(&callee.kind, ExprKind::Name(name) if **name == *"range") {
            return;
        }
        for (at, argument) in arguments.iter().enumerate() {
            let Argument::Positional(bound) = argument else { continue };
            for other in moved(bound) {
                let mut arguments = arguments.to_vec();
                arguments[at] = Argument::Positional(other);
                self.kind(ExprKind::Call { callee: Box::new(callee.clone()), arguments }, Edit::Bound);
            }
        }
    }

    fn index(&mut self, value: &Expr, index: &Index) {
        let mut with = |index: Index| {
            let (value, index) = (Box::new(value.clone()), Box::new(index));
            self.kind(ExprKind::Subscript { value, index }, Edit::Bound);
        };
        match index {
            Index::Item(item) => moved(item).into_iter().for_each(|other| with(Index::Item(other))),
            Index::Slice(parts) => {
                // A step that is moved is no bound.
                for (at, part) in parts.iter().take(2).enumerate() {
                    for other in part.iter().flat_map(moved) {
                        let mut parts = parts.clone();
                        parts[at] = Some(other);
                        with(Index::Slice(parts));
                    }
                }
            }
        }
    }
}

/// One more and one less; nothing where an edit of a constant does the same, or where it is no number.
fn moved(bound: &Expr) -> Vec<Expr> {
    let line = bound.line;
    let one = || Expr { line, kind: ExprKind::Int(1) };
    let by = |op: BinaryOp| {
        let kind = match &bound.kind {
            ExprKind::Binary { first, rest } if rest.iter().all(|(op, _)| op.precedence() == 5) => {
                let rest = rest.iter().cloned().chain([(op, one())]).collect();
                ExprKind::Binary { first: first.clone(), rest }
            }
            _ => ExprKind::Binary { first: Box::new(bound.clone()), rest: vec![(op, one())] },
        };
        Expr { line, kind }
    };
    let sums = [BinaryOp::Add, BinaryOp::Sub];
    match &bound.kind {
        ExprKind::Binary { rest, .. } => match rest.last() {
            Some((op, last)) if sums.contains(op) && matches!(last.kind, ExprKind::Int(_)) => Vec::new(),
            _ => sums.map(by).to_vec(),
        },
        ExprKind::Name(_) | ExprKind::Call { .. } | ExprKind::Subscript { .. } => sums.map(by).to_vec(),
        _ => Vec::new(),
    }
}

/// The operators that are tried in place of one: in a chain those of the same precedence.
pub(super) fn others(op: BinaryOp, chained: bool) -> impl Iterator<Item = BinaryOp> {
    use BinaryOp as B;
    let found: &[B] = match op {
        B::Add => &[B::Sub, B::Mul],
        B::Sub => &[B::Add],
        B::Mul => &[B::Add, B::FloorDiv],
        B::FloorDiv => &[B::Mod, B::Mul],
        B::Div | B::Mod => &[B::FloorDiv, B::Mul],
        B::Pow => &[B::Mul],
        B::ShiftLeft => &[B::ShiftRight],
        B::ShiftRight => &[B::ShiftLeft],
        B::BitAnd => &[B::BitOr],
        B::BitOr => &[B::BitAnd, B::BitXor],
        B::BitXor => &[B::BitAnd, B::BitOr],
        B::MatMul => &[],
    };
    found.iter().copied().filter(move |other| !chained || other.precedence() == op.precedence())
}

fn other_comparisons(op: CompareOp) -> &'static [CompareOp] {
    use CompareOp as C;
    match op {
        C::Eq => &[C::Ne],
        C::Ne => &[C::Eq],
        C::Lt => &[C::Le, C::Gt],
        C::Le => &[C::Lt, C::Ge],
        C::Gt => &[C::Ge, C::Lt],
        C::Ge => &[C::Gt, C::Le],
        C::In => &[C::NotIn],
        C::NotIn => &[C::In],
        C::Is => &[C::IsNot],
        C::IsNot => &[C::Is],
    }
}
