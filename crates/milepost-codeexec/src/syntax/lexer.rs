//! Text to tokens, with Python's rules for lines, indentation and literals.

use super::token::{Key, StrTok, Sym, Tok, Token};
use crate::{Reason, Rejected};

/// Blocks and brackets nested deeper than this are refused.
pub(crate) const MAX_NESTING: usize = 100;

pub(super) struct Lexer<'s> {
    text: &'s str,
    bytes: &'s [u8],
    at: usize,
    line: u32,
    /// Columns of the open blocks with tabs to 8 and with tabs to 1: both must agree, as in CPython.
    indents: Vec<(usize, usize)>,
    brackets: Vec<u8>,
    tokens: Vec<Token<'s>>,
}

/// The tokens of a program. Line ends must be `\n` already.
pub(super) fn program(text: &str) -> Result<Vec<Token<'_>>, Rejected> {
    let mut lexer = Lexer::new(text, 1);
    lexer.lines()?;
    Ok(lexer.tokens)
}

/// The tokens of an expression inside a formatted string: one line, whatever its line ends.
pub(super) fn expression(text: &str, line: u32) -> Result<Vec<Token<'_>>, Rejected> {
    let mut lexer = Lexer::new(text, line);
    lexer.brackets.push(0);
    lexer.rest_of_line()?;
    if lexer.brackets.len() != 1 {
        return Err(Rejected::syntax(line, "f-string: unbalanced brackets"));
    }
    lexer.push(Tok::End);
    Ok(lexer.tokens)
}

impl<'s> Lexer<'s> {
    fn new(text: &'s str, line: u32) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            line,
            indents: vec![(0, 0)],
            brackets: Vec::new(),
            tokens: Vec::with_capacity(text.len() / 3 + 4),
        }
    }

    fn push(&mut self, kind: Tok<'s>) {
        self.tokens.push(Token { line: self.line, kind });
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn syntax(&self, message: impl Into<String>) -> Rejected {
        Rejected::syntax(self.line, message)
    }

    fn lines(&mut self) -> Result<(), Rejected> {
        while self.at < self.bytes.len() {
            let columns = self.indentation();
            match self.peek(0) {
                _ if self.at >= self.bytes.len() => break,
                b'\n' => self.newline(),
                b'#' => self.comment(),
                _ => {
                    self.indent(columns)?;
                    self.rest_of_line()?;
                }
            }
        }
        if !self.brackets.is_empty() {
            return Err(self.syntax("a bracket is never closed"));
        }
        if self.tokens.last().is_some_and(|last| last.kind != Tok::Newline) {
            self.push(Tok::Newline);
        }
        for _ in 1..self.indents.len() {
            self.push(Tok::Dedent);
        }
        self.push(Tok::End);
        Ok(())
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line += 1;
    }

    fn comment(&mut self) {
        while self.at < self.bytes.len() && self.bytes[self.at] != b'\n' {
            self.at += 1;
        }
    }

    fn indentation(&mut self) -> (usize, usize) {
        let (mut wide, mut narrow) = (0, 0);
        loop {
            match self.peek(0) {
                b' ' => (wide, narrow) = (wide + 1, narrow + 1),
                b'\t' => (wide, narrow) = (wide / 8 * 8 + 8, narrow + 1),
                b'\x0c' => (wide, narrow) = (0, 0),
                _ => return (wide, narrow),
            }
            self.at += 1;
        }
    }

    fn indent(&mut self, columns: (usize, usize)) -> Result<(), Rejected> {
        let inconsistent = "tabs and spaces are mixed in the indentation";
        let top = self.indents[self.indents.len() - 1];
        if columns.0 == top.0 {
            return if columns.1 == top.1 { Ok(()) } else { Err(self.syntax(inconsistent)) };
        }
        if columns.0 > top.0 {
            if columns.1 <= top.1 {
                return Err(self.syntax(inconsistent));
            }
            if self.indents.len() >= MAX_NESTING {
                return Err(Rejected::at(self.line, Reason::Nesting(MAX_NESTING)));
            }
            self.indents.push(columns);
            self.push(Tok::Indent);
            return Ok(());
        }
        while self.indents[self.indents.len() - 1].0 > columns.0 {
            self.indents.pop();
            self.push(Tok::Dedent);
        }
        match self.indents[self.indents.len() - 1] {
            open if open == columns => Ok(()),
            open if open.0 == columns.0 => Err(self.syntax(inconsistent)),
            _ => Err(self.syntax("the indentation matches no open block")),
        }
    }

    /// Tokens to the end of the logical line.
    fn rest_of_line(&mut self) -> Result<(), Rejected> {
        while self.at < self.bytes.len() {
            match self.bytes[self.at] {
                b' ' | b'\t' | b'\x0c' => self.at += 1,
                b'#' => self.comment(),
                b'\n' if self.brackets.is_empty() => {
                    self.push(Tok::Newline);
                    self.newline();
                    return Ok(());
                }
                b'\n' => self.newline(),
                b'\\' => {
                    if self.peek(1) != b'\n' {
                        return Err(self.syntax("something follows a line continuation"));
                    }
                    self.at += 1;
                    self.newline();
                    if self.at >= self.bytes.len() {
                        return Err(self.syntax("the program ends in a line continuation"));
                    }
                }
                b'0'..=b'9' => self.number()?,
                b'.' if self.peek(1).is_ascii_digit() => self.number()?,
                b'\'' | b'"' => self.string(self.at)?,
                b'_' | b'a'..=b'z' | b'A'..=b'Z' => self.word()?,
                other if !other.is_ascii() => {
                    let found = self.text[self.at..].chars().next().unwrap_or(' ');
                    return Err(self.syntax(format!("{found:?} outside a string: names are ASCII")));
                }
                _ => self.symbol()?,
            }
        }
        Ok(())
    }

    fn word(&mut self) -> Result<(), Rejected> {
        let start = self.at;
        while matches!(self.peek(0), b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9') {
            self.at += 1;
        }
        let word = &self.text[start..self.at];
        if matches!(self.peek(0), b'\'' | b'"') && word.len() <= 2 {
            return self.string(start);
        }
        if !self.peek(0).is_ascii() {
            return Err(self.syntax("names are ASCII"));
        }
        self.push(Key::parse(word).map_or(Tok::Name(word), Tok::Key));
        Ok(())
    }

    fn digits(&mut self, accept: impl Fn(u8) -> bool) -> Result<(), Rejected> {
        let mut previous = b'_';
        loop {
            let byte = self.peek(0);
            if byte == b'_' && previous == b'_' || byte != b'_' && !accept(byte) {
                break;
            }
            previous = byte;
            self.at += 1;
        }
        if previous == b'_' { Err(self.syntax("a number lacks digits")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<(), Rejected> {
        let start = self.at;
        let radix = match (self.peek(0), self.peek(1) | 0x20) {
            (b'0', b'x') => 16,
            (b'0', b'o') => 8,
            (b'0', b'b') => 2,
            _ => 10,
        };
        if radix != 10 {
            self.at += 2;
            if self.peek(0) == b'_' {
                self.at += 1;
            }
            self.digits(|b| char::from(b).is_digit(radix))?;
            let text = &self.text[start..self.at];
            self.after_number()?;
            self.push(Tok::Int(text));
            return Ok(());
        }
        let mut float = false;
        if self.peek(0) != b'.' {
            self.digits(|b| b.is_ascii_digit())?;
        }
        if self.peek(0) == b'.' {
            float = true;
            self.at += 1;
            if self.peek(0).is_ascii_digit() {
                self.digits(|b| b.is_ascii_digit())?;
            }
        }
        if self.peek(0) | 0x20 == b'e' {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                float = true;
                self.at += 1 + sign;
                self.digits(|b| b.is_ascii_digit())?;
            }
        }
        let text = &self.text[start..self.at];
        if self.peek(0) | 0x20 == b'j' {
            return Err(Rejected::outside(self.line, "complex numbers"));
        }
        self.after_number()?;
        if float {
            let value = text.replace('_', "").parse().map_err(|_| self.syntax("a malformed float"))?;
            self.push(Tok::Float(value));
        } else {
            let leading_zero = text.starts_with('0') && text.bytes().any(|b| b != b'0' && b != b'_');
            if leading_zero {
                return Err(self.syntax("a decimal number begins with 0"));
            }
            self.push(Tok::Int(text));
        }
        Ok(())
    }

    /// After a number only these keywords may follow without a space, as CPython has it.
    fn after_number(&self) -> Result<(), Rejected> {
        let rest = &self.text[self.at..];
        let name = |b: u8| b == b'_' || b.is_ascii_alphanumeric() || !b.is_ascii();
        if !rest.bytes().next().is_some_and(name) {
            return Ok(());
        }
        let end = rest.bytes().position(|b| !name(b)).unwrap_or(rest.len());
        if matches!(&rest[..end], "and" | "else" | "for" | "if" | "in" | "is" | "not" | "or") {
            return Ok(());
        }
        Err(self.syntax("a malformed number"))
    }

    fn string(&mut self, start: usize) -> Result<(), Rejected> {
        let line = self.line;
        let (mut raw, mut bytes, mut format, mut unicode) = (false, false, false, false);
        for letter in self.text[start..self.at].bytes() {
            let flag = match letter | 0x20 {
                b'r' => &mut raw,
                b'b' => &mut bytes,
                b'f' => &mut format,
                b'u' => &mut unicode,
                _ => return Err(self.syntax("an unknown string prefix")),
            };
            if std::mem::replace(flag, true) {
                return Err(self.syntax("an unknown string prefix"));
            }
        }
        if bytes && format || unicode && (raw || bytes || format) {
            return Err(self.syntax("an unknown string prefix"));
        }
        let quote = self.peek(0);
        let triple = self.peek(1) == quote && self.peek(2) == quote;
        self.at += if triple { 3 } else { 1 };
        let body = self.at;
        let end = loop {
            match self.bytes.get(self.at) {
                None => return Err(Rejected::syntax(line, "a string is never closed")),
                Some(b'\n') if !triple => {
                    return Err(Rejected::syntax(line, "a string is not closed on its line"));
                }
                Some(b'\n') => self.newline(),
                Some(b'\\') => {
                    self.at += 1;
                    match self.bytes.get(self.at) {
                        Some(b'\n') => self.newline(),
                        Some(_) => self.at += 1,
                        None => {}
                    }
                }
                Some(&b) if b == quote && !triple => {
                    self.at += 1;
                    break self.at - 1;
                }
                Some(&b) if b == quote && self.peek(1) == quote && self.peek(2) == quote => {
                    self.at += 3;
                    break self.at - 3;
                }
                Some(_) => self.at += 1,
            }
        };
        let token = StrTok { raw, bytes, format, body: &self.text[body..end] };
        self.tokens.push(Token { line, kind: Tok::Str(token) });
        Ok(())
    }

    fn symbol(&mut self) -> Result<(), Rejected> {
        let found = (1..=3).rev().find_map(|length| {
            let text = self.text.get(self.at..self.at + length)?;
            Sym::parse(text)
        });
        let Some(symbol) = found else {
            return Err(self.syntax(format!("{:?} means nothing here", char::from(self.peek(0)))));
        };
        match symbol {
            Sym::LeftParen | Sym::LeftBracket | Sym::LeftBrace => {
                if self.brackets.len() >= MAX_NESTING {
                    return Err(Rejected::at(self.line, Reason::Nesting(MAX_NESTING)));
                }
                self.brackets.push(self.peek(0));
            }
            Sym::RightParen | Sym::RightBracket | Sym::RightBrace => {
                let opened = match symbol {
                    Sym::RightParen => b'(',
                    Sym::RightBracket => b'[',
                    _ => b'{',
                };
                if self.brackets.pop() != Some(opened) {
                    return Err(self.syntax(format!("unmatched `{}`", symbol.text())));
                }
            }
            _ => {}
        }
        self.push(Tok::Op(symbol));
        self.at += symbol.text().len();
        Ok(())
    }
}
