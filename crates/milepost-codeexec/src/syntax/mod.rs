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
