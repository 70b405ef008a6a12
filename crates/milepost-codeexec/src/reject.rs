//! Why a program is refused.

/// A program, or an operation that it reached, that MiniPy does not take.
///
/// This is a result about the program, never an error of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", line.map_or(String::new(), |line| format!("line {line}: ")))]
pub struct Rejected {
    /// Why.
    pub reason: Reason,
    /// Where, counted from 1, if there is a place.
    pub line: Option<u32>,
}

/// Why a program is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The source is longer than the limit.
    #[error("the source has {bytes} bytes, more than the {limit} that are read")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The most that are read.
        limit: usize,
    },
    /// The source is not UTF-8.
    #[error("the source is not valid UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// The source has a NUL.
    #[error("the source has a NUL at byte {0}")]
    Nul(usize),
    /// Not a program of Python, or of no Python that MiniPy reads.
    #[error("syntax: {0}")]
    Syntax(String),
    /// Nested deeper than is read.
    #[error("nested more than {0} deep")]
    Nesting(usize),
    /// Python, but outside MiniPy.
    #[error("outside MiniPy: {0}")]
    Outside(String),
    /// Longer than the tables of the bytecode hold.
    #[error("the program is too large: {0}")]
    TooLarge(&'static str),
}

impl Rejected {
    pub(crate) fn at(line: u32, reason: Reason) -> Self {
        Self { reason, line: Some(line) }
    }

    pub(crate) fn syntax(line: u32, message: impl Into<String>) -> Self {
        Self::at(line, Reason::Syntax(message.into()))
    }

    pub(crate) fn outside(line: u32, what: impl Into<String>) -> Self {
        Self::at(line, Reason::Outside(what.into()))
    }
}
