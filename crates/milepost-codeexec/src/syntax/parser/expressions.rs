//! Tokens to tree: expressions, by precedence.

use super::{Parsed, Parser, targets};
use crate::Rejected;
use crate::syntax::ast::{
    Argument, BinaryOp, BooleanOp, Clause, CompareOp, Comprehension, ComprehensionKind, Expr, ExprKind,
    FPart, Index, Line, UnaryOp,
};
use crate::syntax::token::{Key, StrTok, Sym, Tok};
use crate::syntax::{fstring, literal};

impl Parser<'_> {
    /// `a, *b, c` or a single expression.
    pub(super) fn expression_list(&mut self) -> Parsed<Expr> {
        let line = self.line();
        let first = self.starred_or_expression()?;
        self.rest_of_list(line, first)
    }

    fn rest_of_list(&mut self, line: u32, first: Expr) -> Parsed<Expr> {
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

    fn starred_or_expression(&mut self) -> Parsed<Expr> {
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

    fn boolean(&mut self, op: BooleanOp) -> Parsed<Expr> {
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

    /// An atom with calls, subscripts and attributes. Each counts as a level of nesting: the tree is that deep.
    fn postfix(&mut self) -> Parsed<Expr> {
        let mut value = self.atom()?;
        let depth = self.depth;
        loop {
            let line = self.line();
            let grows = matches!(self.peek(), Tok::Op(Sym::LeftParen | Sym::LeftBracket | Sym::Dot));
            if !grows {
                break;
            }
            // Checks the bound; the level stays counted until the chain ends.
            self.deeper(|_| Ok(()))?;
            self.depth += 1;
            let kind = match self.advance() {
                Tok::Op(Sym::LeftParen) => {
                    let arguments = self.arguments()?;
                    ExprKind::Call { callee: Box::new(value), arguments }
                }
                Tok::Op(Sym::LeftBracket) => {
                    let index = self.index()?;
                    ExprKind::Subscript { value: Box::new(value), index: Box::new(index) }
                }
                _ => ExprKind::Attribute { value: Box::new(value), name: self.name()? },
            };
            value = at(line, kind);
        }
        self.depth = depth;
        Ok(value)
    }

    fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        let mut found = Vec::new();
        let mut keyword = false;
        while !self.eat(Sym::RightParen) {
            let line = self.line();
            match (self.peek(), self.peek_second()) {
                (Tok::Op(Sym::DoubleStar), _) => {
                    return Err(Rejected::outside(line, "`**` arguments"));
                }
                (Tok::Op(Sym::Star), _) => {
                    self.advance();
                    found.push(Argument::Star(self.expression()?));
                }
                (Tok::Name(_), Tok::Op(Sym::Assign)) => {
                    let name = self.name()?;
                    self.advance();
                    let repeated = |a: &Argument| matches!(a, Argument::Keyword(other, _) if *other == name);
                    if found.iter().any(repeated) {
                        return Err(Rejected::syntax(line, format!("the keyword `{name}` is repeated")));
                    }
                    keyword = true;
                    found.push(Argument::Keyword(name, self.expression()?));
                }
                _ => {
                    let value = self.expression()?;
                    if keyword {
                        return Err(Rejected::syntax(line, "a positional argument follows a keyword"));
                    }
                    if !self.starts_clauses() {
                        found.push(Argument::Positional(value));
                    } else if found.is_empty() {
                        let generator = self.comprehension(ComprehensionKind::Generator, value, None)?;
                        found.push(Argument::Positional(at(line, generator)));
                        return self.expect(Sym::RightParen).map(|()| found);
                    } else {
                        return Err(Rejected::syntax(line, "a generator among arguments needs brackets"));
                    }
                }
            }
            if !self.eat(Sym::Comma) {
                self.expect(Sym::RightParen)?;
                break;
            }
        }
        Ok(found)
    }

    fn index(&mut self) -> Parsed<Index> {
        let line = self.line();
        let mut parts: [Option<Expr>; 3] = [None, None, None];
        let mut part = 0;
        loop {
            match self.peek() {
                Tok::Op(Sym::Colon) if part < 2 => {
                    self.advance();
                    part += 1;
                }
                Tok::Op(Sym::RightBracket) => break,
                _ if parts[part].is_some() => return self.unexpected("`]`"),
                _ => {
                    let value = if part == 0 { self.expression_list()? } else { self.expression()? };
                    parts[part] = Some(value);
                }
            }
        }
        self.advance();
        if part > 0 {
            if parts[0].as_ref().is_some_and(|p| matches!(p.kind, ExprKind::Starred(_))) {
                return Err(Rejected::syntax(line, "a starred bound of a slice"));
            }
            return Ok(Index::Slice(parts));
        }
        let [Some(item), _, _] = parts else { return self.unexpected("an index") };
        if matches!(item.kind, ExprKind::Starred(_)) {
            return Err(Rejected::outside(line, "starred subscripts"));
        }
        Ok(Index::Item(item))
    }

    fn atom(&mut self) -> Parsed<Expr> {
        let line = self.line();
        let kind = match self.peek() {
            Tok::Name(_) => ExprKind::Name(self.name()?),
            Tok::Int(text) => {
                self.advance();
                literal::integer(text, line)?
            }
            Tok::Float(value) => {
                self.advance();
                ExprKind::Float(value)
            }
            Tok::Str(_) => self.strings()?,
            Tok::Key(Key::None) => {
                self.advance();
                ExprKind::None
            }
            Tok::Key(key @ (Key::True | Key::False)) => {
                self.advance();
                ExprKind::Bool(key == Key::True)
            }
            Tok::Op(Sym::LeftParen) => {
                self.advance();
                return self.bracketed(line);
            }
            Tok::Op(Sym::LeftBracket) => {
                self.advance();
                self.list()?
            }
            Tok::Op(Sym::LeftBrace) => {
                self.advance();
                self.braces()?
            }
            Tok::Op(Sym::Ellipsis) => return Err(Rejected::outside(line, "`...` as a value")),
            Tok::Key(Key::Yield) => return Err(Rejected::outside(line, "`yield`")),
            Tok::Key(Key::Await) => return Err(Rejected::outside(line, "`await`")),
            _ => return self.unexpected("an expression"),
        };
        Ok(at(line, kind))
    }

    /// After `(`.
    fn bracketed(&mut self, line: u32) -> Parsed<Expr> {
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

    fn starts_clauses(&self) -> bool {
        matches!(self.peek(), Tok::Key(Key::For | Key::Async))
    }

    /// After `[`.
    fn list(&mut self) -> Parsed<ExprKind> {
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
    fn braces(&mut self) -> Parsed<ExprKind> {
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

    fn comprehension(
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

    /// Adjacent string literals are one.
    fn strings(&mut self) -> Parsed<ExprKind> {
        let line = self.line();
        let mut parts: Vec<FPart> = Vec::new();
        let mut formatted = false;
        let mut binary: Option<Vec<u8>> = None;
        let mut count = 0;
        while let Tok::Str(StrTok { raw, bytes, format, body }) = self.peek() {
            let here = self.line();
            self.advance();
            if count > 0 && bytes != binary.is_some() {
                return Err(Rejected::syntax(here, "bytes and text side by side"));
            }
            count += 1;
            if bytes {
                binary.get_or_insert_default().extend(literal::bytes(body, raw, here)?);
            } else if format {
                formatted = true;
                for part in fstring::parts(body, raw, here, self.depth)? {
                    push_part(&mut parts, part);
                }
            } else {
                push_part(&mut parts, FPart::Text(literal::unescape(body, raw, here)?.into()));
            }
        }
        if let Some(binary) = binary {
            return Ok(ExprKind::Bytes(binary.into()));
        }
        if formatted && parts.iter().any(|part| matches!(part, FPart::Field { .. })) {
            return Ok(ExprKind::FString(parts));
        }
        match parts.pop() {
            None => Ok(ExprKind::Str("".into())),
            Some(FPart::Text(text)) => Ok(ExprKind::Str(text)),
            Some(FPart::Field { .. }) => Err(Rejected::syntax(line, "a malformed string")),
        }
    }
}

fn push_part(parts: &mut Vec<FPart>, part: FPart) {
    match (parts.last_mut(), part) {
        (_, FPart::Text(text)) if text.is_empty() => {}
        (Some(FPart::Text(before)), FPart::Text(text)) => *before = format!("{before}{text}").into(),
        (_, part) => parts.push(part),
    }
}

fn at(line: u32, kind: ExprKind) -> Expr {
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
