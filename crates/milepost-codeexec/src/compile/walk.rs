//! One walk over the tree for all who look at it.

use crate::syntax::ast::{Argument, Expr, ExprKind, FPart, Index, Stmt, StmtKind};

/// Sees every statement, target and expression; calls back into [`statement`] and [`expression`] to go deeper.
pub(super) trait Visitor: Sized {
    fn statement(&mut self, statement: &Stmt);
    fn target(&mut self, target: &Expr);
    fn expression(&mut self, value: &Expr);
}

pub(super) fn block<V: Visitor>(visitor: &mut V, body: &[Stmt]) {
    for statement in body {
        visitor.statement(statement);
    }
}

/// The parts of a statement that opens no scope.
pub(super) fn statement<V: Visitor>(visitor: &mut V, statement: &Stmt) {
    match &statement.kind {
        StmtKind::Return(value) => {
            if let Some(v) = value {
                visitor.expression(v);
            }
        }
        StmtKind::Assign { targets, value } => {
            visitor.expression(value);
            for t in targets {
                visitor.target(t);
            }
        }
        StmtKind::AugAssign { target, value, .. } => {
            visitor.target(target);
            visitor.expression(value);
        }
        StmtKind::AnnAssign { target, annotation, value } => {
            visitor.expression(annotation);
            if let Some(v) = value {
                visitor.expression(v);
            }
            visitor.target(target);
        }
        StmtKind::If { branches, otherwise } => {
            for (test, body) in branches {
                visitor.expression(test);
                block(visitor, body);
            }
            block(visitor, otherwise);
        }
        StmtKind::While { test, body, otherwise } => {
            visitor.expression(test);
            block(visitor, body);
            block(visitor, otherwise);
        }
        StmtKind::For { target, iterable, body, otherwise } => {
            visitor.expression(iterable);
            visitor.target(target);
            block(visitor, body);
            block(visitor, otherwise);
        }
        StmtKind::Delete(targets) => {
            for t in targets {
                visitor.target(t);
            }
        }
        StmtKind::Assert { test, message } => {
            visitor.expression(test);
            if let Some(v) = message {
                visitor.expression(v);
            }
        }
        StmtKind::Raise { exception, cause } => {
            exception.iter().chain(cause).for_each(|v| visitor.expression(v));
        }
        StmtKind::Expr(value) => visitor.expression(value),
        StmtKind::Def(_)
        | StmtKind::Try(_)
        | StmtKind::Break
        | StmtKind::Continue
        | StmtKind::Pass
        | StmtKind::Global(_)
        | StmtKind::Nonlocal(_)
        | StmtKind::Import(_)
        | StmtKind::ImportFrom { .. } => {}
    }
}

/// The parts of an expression that opens no scope.
pub(super) fn expression<V: Visitor>(visitor: &mut V, value: &Expr) {
    match &value.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            for i in items {
                visitor.expression(i);
            }
        }
        ExprKind::Dict(pairs) => {
            for (key, value) in pairs {
                if let Some(k) = key {
                    visitor.expression(k);
                }
                visitor.expression(value);
            }
        }
        ExprKind::Starred(inner) => visitor.expression(inner),
        ExprKind::Binary { first, rest } => {
            visitor.expression(first);
            for (_, operand) in rest {
                visitor.expression(operand);
            }
        }
        ExprKind::Unary { operand, .. } => visitor.expression(operand),
        ExprKind::Boolean { operands, .. } => {
            for o in operands {
                visitor.expression(o);
            }
        }
        ExprKind::Compare { first, rest } => {
            visitor.expression(first);
            for (_, operand) in rest {
                visitor.expression(operand);
            }
        }
        ExprKind::Conditional(parts) => {
            for p in parts.iter() {
                visitor.expression(p);
            }
        }
        ExprKind::Call { callee, arguments } => {
            visitor.expression(callee);
            for argument in arguments {
                let (Argument::Positional(value) | Argument::Star(value) | Argument::Keyword(_, value)) =
                    argument;
                visitor.expression(value);
            }
        }
        ExprKind::Attribute { value, .. } => visitor.expression(value),
        ExprKind::Subscript { value, index } => {
            visitor.expression(value);
            match &**index {
                Index::Item(item) => visitor.expression(item),
                Index::Slice(parts) => parts.iter().flatten().for_each(|p| visitor.expression(p)),
            }
        }
        ExprKind::FString(parts) => fields(visitor, parts),
        ExprKind::None
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::BigInt(_)
        | ExprKind::Float(_)
        | ExprKind::Str(_)
        | ExprKind::Bytes(_)
        | ExprKind::Name(_)
        | ExprKind::Comprehension(_)
        | ExprKind::Lambda(_) => {}
    }
}

fn fields<V: Visitor>(visitor: &mut V, parts: &[FPart]) {
    for part in parts {
        if let FPart::Field { value, spec, .. } = part {
            visitor.expression(value);
            fields(visitor, spec);
        }
    }
}
