//! The syntax of MiniPy: tokens, tree, parser, printer.

pub mod ast;
mod fstring;
mod lexer;
mod literal;
mod parser;
mod printer;
mod token;

pub use printer::print;

use std::borrow::Cow;

use crate::Rejected;
use token::Tok;

/// Parses a program. Every accepted text is valid Python 3.11; what is Python but outside MiniPy is
/// refused with its line, as is nesting deeper than 100.
pub fn parse(text: &str) -> Result<ast::Module, Rejected> {
    let text = unified_line_ends(text);
    parser::Parser::new(lexer::program(&text)?).module()
}

/// Parses one expression, such as the literal of a test's arguments.
pub fn parse_expression(text: &str) -> Result<ast::Expr, Rejected> {
    let text = unified_line_ends(text);
    parser::Parser::new(lexer::expression(text.trim(), 1)?).only_expression()
}

fn unified_line_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A token for those who count and spell tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lexeme<'s> {
    /// An identifier.
    Name(&'s str),
    /// An integer, as it is written.
    Integer(&'s str),
    /// Anything else: its text, and `NEWLINE`, `INDENT`, `DEDENT`.
    Other(String),
}

/// The tokens of a program with their lines, less the end of the program.
pub(crate) fn lexemes(text: &str) -> Result<Vec<(u32, Lexeme<'_>)>, Rejected> {
    let tokens = lexer::program(text)?;
    let lexeme = |kind| match kind {
        Tok::Name(name) => Some(Lexeme::Name(name)),
        Tok::Int(digits) => Some(Lexeme::Integer(digits)),
        Tok::Key(key) => Some(Lexeme::Other(key.text().to_owned())),
        Tok::Op(symbol) => Some(Lexeme::Other(symbol.text().to_owned())),
        Tok::Float(value) => Some(Lexeme::Other(crate::number::float_repr(value))),
        Tok::Str(literal) => Some(Lexeme::Other(literal.text())),
        Tok::Newline => Some(Lexeme::Other("NEWLINE".to_owned())),
        Tok::Indent => Some(Lexeme::Other("INDENT".to_owned())),
        Tok::Dedent => Some(Lexeme::Other("DEDENT".to_owned())),
        Tok::End => None,
    };
    Ok(tokens.iter().filter_map(|token| Some((token.line, lexeme(token.kind)?))).collect())
}
