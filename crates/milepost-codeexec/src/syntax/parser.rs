//! Tokens to tree: statements. Expressions are in [`expressions`].

mod atoms;
mod displays;
mod expressions;
mod targets;

use super::ast::{
    BinaryOp, Expr, ExprKind, FunctionDef, Handler, Line, Module, Name, Parameter, Parameters, Stmt,
    StmtKind, Try,
};
use super::lexer::MAX_NESTING;
use super::token::{Key, Sym, Tok, Token};
use crate::{Reason, Rejected};

pub(super) type Parsed<T> = Result<T, Rejected>;

pub(super) struct Parser<'s> {
    tokens: Vec<Token<'s>>,
    at: usize,
    depth: usize,
}

impl<'s> Parser<'s> {
    pub(super) fn new(tokens: Vec<Token<'s>>) -> Self {
        Self::nested(tokens, 0)
    }

    pub(super) fn nested(tokens: Vec<Token<'s>>, depth: usize) -> Self {
        Self { tokens, at: 0, depth }
    }

    fn peek(&self) -> Tok<'s> {
        self.tokens[self.at].kind
    }

    fn peek_second(&self) -> Tok<'s> {
        self.tokens[(self.at + 1).min(self.tokens.len() - 1)].kind
    }

    fn line(&self) -> u32 {
        self.tokens[self.at].line
    }

    fn advance(&mut self) -> Tok<'s> {
        let kind = self.peek();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        kind
    }

    fn eat(&mut self, symbol: Sym) -> bool {
        let found = self.peek() == Tok::Op(symbol);
        if found {
            self.at += 1;
        }
        found
    }

    fn eat_key(&mut self, key: Key) -> bool {
        let found = self.peek() == Tok::Key(key);
        if found {
            self.at += 1;
        }
        found
    }

    fn unexpected<T>(&self, wanted: &str) -> Parsed<T> {
        Err(Rejected::syntax(self.line(), format!("expected {wanted}, found {}", self.peek())))
    }

    fn expect(&mut self, symbol: Sym) -> Parsed<()> {
        if self.eat(symbol) { Ok(()) } else { self.unexpected(&format!("`{}`", symbol.text())) }
    }

    fn expect_key(&mut self, key: Key) -> Parsed<()> {
        if self.eat_key(key) { Ok(()) } else { self.unexpected(&format!("`{}`", key.text())) }
    }

    fn name(&mut self) -> Parsed<Name> {
        match self.peek() {
            Tok::Name(name) => {
                self.at += 1;
                if name.starts_with("__") {
                    return Err(Rejected::outside(self.line(), format!("the name `{name}`")));
                }
                Ok(name.into())
            }
            _ => self.unexpected("a name"),
        }
    }

    /// Runs `parse` one level deeper.
    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_NESTING {
            return Err(Rejected::at(self.line(), Reason::Nesting(MAX_NESTING)));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    pub(super) fn module(mut self) -> Parsed<Module> {
        let mut body = Vec::new();
        while self.peek() != Tok::End {
            self.statement(&mut body)?;
        }
        Ok(Module { body })
    }

    pub(super) fn only_expression(mut self) -> Parsed<Expr> {
        let value = self.full_list()?;
        if self.peek() == Tok::End { Ok(value) } else { self.unexpected("the end of the expression") }
    }

    fn block(&mut self) -> Parsed<Vec<Stmt>> {
        self.expect(Sym::Colon)?;
        let mut body = Vec::new();
        if self.peek() != Tok::Newline {
            self.simple_line(&mut body)?;
            return Ok(body);
        }
        self.advance();
        if self.peek() != Tok::Indent {
            return self.unexpected("an indented block");
        }
        self.advance();
        self.deeper(|parser| {
            while parser.peek() != Tok::Dedent {
                parser.statement(&mut body)?;
            }
            Ok(())
        })?;
        self.advance();
        Ok(body)
    }

    fn optional_block(&mut self, key: Key) -> Parsed<Vec<Stmt>> {
        if self.eat_key(key) { self.block() } else { Ok(Vec::new()) }
    }

    fn statement(&mut self, body: &mut Vec<Stmt>) -> Parsed<()> {
        let line = self.line();
        let kind = match self.peek() {
            Tok::Key(Key::If) => self.if_statement()?,
            Tok::Key(Key::For) => self.for_statement()?,
            Tok::Key(Key::While) => {
                self.advance();
                let test = self.expression()?;
                let body = self.block()?;
                StmtKind::While { test, body, otherwise: self.optional_block(Key::Else)? }
            }
            Tok::Key(Key::Def) => self.definition()?,
            Tok::Key(Key::Try) => self.try_statement()?,
            Tok::Key(Key::Class) => return Err(Rejected::outside(line, "classes")),
            Tok::Key(Key::With) => return Err(Rejected::outside(line, "`with`")),
            Tok::Key(Key::Async | Key::Await) => return Err(Rejected::outside(line, "`async`")),
            Tok::Op(Sym::At) => return Err(Rejected::outside(line, "decorators")),
            Tok::Indent => return Err(Rejected::syntax(line, "an unexpected indent")),
            _ => return self.simple_line(body),
        };
        body.push(Stmt { line: Line(line), kind });
        Ok(())
    }

    fn simple_line(&mut self, body: &mut Vec<Stmt>) -> Parsed<()> {
        loop {
            let line = self.line();
            let kind = self.simple()?;
            body.push(Stmt { line: Line(line), kind });
            let more = self.eat(Sym::Semicolon);
            if self.peek() == Tok::Newline {
                self.advance();
                return Ok(());
            }
            if !more {
                return self.unexpected("the end of the line");
            }
        }
    }

    fn simple(&mut self) -> Parsed<StmtKind> {
        let Tok::Key(key) = self.peek() else { return self.expression_statement() };
        let line = self.line();
        match key {
            Key::Pass | Key::Break | Key::Continue => {
                self.advance();
                Ok(match key {
                    Key::Pass => StmtKind::Pass,
                    Key::Break => StmtKind::Break,
                    _ => StmtKind::Continue,
                })
            }
            Key::Return => {
                self.advance();
                let ends = matches!(self.peek(), Tok::Newline | Tok::Op(Sym::Semicolon));
                Ok(StmtKind::Return(if ends { None } else { Some(self.full_list()?) }))
            }
            Key::Raise => {
                self.advance();
                if matches!(self.peek(), Tok::Newline | Tok::Op(Sym::Semicolon)) {
                    return Ok(StmtKind::Raise { exception: None, cause: None });
                }
                let exception = Some(self.expression()?);
                let cause = if self.eat_key(Key::From) { Some(self.expression()?) } else { None };
                Ok(StmtKind::Raise { exception, cause })
            }
            Key::Del => {
                self.advance();
                let target = self.expression_list()?;
                Ok(StmtKind::Delete(targets::deleted(target)?))
            }
            Key::Assert => {
                self.advance();
                let test = self.expression()?;
                let message = if self.eat(Sym::Comma) { Some(self.expression()?) } else { None };
                Ok(StmtKind::Assert { test, message })
            }
            Key::Global | Key::Nonlocal => {
                self.advance();
                let mut names = vec![self.name()?];
                while self.eat(Sym::Comma) {
                    names.push(self.name()?);
                }
                Ok(if key == Key::Global { StmtKind::Global(names) } else { StmtKind::Nonlocal(names) })
            }
            Key::Import => {
                self.advance();
                let mut names = vec![self.dotted_alias()?];
                while self.eat(Sym::Comma) {
                    names.push(self.dotted_alias()?);
                }
                Ok(StmtKind::Import(names))
            }
            Key::From => self.import_from(),
            Key::Yield => Err(Rejected::outside(line, "`yield`")),
            Key::Await | Key::Async => Err(Rejected::outside(line, "`async`")),
            _ => self.expression_statement(),
        }
    }

    fn alias(&mut self) -> Parsed<(Name, Option<Name>)> {
        let name = self.name()?;
        let alias = if self.eat_key(Key::As) { Some(self.name()?) } else { None };
        Ok((name, alias))
    }

    fn dotted_alias(&mut self) -> Parsed<(Name, Option<Name>)> {
        let line = self.line();
        if matches!(self.peek(), Tok::Name(_)) && self.peek_second() == Tok::Op(Sym::Dot) {
            return Err(Rejected::outside(line, "submodules"));
        }
        self.alias()
    }

    fn import_from(&mut self) -> Parsed<StmtKind> {
        let line = self.line();
        self.advance();
        let module = match self.peek() {
            Tok::Name("__future__") => return Err(Rejected::outside(line, "`__future__`")),
            Tok::Op(Sym::Dot | Sym::Ellipsis) => return Err(Rejected::outside(line, "relative imports")),
            _ => self.name()?,
        };
        if self.peek() == Tok::Op(Sym::Dot) {
            return Err(Rejected::outside(line, "submodules"));
        }
        self.expect_key(Key::Import)?;
        if self.peek() == Tok::Op(Sym::Star) {
            return Err(Rejected::outside(line, "`import *`"));
        }
        let bracket = self.eat(Sym::LeftParen);
        let mut names = vec![self.alias()?];
        while self.eat(Sym::Comma) {
            if bracket && self.peek() == Tok::Op(Sym::RightParen) {
                break;
            }
            names.push(self.alias()?);
        }
        if bracket {
            self.expect(Sym::RightParen)?;
        }
        Ok(StmtKind::ImportFrom { module, names })
    }

    fn if_statement(&mut self) -> Parsed<StmtKind> {
        let mut branches = Vec::new();
        loop {
            self.advance();
            let test = self.expression()?;
            branches.push((test, self.block()?));
            if self.peek() != Tok::Key(Key::Elif) {
                break;
            }
        }
        Ok(StmtKind::If { branches, otherwise: self.optional_block(Key::Else)? })
    }

    fn for_statement(&mut self) -> Parsed<StmtKind> {
        self.advance();
        let target = self.for_target()?;
        self.expect_key(Key::In)?;
        let iterable = self.full_list()?;
        let body = self.block()?;
        Ok(StmtKind::For { target, iterable, body, otherwise: self.optional_block(Key::Else)? })
    }

    fn definition(&mut self) -> Parsed<StmtKind> {
        self.advance();
        let name = self.name()?;
        self.expect(Sym::LeftParen)?;
        let parameters = self.parameters(Sym::RightParen)?;
        self.expect(Sym::RightParen)?;
        let returns = if self.eat(Sym::Arrow) { Some(self.expression()?) } else { None };
        let body = self.block()?;
        Ok(StmtKind::Def(Box::new(FunctionDef { name, parameters, returns, body })))
    }

    /// Parameters up to `end`, which is `)` for a function and `:` for a lambda.
    fn parameters(&mut self, end: Sym) -> Parsed<Parameters> {
        let mut found = Parameters::default();
        let mut star = false;
        let mut names: Vec<Name> = Vec::new();
        while self.peek() != Tok::Op(end) {
            let line = self.line();
            match self.peek() {
                Tok::Op(Sym::DoubleStar) => return Err(Rejected::outside(line, "`**` parameters")),
                Tok::Op(Sym::Star) => {
                    self.advance();
                    if std::mem::replace(&mut star, true) {
                        return Err(Rejected::syntax(line, "a second `*` among the parameters"));
                    }
                    if matches!(self.peek(), Tok::Name(_)) {
                        found.rest = Some(self.parameter(end, false)?);
                    } else if self.peek() != Tok::Op(Sym::Comma)
                        || !matches!(self.peek_second(), Tok::Name(_))
                    {
                        return self.unexpected("a keyword parameter after `*`");
                    }
                }
                Tok::Op(Sym::Slash) => {
                    self.advance();
                    if star || found.positional.is_empty() || found.positional_only > 0 {
                        return Err(Rejected::syntax(line, "a misplaced `/` among the parameters"));
                    }
                    found.positional_only = found.positional.len();
                }
                _ if star => {
                    let parameter = self.parameter(end, true)?;
                    found.keyword_only.push(parameter);
                }
                _ => {
                    let parameter = self.parameter(end, true)?;
                    let bare = parameter.default.is_none();
                    if bare && found.positional.last().is_some_and(|last| last.default.is_some()) {
                        return Err(Rejected::syntax(line, "a parameter without default after one with"));
                    }
                    found.positional.push(parameter);
                }
            }
            if !self.eat(Sym::Comma) {
                break;
            }
        }
        let all = found.positional.iter().chain(&found.rest).chain(&found.keyword_only);
        for parameter in all {
            if names.contains(&parameter.name) {
                let message = format!("two parameters are named `{}`", parameter.name);
                return Err(Rejected::syntax(self.line(), message));
            }
            names.push(parameter.name.clone());
        }
        Ok(found)
    }

    fn parameter(&mut self, end: Sym, with_default: bool) -> Parsed<Parameter> {
        let name = self.name()?;
        let annotated = end == Sym::RightParen && self.eat(Sym::Colon);
        let annotation = if annotated { Some(self.expression()?) } else { None };
        let default = if with_default && self.eat(Sym::Assign) { Some(self.expression()?) } else { None };
        Ok(Parameter { name, annotation, default })
    }

    fn try_statement(&mut self) -> Parsed<StmtKind> {
        let start = self.line();
        self.advance();
        let body = self.block()?;
        let mut handlers: Vec<Handler> = Vec::new();
        while self.peek() == Tok::Key(Key::Except) {
            let line = self.line();
            if handlers.last().is_some_and(|last| last.class.is_none()) {
                return Err(Rejected::syntax(line, "a bare `except` must be the last one"));
            }
            self.advance();
            if self.peek() == Tok::Op(Sym::Star) {
                return Err(Rejected::outside(line, "exception groups"));
            }
            let (mut class, mut name) = (None, None);
            if self.peek() != Tok::Op(Sym::Colon) {
                class = Some(self.expression()?);
                name = if self.eat_key(Key::As) { Some(self.name()?) } else { None };
            }
            handlers.push(Handler { line: Line(line), class, name, body: self.block()? });
        }
        let otherwise = if handlers.is_empty() { Vec::new() } else { self.optional_block(Key::Else)? };
        let finally = self.optional_block(Key::Finally)?;
        if handlers.is_empty() && finally.is_empty() {
            return Err(Rejected::syntax(start, "`try` without `except` or `finally`"));
        }
        Ok(StmtKind::Try(Box::new(Try { body, handlers, otherwise, finally })))
    }

    /// An expression list that is a value: no star stands alone.
    fn full_list(&mut self) -> Parsed<Expr> {
        let value = self.expression_list()?;
        targets::no_bare_star(&value)?;
        Ok(value)
    }

    fn expression_statement(&mut self) -> Parsed<StmtKind> {
        if self.peek() == Tok::Op(Sym::Ellipsis) {
            self.advance();
            return Ok(StmtKind::Pass);
        }
        let parenthesised = self.peek() == Tok::Op(Sym::LeftParen);
        let first = self.expression_list()?;
        let line = self.line();
        if self.eat(Sym::Colon) {
            if !matches!(first.kind, ExprKind::Name(_) | ExprKind::Subscript { .. }) {
                return Err(Rejected::syntax(line, "only a name or a subscript can be annotated"));
            }
            if parenthesised && matches!(first.kind, ExprKind::Name(_)) {
                return Err(Rejected::outside(line, "an annotated name in brackets"));
            }
            let target = targets::assigned(first)?;
            let annotation = self.expression()?;
            let value = if self.eat(Sym::Assign) { Some(self.full_list()?) } else { None };
            return Ok(StmtKind::AnnAssign { target, annotation, value });
        }
        if let Some(op) = augmented(self.peek()) {
            self.advance();
            if !matches!(first.kind, ExprKind::Name(_) | ExprKind::Subscript { .. }) {
                return Err(targets::refuse(&first, "an augmented assignment"));
            }
            let target = targets::assigned(first)?;
            return Ok(StmtKind::AugAssign { target, op, value: self.full_list()? });
        }
        if self.peek() != Tok::Op(Sym::Assign) {
            targets::no_bare_star(&first)?;
            return Ok(StmtKind::Expr(first));
        }
        let mut targets = Vec::new();
        let mut value = first;
        while self.eat(Sym::Assign) {
            targets.push(targets::assigned(value)?);
            value = self.expression_list()?;
        }
        targets::no_bare_star(&value)?;
        Ok(StmtKind::Assign { targets, value })
    }
}

fn augmented(token: Tok<'_>) -> Option<BinaryOp> {
    let Tok::Op(symbol) = token else { return None };
    let operator = symbol.text().strip_suffix('=')?;
    BinaryOp::ALL.into_iter().find(|op| op.symbol() == operator)
}
