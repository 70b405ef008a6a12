//! The syntax tree of MiniPy.
//!
//! Chains that a person writes flat are flat here (`a + b + c` is one [`ExprKind::Binary`] with three operands,
//! `elif` adds a branch), so that the depth of a tree is bounded by the nesting that the parser counts.

use num_bigint::BigInt;

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

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are the operators of Python by their usual names")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    ShiftLeft,
    ShiftRight,
    BitAnd,
    BitOr,
    BitXor,
    MatMul,
}

impl BinaryOp {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::FloorDiv,
        Self::Mod,
        Self::Pow,
        Self::ShiftLeft,
        Self::ShiftRight,
        Self::BitAnd,
        Self::BitOr,
        Self::BitXor,
        Self::MatMul,
    ];

    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::FloorDiv => "//",
            Self::Mod => "%",
            Self::Pow => "**",
            Self::ShiftLeft => "<<",
            Self::ShiftRight => ">>",
            Self::BitAnd => "&",
            Self::BitOr => "|",
            Self::BitXor => "^",
            Self::MatMul => "@",
        }
    }

    /// How tightly it binds: `|` 1, `^` 2, `&` 3, shifts 4, sums 5, products 6, powers 8 (7 is the unary sign).
    #[must_use]
    pub fn precedence(self) -> u8 {
        match self {
            Self::BitOr => 1,
            Self::BitXor => 2,
            Self::BitAnd => 3,
            Self::ShiftLeft | Self::ShiftRight => 4,
            Self::Add | Self::Sub => 5,
            Self::Mul | Self::Div | Self::FloorDiv | Self::Mod | Self::MatMul => 6,
            Self::Pow => 8,
        }
    }
}

/// A unary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `+`
    Pos,
    /// `~`
    Invert,
    /// `not`
    Not,
}

impl UnaryOp {
    /// As it is written, with the space that `not` needs.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Neg => "-",
            Self::Pos => "+",
            Self::Invert => "~",
            Self::Not => "not ",
        }
    }
}

/// `and` or `or`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BooleanOp {
    /// `and`
    And,
    /// `or`
    Or,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are the comparisons of Python by their usual names")]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    Is,
    IsNot,
}

impl CompareOp {
    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Is => "is",
            Self::IsNot => "is not",
        }
    }
}
