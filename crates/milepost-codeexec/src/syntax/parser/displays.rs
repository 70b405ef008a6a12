//! Tokens to tree: what stands between brackets.

use super::expressions::at;
use super::{Parsed, Parser, targets};
use crate::Rejected;
use crate::syntax::ast::{BooleanOp, Clause, Comprehension, ComprehensionKind, Expr, ExprKind};
use crate::syntax::token::{Key, Sym, Tok};

impl Parser<'_> {
    /// After `(`.
    pub(super) fn bracketed(&mut self, line: u32) -> Parsed<Expr> {
        if self.eat(Sym::RightParen) {
            return Ok(at(line, ExprKind::Tuple(Vec::new())));
        }
        let first = self.starred_or_expression()?;
        let inner = if self.starts_clauses() {
            at(line, self.comprehension(ComprehensionKind::Generator, first, None)?)
        } else {
            self.rest_of_list(line, first)?
        };
        targets::no_bare_star(&inner)?;
        self.expect(Sym::RightParen)?;
        Ok(inner)
    }

    pub(super) fn starts_clauses(&self) -> bool {
        matches!(self.peek(), Tok::Key(Key::For | Key::Async))
    }

    /// After `[`.
    pub(super) fn list(&mut self) -> Parsed<ExprKind> {
        let mut items = Vec::new();
        while !self.eat(Sym::RightBracket) {
            items.push(self.starred_or_expression()?);
            if items.len() == 1 && self.starts_clauses() {
                let element = items.remove(0);
                let list = self.comprehension(ComprehensionKind::List, element, None)?;
                self.expect(Sym::RightBracket)?;
                return Ok(list);
            }
            if !self.eat(Sym::Comma) {
                self.expect(Sym::RightBracket)?;
                break;
            }
        }
        Ok(ExprKind::List(items))
    }

    /// After `{`.
    pub(super) fn braces(&mut self) -> Parsed<ExprKind> {
        let mut pairs: Vec<(Option<Expr>, Expr)> = Vec::new();
        let mut items: Vec<Expr> = Vec::new();
        while !self.eat(Sym::RightBrace) {
            let line = self.line();
            if self.eat(Sym::DoubleStar) {
                pairs.push((None, self.deeper(|parser| parser.binary(1))?));
            } else {
                let first = self.starred_or_expression()?;
                if self.eat(Sym::Colon) {
                    targets::no_bare_star(&first)?;
                    pairs.push((Some(first), self.expression()?));
                } else {
                    items.push(first);
                }
            }
            if !pairs.is_empty() && !items.is_empty() {
                return Err(Rejected::syntax(line, "a display that is both dict and set"));
            }
            if pairs.len() + items.len() == 1 && self.starts_clauses() {
                let made = match (pairs.pop(), items.pop()) {
                    (Some((Some(key), value)), _) => {
                        self.comprehension(ComprehensionKind::Dict, key, Some(value))?
                    }
                    (_, Some(element)) => self.comprehension(ComprehensionKind::Set, element, None)?,
                    _ => return Err(Rejected::syntax(line, "`**` in a comprehension")),
                };
                self.expect(Sym::RightBrace)?;
                return Ok(made);
            }
            if !self.eat(Sym::Comma) {
                self.expect(Sym::RightBrace)?;
                break;
            }
        }
        Ok(if items.is_empty() { ExprKind::Dict(pairs) } else { ExprKind::Set(items) })
    }

    pub(super) fn comprehension(
        &mut self,
        kind: ComprehensionKind,
        element: Expr,
        value: Option<Expr>,
    ) -> Parsed<ExprKind> {
        targets::no_bare_star(&element)?;
        let mut clauses = Vec::new();
        while self.starts_clauses() {
            if self.peek() == Tok::Key(Key::Async) {
                return Err(Rejected::outside(self.line(), "`async`"));
            }
            self.advance();
            let target = self.for_target()?;
            self.expect_key(Key::In)?;
            let iterable = self.deeper(|parser| parser.boolean(BooleanOp::Or))?;
            let mut conditions = Vec::new();
            while self.eat_key(Key::If) {
                conditions.push(self.deeper(|parser| parser.boolean(BooleanOp::Or))?);
            }
            clauses.push(Clause { target, iterable, conditions });
        }
        Ok(ExprKind::Comprehension(Box::new(Comprehension { kind, element, value, clauses })))
    }
}
