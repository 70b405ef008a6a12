//! Expressions.

use num_bigint::BigInt;

use super::{BinaryOp, BooleanOp, CompareOp, Line, Name, Parameters, UnaryOp};

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// Where it begins.
    pub line: Line,
    /// What it is.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ExprKind {
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// An integer literal of 64 bits.
    Int(i64),
    /// A longer integer literal.
    BigInt(Box<BigInt>),
    /// A float literal.
    Float(f64),
    /// A string literal.
    Str(Box<str>),
    /// A bytes literal: plain data of a test, outside the programs of MiniPy.
    Bytes(Box<[u8]>),
    /// A formatted string.
    FString(Vec<FPart>),
    /// A variable.
    Name(Name),
    /// `[a, *b]`
    List(Vec<Expr>),
    /// `(a, *b)`
    Tuple(Vec<Expr>),
    /// `{a, *b}`
    Set(Vec<Expr>),
    /// `{k: v, **m}`: a pair without key is a `**` item.
    Dict(Vec<(Option<Expr>, Expr)>),
    /// `*a` in a display, a call or a target.
    Starred(Box<Expr>),
    /// `[element for …]`, `{element for …}`, `(element for …)`
    Comprehension(Box<Comprehension>),
    /// `first op a op b …`, of one precedence, from the left (`**`: one operand, from the right).
    Binary {
        /// The first operand.
        first: Box<Expr>,
        /// Operators with their right operands, at least one.
        rest: Vec<(BinaryOp, Expr)>,
    },
    /// `-a`, `+a`, `~a`, `not a`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `a and b and c`, `a or b or c`
    Boolean {
        /// The operator.
        op: BooleanOp,
        /// The operands, at least two.
        operands: Vec<Expr>,
    },
    /// `a < b <= c`
    Compare {
        /// The first operand.
        first: Box<Expr>,
        /// Operators with their right operands, at least one.
        rest: Vec<(CompareOp, Expr)>,
    },
    /// `then if test else otherwise`
    Conditional(Box<[Expr; 3]>),
    /// `lambda parameters: body`
    Lambda(Box<(Parameters, Expr)>),
    /// `callee(arguments)`
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// The arguments.
        arguments: Vec<Argument>,
    },
    /// `value.name`
    Attribute {
        /// The object.
        value: Box<Expr>,
        /// The attribute.
        name: Name,
    },
    /// `value[index]`
    Subscript {
        /// The container.
        value: Box<Expr>,
        /// The index.
        index: Box<Index>,
    },
}

/// What stands between brackets.
#[derive(Debug, Clone, PartialEq)]
pub enum Index {
    /// One index.
    Item(Expr),
    /// `lower:upper:step`
    Slice([Option<Expr>; 3]),
}

/// A comprehension or generator expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Comprehension {
    /// What it makes.
    pub kind: ComprehensionKind,
    /// The element, or the key.
    pub element: Expr,
    /// The value of a dict comprehension.
    pub value: Option<Expr>,
    /// Its `for` clauses, at least one.
    pub clauses: Vec<Clause>,
}

/// What a comprehension makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComprehensionKind {
    /// A list.
    List,
    /// A set.
    Set,
    /// A dict.
    Dict,
    /// A lazy iterator.
    Generator,
}

/// `for target in iterable if condition if condition`
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What each item is assigned to.
    pub target: Expr,
    /// What is iterated.
    pub iterable: Expr,
    /// The conditions.
    pub conditions: Vec<Expr>,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// `value`
    Positional(Expr),
    /// `*values`
    Star(Expr),
    /// `name=value`
    Keyword(Name, Expr),
}

/// A part of a formatted string.
#[derive(Debug, Clone, PartialEq)]
pub enum FPart {
    /// Text.
    Text(Box<str>),
    /// `{value!conversion:spec}`
    Field {
        /// The value.
        value: Expr,
        /// The conversion.
        conversion: Conversion,
        /// The format specification, itself a formatted string.
        spec: Vec<FPart>,
    },
}

/// The conversion of a formatted field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// The value's own format.
    None,
    /// `!s`
    Str,
    /// `!r`
    Repr,
    /// `!a`
    Ascii,
}
