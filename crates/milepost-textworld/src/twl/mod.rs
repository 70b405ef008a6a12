//! The .twl text in which a knowledge base is written, and which game files embed.
//!
//! ```text
//! type c : t {
//!     predicates { open(c); closed(c); in(o, c); }
//!     rules {
//!         open/c  :: $at(P, r) & $at(c, r) & closed(c) -> open(c);
//!         close/c :: $at(P, r) & $at(c, r) & open(c) -> closed(c);
//!     }
//!     reverse_rules { open/c :: close/c; }
//!     constraints { c1 :: open(c) & closed(c) -> fail(); }
//!     inform7 { commands { open/c :: "open {c}" :: "opening the {c}"; } }
//! }
//! ```
//!
//! Comments go from `#` to the end of the line. `$p` on the left also carries p over to the right. What
//! stands under `inform7` concerns text; only the commands are kept.

mod cursor;
mod parser;

use crate::logic::{Declarations, KnowledgeBase, LogicError};

/// Text that is not .twl.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column} of the .twl text: expected {expected}, found {found}")]
pub struct SyntaxError {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What could have stood there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

/// A .twl text that gives no knowledge base.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KnowledgeError {
    /// It cannot be read.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// What it says contradicts itself.
    #[error(transparent)]
    Logic(#[from] LogicError),
}

/// Reads what a .twl text declares, unchecked.
pub fn parse(text: &str) -> Result<Declarations, SyntaxError> {
    parser::document(text)
}

impl KnowledgeBase {
    /// The knowledge base that a .twl text describes.
    pub fn parse(text: &str) -> Result<Self, KnowledgeError> {
        Ok(parse(text)?.build(text.to_owned())?)
    }
}
