//! Expressions as text, with the brackets that precedence needs and no others.

use super::Printer;
use crate::syntax::ast::{
    Argument, BinaryOp, BooleanOp, Comprehension, ComprehensionKind, Conversion, Expr, ExprKind, FPart,
    Index, UnaryOp,
};

/// How string literals are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// With escapes.
    Escaped,
    /// Inside a field of a formatted string, where Python 3.11 allows no backslash.
    Plain,
}

const OPEN: u8 = 0;
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARE: u8 = 4;
const OPERATORS: u8 = 5;
const UNARY: u8 = 11;
const POWER: u8 = 12;
const POSTFIX: u8 = 13;
const ATOM: u8 = 14;

fn level(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::Lambda(_) | ExprKind::Conditional(_) => OPEN,
        ExprKind::Boolean { op: BooleanOp::Or, .. } => OR,
        ExprKind::Boolean { op: BooleanOp::And, .. } => AND,
        ExprKind::Unary { op: UnaryOp::Not, .. } => NOT,
        ExprKind::Compare { .. } => COMPARE,
        ExprKind::Binary { rest, .. } => match rest.first() {
            Some((BinaryOp::Pow, _)) | None => POWER,
            Some((op, _)) => OPERATORS + op.precedence() - 1,
        },
        ExprKind::Unary { .. } => UNARY,
        ExprKind::Call { .. } | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => POSTFIX,
        _ => ATOM,
    }
}

fn is_generator(value: &Expr) -> bool {
    matches!(&value.kind, ExprKind::Comprehension(made) if made.kind == ComprehensionKind::Generator)
}

impl Printer {
    pub(super) fn expression(&mut self, value: &Expr) {
        self.at_least(value, OPEN);
    }

    /// Where Python takes a list of expressions, a tuple needs no brackets.
    pub(super) fn list(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::Tuple(items) if items.len() > 1 => self.separated(items, Self::expression),
            _ => self.expression(value),
        }
    }

    fn at_least(&mut self, value: &Expr, least: u8) {
        if level(&value.kind) < least {
            self.word("(");
            self.kind(&value.kind);
            self.word(")");
        } else {
            self.kind(&value.kind);
        }
    }

    fn kind(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::None => self.word("None"),
            ExprKind::Bool(true) => self.word("True"),
            ExprKind::Bool(false) => self.word("False"),
            ExprKind::Int(value) => self.word(&value.to_string()),
            ExprKind::BigInt(value) => self.word(&format!("{:#x}", **value)),
            ExprKind::Float(value) if value.is_infinite() => self.word("1e999"),
            ExprKind::Float(value) => self.word(&crate::number::float_repr(*value)),
            ExprKind::Str(text) => self.string(text),
            ExprKind::Bytes(bytes) => self.word(&crate::text::bytes_repr(bytes)),
            ExprKind::FString(parts) => self.formatted(parts),
            ExprKind::Name(name) => self.word(name),
            ExprKind::List(items) => self.enclosed("[", items, "]"),
            ExprKind::Set(items) => self.enclosed("{", items, "}"),
            ExprKind::Tuple(items) => {
                let end = if items.len() == 1 { ",)" } else { ")" };
                self.enclosed("(", items, end);
            }
            ExprKind::Dict(pairs) => {
                self.word("{");
                self.separated(pairs, |p, (key, value)| {
                    if let Some(key) = key {
                        p.expression(key);
                        p.word(": ");
                        p.expression(value);
                    } else {
                        p.word("**");
                        p.at_least(value, OPERATORS);
                    }
                });
                self.word("}");
            }
            ExprKind::Starred(inner) => {
                self.word("*");
                self.at_least(inner, OPERATORS);
            }
            ExprKind::Comprehension(comprehension) => self.comprehension(comprehension),
            ExprKind::Binary { first, rest } => self.binary(kind, first, rest),
            ExprKind::Unary { op, operand } => {
                self.word(op.symbol());
                self.at_least(operand, if *op == UnaryOp::Not { NOT } else { UNARY });
            }
            ExprKind::Boolean { op, operands } => {
                let (word, inner) = match op {
                    BooleanOp::Or => (" or ", AND),
                    BooleanOp::And => (" and ", NOT),
                };
                for (index, operand) in operands.iter().enumerate() {
                    self.word(if index > 0 { word } else { "" });
                    self.at_least(operand, inner);
                }
            }
            ExprKind::Compare { first, rest } => {
                self.at_least(first, OPERATORS);
                for (op, operand) in rest {
                    self.word(" ");
                    self.word(op.symbol());
                    self.word(" ");
                    self.at_least(operand, OPERATORS);
                }
            }
            ExprKind::Conditional(parts) => {
                let [test, then, otherwise] = &**parts;
                self.at_least(then, OR);
                self.word(" if ");
                self.at_least(test, OR);
                self.word(" else ");
                self.expression(otherwise);
            }
            ExprKind::Lambda(parts) => {
                self.word("lambda");
                if parts.0 != crate::syntax::ast::Parameters::default() {
                    self.word(" ");
                }
                self.parameters(&parts.0);
                self.word(": ");
                self.expression(&parts.1);
            }
            ExprKind::Call { callee, arguments } => {
                self.postfix(callee);
                match &arguments[..] {
                    // Its own brackets are the call's.
                    [Argument::Positional(only)] if is_generator(only) => self.expression(only),
                    _ => self.arguments(arguments),
                }
            }
            ExprKind::Attribute { value, name } => {
                self.postfix(value);
                self.word(".");
                self.word(name);
            }
            ExprKind::Subscript { value, index } => {
                self.postfix(value);
                self.word("[");
                self.index(index);
                self.word("]");
            }
        }
    }

    fn arguments(&mut self, arguments: &[Argument]) {
        self.word("(");
        self.separated(arguments, |p, argument| match argument {
            Argument::Positional(value) => p.expression(value),
            Argument::Star(value) => {
                p.word("*");
                p.expression(value);
            }
            Argument::Keyword(name, value) => {
                p.word(name);
                p.word("=");
                p.expression(value);
            }
        });
        self.word(")");
    }

    /// What a call, an attribute or a subscript belongs to. A number needs brackets before a dot.
    fn postfix(&mut self, value: &Expr) {
        let number = matches!(value.kind, ExprKind::Int(_) | ExprKind::BigInt(_) | ExprKind::Float(_));
        self.at_least(value, if number { ATOM + 1 } else { POSTFIX });
    }

    fn enclosed(&mut self, open: &str, items: &[Expr], close: &str) {
        self.word(open);
        self.separated(items, Self::expression);
        self.word(close);
    }

    fn binary(&mut self, kind: &ExprKind, first: &Expr, rest: &[(BinaryOp, Expr)]) {
        let own = level(kind);
        if own == POWER {
            self.at_least(first, POSTFIX);
            for (_, exponent) in rest {
                self.word(" ** ");
                self.at_least(exponent, UNARY);
            }
            return;
        }
        self.at_least(first, own + 1);
        for (op, operand) in rest {
            self.word(" ");
            self.word(op.symbol());
            self.word(" ");
            self.at_least(operand, own + 1);
        }
    }

    fn comprehension(&mut self, made: &Comprehension) {
        let (open, close) = match made.kind {
            ComprehensionKind::List => ("[", "]"),
            ComprehensionKind::Set | ComprehensionKind::Dict => ("{", "}"),
            ComprehensionKind::Generator => ("(", ")"),
        };
        self.word(open);
        self.expression(&made.element);
        if let Some(value) = &made.value {
            self.word(": ");
            self.expression(value);
        }
        for clause in &made.clauses {
            self.word(" for ");
            self.list(&clause.target);
            self.word(" in ");
            self.at_least(&clause.iterable, OR);
            for condition in &clause.conditions {
                self.word(" if ");
                self.at_least(condition, OR);
            }
        }
        self.word(close);
    }

    fn index(&mut self, index: &Index) {
        match index {
            Index::Item(item) => self.expression(item),
            Index::Slice([lower, upper, step]) => {
                if let Some(lower) = lower {
                    self.expression(lower);
                }
                self.word(":");
                if let Some(upper) = upper {
                    self.expression(upper);
                }
                if let Some(step) = step {
                    self.word(":");
                    self.expression(step);
                }
            }
        }
    }

    fn string(&mut self, text: &str) {
        if self.quoting == Quoting::Escaped {
            self.word(&crate::text::str_repr(text));
            return;
        }
        let mark = ["'", "\"", "'''", "\"\"\""]
            .into_iter()
            .find(|mark| {
                let lines = mark.len() == 3 || !text.contains('\n');
                lines && !text.contains(mark) && !text.ends_with(&mark[..1])
            })
            .unwrap_or("'");
        self.word(mark);
        self.word(text);
        self.word(mark);
    }

    fn formatted(&mut self, parts: &[FPart]) {
        let mut fields = Self { out: String::new(), quoting: Quoting::Plain };
        fields.parts(parts, "");
        let mark = ["\"", "'", "\"\"\"", "'''"]
            .into_iter()
            .find(|mark| !fields.out.contains(mark) && (mark.len() == 3 || !fields.out.contains('\n')))
            .unwrap_or("\"");
        self.word("f");
        self.word(mark);
        let mut body = Self { out: String::new(), quoting: Quoting::Plain };
        body.parts(parts, mark);
        self.word(&body.out);
        self.word(mark);
    }

    /// The fields, and the text between them if there is a quotation mark to escape it for.
    fn parts(&mut self, parts: &[FPart], mark: &str) {
        for part in parts {
            match part {
                FPart::Text(text) if !mark.is_empty() => {
                    let doubled = text.replace('{', "{{").replace('}', "}}");
                    let quote = if mark.starts_with('"') { '"' } else { '\'' };
                    self.word(&crate::text::escape(&doubled, quote));
                }
                FPart::Text(_) => {}
                FPart::Field { value, conversion, spec } => {
                    self.word("{");
                    let start = self.out.len();
                    self.at_least(value, OR);
                    if self.out[start..].starts_with('{') {
                        self.out.insert(start, ' ');
                    }
                    self.word(match conversion {
                        Conversion::None => "",
                        Conversion::Str => "!s",
                        Conversion::Repr => "!r",
                        Conversion::Ascii => "!a",
                    });
                    if !spec.is_empty() {
                        self.word(":");
                        self.parts(spec, mark);
                    }
                    self.word("}");
                }
            }
        }
    }
}
