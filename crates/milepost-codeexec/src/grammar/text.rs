//! Between tokens and texts.

use std::fmt::Write;

use super::{Grammar, Token, Untokenised};
use crate::grammar::token::Class;
use crate::syntax::{self, Lexeme};

/// The text that the tokens spell: four spaces a block, one between tokens, none between digits. It parses
/// where they are a program of the grammar; [`syntax::print`] of what was parsed reads better.
#[must_use]
pub fn spell(tokens: &[Token]) -> String {
    let (mut text, mut level, mut before) = (String::new(), 0usize, Class::Newline);
    for token in tokens {
        match token.class() {
            Class::Newline => text.push('\n'),
            Class::Indent => level += 1,
            Class::Dedent => level = level.saturating_sub(1),
            class => {
                let space = match (before, class) {
                    (Class::Newline | Class::Indent | Class::Dedent, _) => 4 * level,
                    (Class::Digit, Class::Digit) => 0,
                    _ => 1,
                };
                // Writing to a string does not fail.
                let _ = write!(text, "{:space$}{token}", "");
            }
        }
        before = token.class();
    }
    text
}

impl Grammar {
    /// The tokens of a program, as its canonical printing has them.
    ///
    /// Names that are not tokens become free ones, in the order in which they come, the same name the same token
    /// throughout: the program computes the same. The name of [`Grammar::ENTRY`] has to be its own under
    /// [`Grammar::Function`].
    pub fn tokens(self, program: &syntax::ast::Module) -> Result<Vec<Token>, Untokenised> {
        let text = syntax::print(program);
        let pieces = pieces(&text)?;
        let mut names = Names::new(&pieces);
        let mut reader = self.reader(super::MAX_TOKENS);
        let mut tokens = Vec::with_capacity(pieces.len());
        let mut left = pieces.as_slice();
        while let Some((piece, rest)) = left.split_first() {
            let assigned = rest.first().is_some_and(|next| next.text == "=");
            let keyword = Token::named(&format!("{}=", piece.text)).filter(|_| assigned);
            if let Some(keyword) = keyword.filter(|keyword| reader.push(*keyword)) {
                tokens.push(keyword);
                left = &rest[1..];
                continue;
            }
            let token = names.token(piece)?;
            if !reader.push(token) {
                return Err(piece.outside());
            }
            tokens.push(token);
            left = rest;
        }
        if reader.next().end { Ok(tokens) } else { Err(Untokenised::Unfinished) }
    }
}

/// What may become a token.
struct Piece {
    line: u32,
    text: String,
    /// Whether it is an identifier that stands for a value.
    name: bool,
}

impl Piece {
    fn outside(&self) -> Untokenised {
        Untokenised::Outside { line: self.line, text: self.text.clone() }
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, Untokenised> {
    let mut found: Vec<Piece> = Vec::new();
    for (line, lexeme) in syntax::lexemes(text).map_err(Untokenised::Refused)? {
        let (text, name) = match lexeme {
            Lexeme::Integer(digits) => {
                found.extend(digits.chars().map(|digit| Piece {
                    line,
                    text: digit.to_string(),
                    name: false,
                }));
                continue;
            }
            Lexeme::Name(name) => (name.to_owned(), true),
            Lexeme::Other(other) => (other, false),
        };
        match found.last_mut() {
            Some(last) if last.text == "." => last.text.push_str(&text),
            Some(last) if last.text == "not" && text == "in" => last.text.push_str(" in"),
            Some(last) if last.text == "is" && text == "not" => last.text.push_str(" not"),
            _ => found.push(Piece { line, text, name }),
        }
    }
    Ok(found)
}

/// Gives names that are no tokens those of the grammar that the program does not use.
struct Names {
    free: Vec<Token>,
    given: Vec<(String, Token)>,
}

impl Names {
    fn new(pieces: &[Piece]) -> Self {
        let used = |token: &Token| pieces.iter().any(|piece| piece.text == token.text());
        let mut free: Vec<Token> = Token::of(Class::Name).filter(|token| !used(token)).collect();
        free.reverse();
        Self { free, given: Vec::new() }
    }

    fn token(&mut self, piece: &Piece) -> Result<Token, Untokenised> {
        let known = self.given.iter().find(|(name, _)| *name == piece.text).map(|(_, token)| *token);
        if let Some(token) = known.or_else(|| Token::named(&piece.text)) {
            return Ok(token);
        }
        if !piece.name {
            return Err(piece.outside());
        }
        let none_left = || Untokenised::TooManyNames { line: piece.line, name: piece.text.clone() };
        let token = self.free.pop().ok_or_else(none_left)?;
        self.given.push((piece.text.clone(), token));
        Ok(token)
    }
}
