//! What may stand in place of a statement.

use super::expressions::others;
use super::{Change, Edit, Replacement};
use crate::syntax::ast::{Stmt, StmtKind};

/// The edits of the statements of this block themselves, not of those in them.
pub(super) fn changes(block: &[Stmt]) -> Vec<Change> {
    let change = |(at, statement): (usize, &Stmt)| {
        let line = statement.line.0;
        let instead = instead(statement);
        instead.into_iter().map(move |(others, edit)| (Replacement::Statements(at, others), edit, line))
    };
    let alone = block.len() == 1;
    let filled = |(replacement, edit, line)| match replacement {
        Replacement::Statements(at, others) if others.is_empty() && alone => {
            let pass = Stmt { line: block[at].line, kind: StmtKind::Pass };
            (Replacement::Statements(at, vec![pass]), edit, line)
        }
        other => (other, edit, line),
    };
    block.iter().enumerate().flat_map(change).map(filled).collect()
}

fn instead(statement: &Stmt) -> Vec<(Vec<Stmt>, Edit)> {
    let same_line = |kind| vec![Stmt { line: statement.line, kind }];
    match &statement.kind {
        StmtKind::AugAssign { target, op, value } => {
            let with = |op| StmtKind::AugAssign { target: target.clone(), op, value: value.clone() };
            others(*op, false).map(|op| (same_line(with(op)), Edit::Operator)).collect()
        }
        StmtKind::Assert { .. } => vec![(Vec::new(), Edit::Guard)],
        StmtKind::If { branches, otherwise } => match &branches[..] {
            [(_, body)] => vec![(otherwise.clone(), Edit::Guard), (body.clone(), Edit::Guard)],
            _ => (0..branches.len())
                .map(|at| {
                    let mut branches = branches.clone();
                    branches.remove(at);
                    (same_line(StmtKind::If { branches, otherwise: otherwise.clone() }), Edit::Guard)
                })
                .collect(),
        },
        StmtKind::Try(parts) if !parts.handlers.is_empty() => {
            let left = [&parts.body, &parts.otherwise, &parts.finally];
            vec![(left.into_iter().flatten().cloned().collect(), Edit::Guard)]
        }
        _ => Vec::new(),
    }
}
