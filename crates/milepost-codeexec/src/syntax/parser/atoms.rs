//! Tokens to tree: atoms, and the calls, subscripts and attributes behind them.

use super::expressions::at;
use super::{Parsed, Parser};
use crate::Rejected;
use crate::syntax::ast::{Argument, ComprehensionKind, Expr, ExprKind, FPart, Index};
use crate::syntax::token::{Key, StrTok, Sym, Tok};
use crate::syntax::{fstring, literal};

impl Parser<'_> {
    /// An atom with calls, subscripts and attributes. Each counts as a level of nesting: the tree is that deep.
    pub(super) fn postfix(&mut self) -> Parsed<Expr> {
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
