//! MiniPy over finitely many tokens, for policies that write it token by token: what may follow a prefix.
//!
//! The grammar is data (`minipy.grammar`, beside this file): productions that look one token ahead, over keywords,
//! operators, 18 names, the built-ins and methods of everyday, digits and seven texts. It is smaller than MiniPy: no
//! imports, formatted strings, floats, annotations, stars but in calls, chained assignments, statements that compute
//! a value and drop it.
//!
//! Nothing is masked unless a sampler asks: [`Grammar::next`] is for a sampler that wants to be held to programs, whose
//! log-probabilities are then those of the masked distribution.
//!
//! ```
//! use milepost_codeexec::grammar::{Grammar, Token, spell};
//!
//! let grammar = Grammar::Function;
//! let mut program: Vec<Token> = Vec::new();
//! // The last token allowed, as long as there is one, within 24 tokens.
//! while let Some(token) = grammar.next(&program, 24).tokens.last() {
//!     program.push(*token);
//! }
//! assert!(program.len() <= 24);
//! assert!(milepost_codeexec::syntax::parse(&spell(&program)).is_ok());
//! ```

mod reader;
mod rules;
#[cfg(test)]
mod tests;
mod text;
mod token;

pub use reader::Reader;
pub use text::spell;
pub use token::Token;

use crate::{Next, Rejected};

/// The most tokens of a program: it is within [`crate::MAX_SOURCE_BYTES`] then.
pub const MAX_TOKENS: usize = 1024;

/// The most levels of blocks, brackets, signs and chained calls: MiniPy's own bound on nesting, 100, is out of reach then.
pub const MAX_LEVELS: usize = 24;

/// Which programs are written under a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grammar {
    /// Any statements, one at least.
    Module,
    /// The definition of one function [`Grammar::ENTRY`], so that there is something to call.
    #[default]
    Function,
}

/// Why a program has no tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Untokenised {
    /// Its printing is no program: its tree has been put together by hand.
    #[error(transparent)]
    Refused(Rejected),
    /// Something is no token, or not where the grammar has it.
    #[error("line {line} of the printed program: `{text}` is outside the grammar")]
    Outside {
        /// The line of the canonical printing.
        line: u32,
        /// What stands there.
        text: String,
    },
    /// More names than there are tokens for.
    #[error("line {line} of the printed program: no token is left for the name `{name}`")]
    TooManyNames {
        /// The line of the canonical printing.
        line: u32,
        /// The first name that has none.
        name: String,
    },
    /// The grammar wants something after its end, or there is nothing at all.
    #[error("the program ends before the grammar lets it")]
    Unfinished,
}

impl Grammar {
    /// The function's name under [`Grammar::Function`].
    pub const ENTRY: &'static str = "f";

    fn rule(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Function => "function",
        }
    }

    /// The fewest tokens of a program.
    #[must_use]
    pub fn shortest(self) -> usize {
        self.reader(MAX_TOKENS).owed()
    }

    /// Reads a program of at most `limit` tokens ([`MAX_TOKENS`] where that is less), token by token.
    #[must_use]
    pub fn reader(self, limit: usize) -> Reader {
        Reader::new(self, limit)
    }

    /// What may follow `prefix` so that a program of at most `limit` tokens ([`MAX_TOKENS`] where that is less) can still
    /// come of it: `|prefix| + 1 + owed ≤ limit`, with the fewest tokens that are owed after each. Nothing where `prefix` itself is
    /// none of the grammar's.
    ///
    /// Reads the whole prefix; a sampler that goes on from token to token keeps a [`Reader`].
    #[must_use]
    pub fn next(self, prefix: &[Token], limit: usize) -> Next<Token> {
        let mut reader = self.reader(limit);
        if prefix.iter().all(|token| reader.push(*token)) { reader.next() } else { Next::default() }
    }
}

/// The names that are tokens, in order.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    Token::of(token::Class::Name).map(Token::text)
}
