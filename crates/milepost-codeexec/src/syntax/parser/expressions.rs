//! Tokens to tree: expressions, by precedence.

use super::{Parsed, Parser, targets};
use crate::Rejected;
use crate::syntax::ast::{BinaryOp, BooleanOp, CompareOp, Expr, ExprKind, Line, UnaryOp};
use crate::syntax::token::{Key, Sym, Tok};

impl Parser<'_> {
    /// `a, *b, c` or a single expression.
    pub(super) fn expression_list(&mut self) -> Parsed<Expr> {
        let line = self.line();
        let first = self.starred_or_expression()?;
        self.rest_of_list(line, first)
    }

    pub(super) fn rest_of_list(&mut self, line: u32, first: Expr) -> Parsed<Expr> {
        if self.peek() != Tok::Op(Sym::Comma) {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat(Sym::Comma) {
            if self.ends_expression() {
                break;
            }
            items.push(self.starred_or_expression()?);
        }
        Ok(at(line, ExprKind::Tuple(items)))
    }

    fn ends_expression(&self) -> bool {
        match self.peek() {
            Tok::Newline | Tok::End | Tok::Key(Key::In) => true,
            Tok::Op(symbol) => {
                matches!(
                    symbol,
                    Sym::RightParen
                        | Sym::RightBracket
                        | Sym::RightBrace
                        | Sym::Assign
                        | Sym::Colon
                        | Sym::Semicolon
                ) || super::augmented(Tok::Op(symbol)).is_some()
            }
            _ => false,
        }
    }

    pub(super) fn starred_or_expression(&mut self) -> Parsed<Expr> {
        let line = self.line();
        if self.eat(Sym::Star) {
            let inner = self.deeper(|parser| parser.binary(1))?;
            return Ok(at(line, ExprKind::Starred(Box::new(inner))));
        }
        self.expression()
    }

    /// The target of `for`: what stands before `in`.
    pub(super) fn for_target(&mut self) -> Parsed<Expr> {
        let line = self.line();
        let mut items = Vec::new();
        let mut tuple = false;
        loop {
            let item_line = self.line();
            let starred = self.eat(Sym::Star);
            let item = self.deeper(|parser| parser.binary(1))?;
            items.push(if starred { at(item_line, ExprKind::Starred(Box::new(item))) } else { item });
            if !self.eat(Sym::Comma) {
                break;
            }
            tuple = true;
            if self.peek() == Tok::Key(Key::In) {
                break;
            }
        }
        let target = match items.pop() {
            Some(only) if !tuple => only,
            last => {
                items.extend(last);
                at(line, ExprKind::Tuple(items))
            }
        };
        targets::assigned(target)
    }

    /// A conditional expression, a lambda or anything below.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(Self::expression_here)
    }

    fn expression_here(&mut self) -> Parsed<Expr> {
        let line = self.line();
        if self.eat_key(Key::Lambda) {
            let parameters = self.parameters(Sym::Colon)?;
            self.expect(Sym::Colon)?;
            let body = self.expression()?;
            return Ok(at(line, ExprKind::Lambda(Box::new((parameters, body)))));
        }
        let then = self.boolean(BooleanOp::Or)?;
        if self.peek() == Tok::Op(Sym::Walrus) {
            return Err(Rejected::outside(line, "`:=`"));
        }
        if !self.eat_key(Key::If) {
            return Ok(then);
        }
        let test = self.boolean(BooleanOp::Or)?;
        self.expect_key(Key::Else)?;
        let otherwise = self.expression()?;
        Ok(at(line, ExprKind::Conditional(Box::new([test, then, otherwise]))))
    }

    pub(super) fn boolean(&mut self, op: BooleanOp) -> Parsed<Expr> {
        let line = self.line();
        let (key, below): (_, fn(&mut Self) -> Parsed<Expr>) = match op {
            BooleanOp::Or => (Key::Or, |parser| parser.boolean(BooleanOp::And)),
            BooleanOp::And => (Key::And, Self::negation),
        };
        let first = below(self)?;
        if self.peek() != Tok::Key(key) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.eat_key(key) {
            operands.push(below(self)?);
        }
        Ok(at(line, ExprKind::Boolean { op, operands }))
    }

    fn negation(&mut self) -> Parsed<Expr> {
        let line = self.line();
        if self.eat_key(Key::Not) {
            let operand = self.deeper(Self::negation)?;
            return Ok(at(line, ExprKind::Unary { op: UnaryOp::Not, operand: Box::new(operand) }));
        }
        let first = self.binary(1)?;
        let mut rest = Vec::new();
        while let Some(op) = self.comparison() {
            rest.push((op, self.binary(1)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(at(line, ExprKind::Compare { first: Box::new(first), rest }))
    }

    fn comparison(&mut self) -> Option<CompareOp> {
        let op = match self.peek() {
            Tok::Op(Sym::Equal) => CompareOp::Eq,
            Tok::Op(Sym::NotEqual) => CompareOp::Ne,
            Tok::Op(Sym::Less) => CompareOp::Lt,
            Tok::Op(Sym::LessEqual) => CompareOp::Le,
            Tok::Op(Sym::Greater) => CompareOp::Gt,
            Tok::Op(Sym::GreaterEqual) => CompareOp::Ge,
            Tok::Key(Key::In) => CompareOp::In,
            Tok::Key(Key::Not) if self.peek_second() == Tok::Key(Key::In) => {
                self.advance();
                CompareOp::NotIn
            }
            Tok::Key(Key::Is) => {
                if self.peek_second() == Tok::Key(Key::Not) {
                    self.advance();
                    CompareOp::IsNot
                } else {
                    CompareOp::Is
                }
            }
            _ => return None,
        };
        self.advance();
        Some(op)
    }

    /// Binary operators of precedence `least` and tighter.
    pub(super) fn binary(&mut self, least: u8) -> Parsed<Expr> {
        if least > 6 {
            return self.signed();
        }
        let line = self.line();
        let mut first = self.signed()?;
        // The loop climbs: operators of the tightest level are gathered first.
        self.climb(&mut first, least, line)?;
        Ok(first)
    }

    fn climb(&mut self, left: &mut Expr, least: u8, line: u32) -> Parsed<()> {
        while let Some(op) = binary_operator(self.peek()).filter(|op| op.precedence() >= least) {
            let level = op.precedence();
            let mut rest = Vec::new();
            while let Some(op) = binary_operator(self.peek()).filter(|op| op.precedence() == level) {
                self.advance();
                let operand_line = self.line();
                let mut operand = self.signed()?;
                if level < 6 {
                    self.climb(&mut operand, level + 1, operand_line)?;
                }
                rest.push((op, operand));
            }
            let first = Box::new(std::mem::replace(left, at(line, ExprKind::None)));
            left.kind = ExprKind::Binary { first, rest };
        }
        Ok(())
    }

    fn signed(&mut self) -> Parsed<Expr> {
        let line = self.line();
        let op = match self.peek() {
            Tok::Op(Sym::Minus) => UnaryOp::Neg,
            Tok::Op(Sym::Plus) => UnaryOp::Pos,
            Tok::Op(Sym::Tilde) => UnaryOp::Invert,
            _ => return self.power(),
        };
        self.advance();
        let operand = self.deeper(Self::signed)?;
        Ok(at(line, ExprKind::Unary { op, operand: Box::new(operand) }))
    }

    fn power(&mut self) -> Parsed<Expr> {
        let line = self.line();
        let base = self.postfix()?;
        if !self.eat(Sym::DoubleStar) {
            return Ok(base);
        }
        let exponent = self.deeper(Self::signed)?;
        Ok(at(line, ExprKind::Binary { first: Box::new(base), rest: vec![(BinaryOp::Pow, exponent)] }))
    }
}

pub(super) fn at(line: u32, kind: ExprKind) -> Expr {
    Expr { line: Line(line), kind }
}

fn binary_operator(token: Tok<'_>) -> Option<BinaryOp> {
    let Tok::Op(symbol) = token else { return None };
    Some(match symbol {
        Sym::Plus => BinaryOp::Add,
        Sym::Minus => BinaryOp::Sub,
        Sym::Star => BinaryOp::Mul,
        Sym::Slash => BinaryOp::Div,
        Sym::DoubleSlash => BinaryOp::FloorDiv,
        Sym::Percent => BinaryOp::Mod,
        Sym::ShiftLeft => BinaryOp::ShiftLeft,
        Sym::ShiftRight => BinaryOp::ShiftRight,
        Sym::Amper => BinaryOp::BitAnd,
        Sym::Bar => BinaryOp::BitOr,
        Sym::Caret => BinaryOp::BitXor,
        Sym::At => BinaryOp::MatMul,
        _ => return None,
    })
}
