use std::fmt;

use super::parse::Reader;
use super::{MAX_TOKENS, Op, ParseError, ParseFault, Token, Type};

/// A pipeline: at least one operation, at most [`MAX_TOKENS`] tokens.
///
/// It need not be well typed: [`Pipeline::check`] tells.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pipeline {
    ops: Vec<Op>,
}

/// An operation gets what it does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("token {at}: the operation takes {expected:?} but gets {found:?}")]
pub struct TypeFault {
    /// The operation, counted from 0.
    pub op: usize,
    /// Its token, counted from 0.
    pub at: usize,
    /// What it takes.
    pub expected: Type,
    /// What it gets.
    pub found: Type,
}

impl Pipeline {
    /// A pipeline of these operations; `None` if there is none, or if they make more than [`MAX_TOKENS`] tokens.
    #[must_use]
    pub fn new(ops: Vec<Op>) -> Option<Self> {
        let pipeline = Self { ops };
        (!pipeline.ops.is_empty() && pipeline.len() <= MAX_TOKENS).then_some(pipeline)
    }

    pub(super) fn from_read(ops: Vec<Op>) -> Self {
        Self { ops }
    }

    /// Reads tokens.
    pub fn parse(tokens: &[Token]) -> Result<Self, ParseError> {
        let mut reader = Reader::new();
        for token in tokens {
            reader.push(*token)?;
        }
        reader.finish()
    }

    /// Reads a text of words set apart by white space, such as `evens | add 3 | sum`.
    pub fn read(text: &str) -> Result<Self, ParseError> {
        let tokens = Token::read(text).map_err(|word| {
            let before = text.split_whitespace().take_while(|other| *other != word);
            let at = before.map(|word| Token::read(word).map_or(0, |tokens| tokens.len())).sum();
            ParseError { at, fault: ParseFault::Foreign }
        })?;
        Self::parse(&tokens)
    }

    /// The operations, in order.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Number of tokens.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a pipeline is never empty")]
    pub fn len(&self) -> usize {
        self.ops.iter().map(|op| op.tokens() + 1).sum::<usize>().saturating_sub(1)
    }

    /// The tokens; reading them gives the same pipeline.
    #[must_use]
    pub fn tokens(&self) -> Vec<Token> {
        let mut tokens = Vec::with_capacity(MAX_TOKENS);
        for (index, op) in self.ops.iter().enumerate() {
            if index > 0 {
                tokens.push(Token::Bar);
            }
            tokens.push(Token::Op(op.kind()));
            if op.kind().takes_constant() {
                let (tens, units) = ((op.constant() / 10) as u8, (op.constant() % 10) as u8);
                tokens.extend((tens > 0).then_some(Token::Digit(tens)));
                tokens.push(Token::Digit(units));
            }
        }
        tokens
    }

    /// The token at which an operation is named.
    #[must_use]
    pub fn token_of(&self, op: usize) -> usize {
        self.ops.iter().take(op).map(|op| op.tokens() + 1).sum()
    }

    /// What it gives for a list, or the first operation that gets what it does not take.
    pub fn check(&self) -> Result<Type, TypeFault> {
        let mut found = Type::List;
        for (index, op) in self.ops.iter().enumerate() {
            let expected = op.kind().input();
            if found != expected {
                return Err(TypeFault { op: index, at: self.token_of(index), expected, found });
            }
            found = op.kind().output();
        }
        Ok(found)
    }
}

/// As [`Pipeline::read`] reads it.
impl fmt::Display for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, op) in self.ops.iter().enumerate() {
            if index > 0 {
                f.write_str(" | ")?;
            }
            op.fmt(f)?;
        }
        Ok(())
    }
}
