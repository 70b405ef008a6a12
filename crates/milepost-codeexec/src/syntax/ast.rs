//! The syntax tree of MiniPy.
//!
//! Chains that a person writes flat are flat here (`a + b + c` is one [`ExprKind::Binary`] with three operands,
//! `elif` adds a branch), so that the depth of a tree is bounded by the nesting that the parser counts.

mod expressions;
mod operators;

pub use expressions::{
    Argument, Clause, Comprehension, ComprehensionKind, Conversion, Expr, ExprKind, FPart, Index,
};
pub use operators::{BinaryOp, BooleanOp, CompareOp, UnaryOp};

/// A line of the source, counted from 1. All lines are equal: trees compare by what they say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Line(pub u32);

impl PartialEq for Line {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// An identifier.
pub type Name = Box<str>;

/// A program.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Module {
    /// Its statements.
    pub body: Vec<Stmt>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Stmt {
    /// Where it begins.
    pub line: Line,
    /// What it is.
    pub kind: StmtKind,
}

/// What a statement is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum StmtKind {
    /// `def name(parameters): body`
    Def(Box<FunctionDef>),
    /// `return value`
    Return(Option<Expr>),
    /// `a = b = value`
    Assign {
        /// From left to right, at least one.
        targets: Vec<Expr>,
        /// The value.
        value: Expr,
    },
    /// `target += value`
    AugAssign {
        /// A name or a subscript.
        target: Expr,
        /// The operator.
        op: BinaryOp,
        /// The right side.
        value: Expr,
    },
    /// `target: annotation = value`
    AnnAssign {
        /// A name or a subscript.
        target: Expr,
        /// The annotation.
        annotation: Expr,
        /// The value, if there is one.
        value: Option<Expr>,
    },
    /// `if … elif … else`
    If {
        /// Conditions and their blocks, at least one.
        branches: Vec<(Expr, Vec<Stmt>)>,
        /// The `else` block, empty if there is none.
        otherwise: Vec<Stmt>,
    },
    /// `while test: body else: otherwise`
    While {
        /// The condition.
        test: Expr,
        /// The loop's block.
        body: Vec<Stmt>,
        /// The `else` block, empty if there is none.
        otherwise: Vec<Stmt>,
    },
    /// `for target in iterable: body else: otherwise`
    For {
        /// What each item is assigned to.
        target: Expr,
        /// What is iterated.
        iterable: Expr,
        /// The loop's block.
        body: Vec<Stmt>,
        /// The `else` block, empty if there is none.
        otherwise: Vec<Stmt>,
    },
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `pass`, or `...` as a statement
    Pass,
    /// `del a, b[0]`
    Delete(Vec<Expr>),
    /// `assert test, message`
    Assert {
        /// The condition.
        test: Expr,
        /// The message.
        message: Option<Expr>,
    },
    /// `try … except … else … finally`
    Try(Box<Try>),
    /// `raise exception from cause`
    Raise {
        /// What is raised; without it the exception being handled is raised again.
        exception: Option<Expr>,
        /// The cause.
        cause: Option<Expr>,
    },
    /// An expression for its effect.
    Expr(Expr),
    /// `global a, b`
    Global(Vec<Name>),
    /// `nonlocal a, b`
    Nonlocal(Vec<Name>),
    /// `import math as m`: pairs of module and alias.
    Import(Vec<(Name, Option<Name>)>),
    /// `from module import a as b`
    ImportFrom {
        /// The module.
        module: Name,
        /// Pairs of name and alias.
        names: Vec<(Name, Option<Name>)>,
    },
}

/// A function definition.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionDef {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Parameters,
    /// The annotation after `->`.
    pub returns: Option<Expr>,
    /// Its block.
    pub body: Vec<Stmt>,
}

/// The parameters of a function or lambda.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters {
    /// Parameters that may be given by position, in order.
    pub positional: Vec<Parameter>,
    /// How many of the first of those may be given by position only.
    pub positional_only: usize,
    /// `*rest`
    pub rest: Option<Parameter>,
    /// Parameters that are given by keyword.
    pub keyword_only: Vec<Parameter>,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its annotation.
    pub annotation: Option<Expr>,
    /// Its default.
    pub default: Option<Expr>,
}

/// A `try` statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Try {
    /// The guarded block.
    pub body: Vec<Stmt>,
    /// The handlers, in order.
    pub handlers: Vec<Handler>,
    /// The `else` block, empty if there is none.
    pub otherwise: Vec<Stmt>,
    /// The `finally` block, empty if there is none.
    pub finally: Vec<Stmt>,
}

/// `except class as name: body`
#[derive(Debug, Clone, PartialEq)]
pub struct Handler {
    /// Where it begins.
    pub line: Line,
    /// The class or tuple of classes; without one every exception matches.
    pub class: Option<Expr>,
    /// What the exception is bound to.
    pub name: Option<Name>,
    /// The block.
    pub body: Vec<Stmt>,
}
