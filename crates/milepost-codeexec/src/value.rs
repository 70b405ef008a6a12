//! Plain values: what goes into a program and what comes out.

use std::fmt;
use std::sync::Arc;

use crate::number::float_repr;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::{Integer, Rejected, syntax, text};

/// Plain data of exactly Python's built-in types. Printed as Python's `repr`.
///
/// `==` is structural: types and order must match and NaN differs from itself. Python's `==` on plain data is
/// [`Comparison::Python`](crate::Comparison::Python).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`
    None,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(Integer),
    /// `float`
    Float(f64),
    /// `str`
    Str(Arc<str>),
    /// `bytes`
    Bytes(Arc<[u8]>),
    /// `list`
    List(Vec<Value>),
    /// `tuple`
    Tuple(Vec<Value>),
    /// `dict`, in the order of insertion
    Dict(Vec<(Value, Value)>),
    /// `set`
    Set(Vec<Value>),
    /// `frozenset`
    FrozenSet(Vec<Value>),
}

/// Why a text is not the literal of a plain value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LiteralError {
    /// It is no expression.
    #[error("not an expression: {0}")]
    Syntax(#[from] Rejected),
    /// It is an expression that must be run to be known.
    #[error(
        "not a literal: write constants, displays, `set()`, `frozenset(…)`, `float('nan')` or `float('inf')`"
    )]
    NotLiteral,
    /// The arguments of a call are no tuple.
    #[error("the arguments are no tuple: write `(1, 2)`, `(1,)` or `()`")]
    NotArguments,
}

impl Value {
    /// An integer.
    #[must_use]
    pub fn int(value: i64) -> Self {
        Self::Int(Integer::Small(value))
    }

    /// A string.
    #[must_use]
    pub fn str(value: &str) -> Self {
        Self::Str(value.into())
    }

    /// The value of a Python literal: constants, displays, signs, and the calls `set()`, `frozenset(…)` and
    /// `float('nan')`, `float('inf')`, `float('-inf')`, which have no literal.
    pub fn parse(literal: &str) -> Result<Self, LiteralError> {
        Self::of_expression(&syntax::parse_expression(literal)?).ok_or(LiteralError::NotLiteral)
    }

    pub(crate) fn of_expression(expression: &Expr) -> Option<Self> {
        let all = |items: &[Expr]| items.iter().map(Self::of_expression).collect::<Option<Vec<_>>>();
        Some(match &expression.kind {
            ExprKind::None => Self::None,
            ExprKind::Bool(value) => Self::Bool(*value),
            ExprKind::Int(value) => Self::int(*value),
            ExprKind::BigInt(value) => Self::Int(Integer::from((**value).clone())),
            ExprKind::Float(value) => Self::Float(*value),
            ExprKind::Str(text) => Self::Str((**text).into()),
            ExprKind::Bytes(bytes) => Self::Bytes((**bytes).into()),
            ExprKind::List(items) => Self::List(all(items)?),
            ExprKind::Tuple(items) => Self::Tuple(all(items)?),
            ExprKind::Set(items) => Self::Set(all(items)?),
            ExprKind::Dict(pairs) => {
                let pair = |(key, value): &(Option<Expr>, Expr)| {
                    Some((Self::of_expression(key.as_ref()?)?, Self::of_expression(value)?))
                };
                Self::Dict(pairs.iter().map(pair).collect::<Option<_>>()?)
            }
            ExprKind::Unary { op: UnaryOp::Neg, operand } => match Self::of_expression(operand)? {
                Self::Int(value) => Self::Int(Integer::from(-value.to_big())),
                Self::Float(value) => Self::Float(-value),
                _ => return None,
            },
            ExprKind::Unary { op: UnaryOp::Pos, operand } => match Self::of_expression(operand)? {
                number @ (Self::Int(_) | Self::Float(_)) => number,
                _ => return None,
            },
            ExprKind::Binary { first, rest } => {
                Self::int(rest.iter().try_fold(small(first)?, |sum, (op, operand)| match op {
                    BinaryOp::Add => sum.checked_add(small(operand)?),
                    BinaryOp::Sub => sum.checked_sub(small(operand)?),
                    BinaryOp::Mul => sum.checked_mul(small(operand)?),
                    _ => None,
                })?)
            }
            ExprKind::Call { callee, arguments } => {
                let ExprKind::Name(name) = &callee.kind else { return None };
                let argument = match &arguments[..] {
                    [] => None,
                    [syntax::ast::Argument::Positional(argument)] => Some(Self::of_expression(argument)?),
                    _ => return None,
                };
                match (&**name, argument) {
                    ("set", None) => Self::Set(Vec::new()),
                    ("frozenset", None) => Self::FrozenSet(Vec::new()),
                    ("set", Some(Self::List(items) | Self::Set(items) | Self::Tuple(items))) => {
                        Self::Set(items)
                    }
                    ("frozenset", Some(Self::List(items) | Self::Set(items) | Self::Tuple(items))) => {
                        Self::FrozenSet(items)
                    }
                    ("float", Some(Self::Str(text))) => Self::Float(match &*text.to_ascii_lowercase() {
                        "nan" => f64::NAN,
                        "inf" | "infinity" | "+inf" => f64::INFINITY,
                        "-inf" | "-infinity" => f64::NEG_INFINITY,
                        _ => return None,
                    }),
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    /// The items of a list or tuple.
    #[must_use]
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) | Self::Tuple(items) => Some(items),
            _ => None,
        }
    }
}

fn small(expression: &Expr) -> Option<i64> {
    match Value::of_expression(expression)? {
        Value::Int(Integer::Small(value)) => Some(value),
        _ => None,
    }
}

fn separated(f: &mut fmt::Formatter<'_>, open: &str, items: &[Value], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if index > 0 { ", " } else { "" })?;
    }
    f.write_str(close)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(value) => f.write_str(if *value { "True" } else { "False" }),
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => f.write_str(&float_repr(*value)),
            Self::Str(value) => f.write_str(&text::str_repr(value)),
            Self::Bytes(value) => f.write_str(&text::bytes_repr(value)),
            Self::List(items) => separated(f, "[", items, "]"),
            Self::Tuple(items) => separated(f, "(", items, if items.len() == 1 { ",)" } else { ")" }),
            Self::Dict(pairs) => {
                f.write_str("{")?;
                for (index, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
            Self::Set(items) if items.is_empty() => f.write_str("set()"),
            Self::Set(items) => separated(f, "{", items, "}"),
            Self::FrozenSet(items) if items.is_empty() => f.write_str("frozenset()"),
            Self::FrozenSet(items) => separated(f, "frozenset({", items, "})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_and_written() {
        let literals = [
            "None",
            "True",
            "-12345678901234567890",
            "1.5",
            "-0.0",
            "'it''s'",
            "b'\\xff'",
            "[1, (2,), ()]",
            "{'a': [1], 2: None}",
            "{1, 2}",
            "set()",
            "frozenset({1})",
            "frozenset()",
        ];
        for literal in literals {
            let value = Value::parse(literal).expect("a literal");
            assert_eq!(Value::parse(&value.to_string()).as_ref(), Ok(&value), "{literal}");
        }
        assert!(matches!(Value::parse("float('nan')"), Ok(Value::Float(x)) if x.is_nan()));
        assert_eq!(Value::parse("13441 * 19"), Ok(Value::int(255379)));
        assert_eq!(Value::parse("f(1)"), Err(LiteralError::NotLiteral));
        assert!(matches!(Value::parse("(1"), Err(LiteralError::Syntax(_))));
    }
}
