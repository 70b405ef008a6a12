//! What may be assigned to.

use super::Parsed;
use crate::Rejected;
use crate::syntax::ast::{Expr, ExprKind};

/// The expression as the target of an assignment or a loop.
pub(super) fn assigned(target: Expr) -> Parsed<Expr> {
    if matches!(target.kind, ExprKind::Starred(_)) {
        return Err(Rejected::syntax(target.line.0, "a starred target must be in a list or tuple"));
    }
    check(&target)?;
    Ok(target)
}

fn check(target: &Expr) -> Parsed<()> {
    match &target.kind {
        ExprKind::Name(_) | ExprKind::Subscript { .. } => Ok(()),
        ExprKind::List(items) | ExprKind::Tuple(items) => {
            let mut starred = 0;
            for item in items {
                match &item.kind {
                    ExprKind::Starred(inner) => {
                        starred += 1;
                        if matches!(inner.kind, ExprKind::Starred(_)) {
                            return Err(refuse(inner, "an assignment"));
                        }
                        check(inner)?;
                    }
                    _ => check(item)?,
                }
            }
            if starred > 1 {
                return Err(Rejected::syntax(target.line.0, "two starred targets"));
            }
            Ok(())
        }
        _ => Err(refuse(target, "an assignment")),
    }
}

/// The expression as the targets of `del`.
pub(super) fn deleted(target: Expr) -> Parsed<Vec<Expr>> {
    let mut out = Vec::new();
    let mut left = vec![target];
    while let Some(next) = left.pop() {
        match next.kind {
            ExprKind::Name(_) | ExprKind::Subscript { .. } => out.push(next),
            ExprKind::List(items) | ExprKind::Tuple(items) => left.extend(items.into_iter().rev()),
            _ => return Err(refuse(&next, "`del`")),
        }
    }
    Ok(out)
}

pub(super) fn refuse(target: &Expr, what: &str) -> Rejected {
    if matches!(target.kind, ExprKind::Attribute { .. }) {
        return Rejected::outside(target.line.0, "changing attributes");
    }
    Rejected::syntax(target.line.0, format!("{what} to something that is no place"))
}

/// A star stands in a display, never alone.
pub(super) fn no_bare_star(value: &Expr) -> Parsed<()> {
    if matches!(value.kind, ExprKind::Starred(_)) {
        return Err(Rejected::syntax(value.line.0, "a starred expression stands alone"));
    }
    Ok(())
}
