//! Formatted strings, by the rules of Python 3.11: no backslash and no comment inside a field.

use super::ast::{Conversion, FPart};
use super::parser::Parser;
use super::{lexer, literal};
use crate::Rejected;

/// The parts of a formatted string's body. `depth` counts nesting across sub-expressions.
pub(super) fn parts(body: &str, raw: bool, line: u32, depth: usize) -> Result<Vec<FPart>, Rejected> {
    let mut scanner = Scanner { body, at: 0, raw, line, depth };
    let parts = scanner.parts(0)?;
    if scanner.at < body.len() {
        return Err(scanner.error("single `}` is not allowed"));
    }
    Ok(parts)
}

struct Scanner<'s> {
    body: &'s str,
    at: usize,
    raw: bool,
    line: u32,
    depth: usize,
}

impl Scanner<'_> {
    fn error(&self, message: &str) -> Rejected {
        Rejected::syntax(self.line, format!("f-string: {message}"))
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.body.as_bytes().get(self.at + ahead).copied()
    }

    /// Parts up to the end, or in a format specification up to its `}`.
    fn parts(&mut self, nesting: usize) -> Result<Vec<FPart>, Rejected> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut start = self.at;
        loop {
            let byte = self.peek(0);
            let flush = |text: &mut String, end: usize| -> Result<(), Rejected> {
                text.push_str(&literal::unescape(&self.body[start..end], self.raw, self.line)?);
                Ok(())
            };
            match byte {
                None => {
                    flush(&mut text, self.at)?;
                    break;
                }
                Some(b'{') if nesting == 0 && self.peek(1) == Some(b'{') => {
                    flush(&mut text, self.at + 1)?;
                    self.at += 2;
                    start = self.at;
                }
                Some(b'}') if nesting > 0 => {
                    flush(&mut text, self.at)?;
                    break;
                }
                Some(b'}') => {
                    if self.peek(1) != Some(b'}') {
                        return Err(self.error("single `}` is not allowed"));
                    }
                    flush(&mut text, self.at + 1)?;
                    self.at += 2;
                    start = self.at;
                }
                Some(b'{') => {
                    if nesting >= 2 {
                        return Err(self.error("fields are nested too deeply"));
                    }
                    flush(&mut text, self.at)?;
                    self.at += 1;
                    self.field(nesting, &mut text, &mut parts)?;
                    start = self.at;
                }
                Some(b'\\') if !self.raw => {
                    if self.body[self.at..].starts_with("\\N") {
                        return Err(Rejected::outside(self.line, "named characters (`\\N{…}`)"));
                    }
                    // An escaped brace is still a brace.
                    self.at += if matches!(self.peek(1), Some(b'{' | b'}') | None) { 1 } else { 2 };
                    while !self.body.is_char_boundary(self.at) {
                        self.at += 1;
                    }
                }
                Some(_) => self.at += 1,
            }
        }
        if !text.is_empty() {
            parts.push(FPart::Text(text.into()));
        }
        Ok(parts)
    }

    fn field(&mut self, nesting: usize, text: &mut String, parts: &mut Vec<FPart>) -> Result<(), Rejected> {
        let start = self.at;
        self.skip_expression()?;
        let source = &self.body[start..self.at];
        if source.trim_matches([' ', '\t', '\n', '\x0c']).is_empty() {
            return Err(self.error("an empty expression"));
        }
        if source.contains('\\') || source.contains('#') {
            return Err(self.error("an expression with a backslash or a comment"));
        }
        let line = self.line + self.body[..start].matches('\n').count() as u32;
        let tokens = lexer::expression(source, line)?;
        let value = Parser::nested(tokens, self.depth + 1).only_expression()?;
        let mut conversion = Conversion::None;
        let mut debug = false;
        if self.peek(0) == Some(b'=') {
            self.at += 1;
            while matches!(self.peek(0), Some(b' ' | b'\t' | b'\n' | b'\x0c')) {
                self.at += 1;
            }
            text.push_str(&self.body[start..self.at]);
            debug = true;
        }
        if self.peek(0) == Some(b'!') {
            conversion = match self.peek(1) {
                Some(b's') => Conversion::Str,
                Some(b'r') => Conversion::Repr,
                Some(b'a') => Conversion::Ascii,
                _ => return Err(self.error("an unknown conversion")),
            };
            self.at += 2;
        }
        let mut spec = Vec::new();
        if self.peek(0) == Some(b':') {
            self.at += 1;
            spec = self.parts(nesting + 1)?;
        } else if debug && conversion == Conversion::None {
            conversion = Conversion::Repr;
        }
        if self.peek(0) != Some(b'}') {
            return Err(self.error("expecting `}`"));
        }
        self.at += 1;
        if !text.is_empty() {
            parts.push(FPart::Text(std::mem::take(text).into()));
        }
        parts.push(FPart::Field { value, conversion, spec });
        Ok(())
    }

    /// Moves to the `=`, `!`, `:` or `}` that ends the expression.
    fn skip_expression(&mut self) -> Result<(), Rejected> {
        let mut open = Vec::new();
        let mut quote: Option<(u8, bool)> = None;
        while let Some(byte) = self.peek(0) {
            if let Some((mark, triple)) = quote {
                if byte == mark && (!triple || self.peek(1) == Some(mark) && self.peek(2) == Some(mark)) {
                    self.at += if triple { 3 } else { 1 };
                    quote = None;
                } else {
                    self.at += 1;
                }
                continue;
            }
            match byte {
                b'\'' | b'"' => {
                    let triple = self.peek(1) == Some(byte) && self.peek(2) == Some(byte);
                    quote = Some((byte, triple));
                    self.at += if triple { 2 } else { 0 };
                }
                b'(' | b'[' | b'{' => open.push(byte),
                b')' | b']' | b'}' if !open.is_empty() => {
                    open.pop();
                }
                b'}' | b':' if open.is_empty() => return Ok(()),
                b'!' if open.is_empty() && self.peek(1) != Some(b'=') => return Ok(()),
                b'=' if open.is_empty() => {
                    let before = self.body.as_bytes()[self.at - 1];
                    if self.peek(1) == Some(b'=') {
                        self.at += 1;
                    } else if !matches!(before, b'!' | b'<' | b'>') {
                        return Ok(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        Err(self.error("expecting `}`"))
    }
}
