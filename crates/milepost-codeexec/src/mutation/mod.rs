//! Programs one edit away: near misses for tests to catch, hard negatives, and how strong a set of tests is.
//!
//! ```
//! use milepost_codeexec::{mutation, syntax};
//!
//! let program = syntax::parse("def f(xs, n):\n    return sum(xs[:n])\n")?;
//! let mutants: Vec<String> = mutation::neighbours(&program).iter().map(|mutant| mutant.text()).collect();
//! assert_eq!(mutants, [
//!     "def f(xs, n):\n    return sum(xs[:n + 1])\n",
//!     "def f(xs, n):\n    return sum(xs[:n - 1])\n",
//! ]);
//! # Ok::<(), milepost_codeexec::Rejected>(())
//! ```

mod expressions;
mod statements;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeSet;

use milepost_core::Stream;

use crate::syntax::ast::{Expr, Module, Stmt};
use crate::syntax::{parse, print};
use walk::Node;

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Edit {
    /// Another operator in place of one, of arithmetic, comparison, `and` and `or`; a sign or a `not` left out.
    Operator,
    /// An integer one more or one less, a float one more, the other truth value, a text emptied, an empty text `'a'`.
    Constant,
    /// One more or one less in an argument of `range`, in an index or in the bound of a slice.
    Bound,
    /// A condition left out, with what it guards or without: of `if`, `elif`, a conditional expression or a comprehension, of
    /// `and` and `or`; an `assert` left out; a `try` without its handlers.
    Guard,
}

/// A program one edit away from another.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutant {
    /// The program.
    pub program: Module,
    /// What was changed.
    pub edit: Edit,
    /// Where, counted from 1 in the lines of the other program.
    pub line: u32,
}

impl Mutant {
    /// Its canonical text.
    #[must_use]
    pub fn text(&self) -> String {
        print(&self.program)
    }
}

/// What stands in place of a node.
#[derive(Debug, Clone, PartialEq)]
enum Replacement {
    Expr(Expr),
    /// Statements in place of one of a block, by its position.
    Statements(usize, Vec<Stmt>),
}

/// A replacement, what it changes, and its line.
type Change = (Replacement, Edit, u32);

/// Every program one edit away, in the order of the places, each text once, without the program's own. Formatted
/// strings, annotations and imports are left alone.
///
/// What is printed parses; a program that an edit would nest deeper than MiniPy allows is left out. A mutant may compute the
/// same as the program (`x + 0` and `x - 0`), or not compile: nothing tells beforehand.
#[must_use]
pub fn neighbours(program: &Module) -> Vec<Mutant> {
    let mut changes: Vec<(usize, Change)> = Vec::new();
    let mut scratch = program.clone();
    walk::nodes(&mut scratch, &mut |index, node| {
        let found = match node {
            Node::Expr(expr) => expressions::changes(expr),
            Node::Block(block) => statements::changes(block),
        };
        changes.extend(found.into_iter().map(|change| (index, change)));
    });
    let mut seen = BTreeSet::from([print(program)]);
    let mutant = |(index, (replacement, edit, line))| {
        let mut edited = program.clone();
        replace(&mut edited, index, replacement);
        let text = print(&edited);
        let program = parse(&text).ok()?;
        seen.insert(text).then_some(Mutant { program, edit, line })
    };
    changes.into_iter().filter_map(mutant).collect()
}

/// One of the [`neighbours`], drawn uniformly; `None` where there is none.
pub fn mutate(program: &Module, stream: &mut Stream) -> Option<Mutant> {
    let mut mutants = neighbours(program);
    let count = mutants.len() as u64;
    (count > 0).then(|| mutants.swap_remove(stream.below(count) as usize))
}

fn replace(program: &mut Module, at: usize, replacement: Replacement) {
    let mut replacement = Some(replacement);
    walk::nodes(program, &mut |index, node| {
        if index != at {
            return;
        }
        match (node, replacement.take()) {
            (Node::Expr(expr), Some(Replacement::Expr(other))) => *expr = other,
            (Node::Block(block), Some(Replacement::Statements(position, others))) => {
                block.splice(position..=position, others);
            }
            _ => unreachable!("a node of the same tree is of the same kind"),
        }
    });
}
