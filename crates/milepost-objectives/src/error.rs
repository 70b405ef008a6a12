//! What can be wrong with a batch or with the parameters of an objective.

use milepost_credit::CreditError;

/// Why an objective refused. Every variant names the offending thing and the remedy.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// There is nothing to average.
    #[error("`{what}` is empty; pass at least one entry")]
    Empty {
        /// The argument.
        what: &'static str,
    },
    /// Two arguments that describe the same entries differ in length.
    #[error("`{what}` has {found} entries where {expected} are needed; pass one entry per position")]
    LengthMismatch {
        /// The argument.
        what: &'static str,
        /// Length that the other arguments ask for.
        expected: usize,
        /// Length that was passed.
        found: usize,
    },
    /// A number at a position that counts is NaN or infinite.
    #[error("`{what}[{index}]` (row {row}) is {value}; drop that row before it reaches the loss")]
    NotFinite {
        /// The argument, or the result that overflowed.
        what: &'static str,
        /// Its row; the entry itself for an argument with one number per row.
        row: usize,
        /// Index of the entry in the flat argument.
        index: usize,
        /// That entry.
        value: f64,
    },
    /// No position of the batch was produced by the policy.
    #[error(
        "no position is marked as the policy's own; a loss over nothing is undefined, so skip this batch"
    )]
    NoPolicyToken,
    /// A sequence that must have tokens has none.
    #[error("row {row} of `{what}` has no policy token; drop the pair")]
    EmptyRow {
        /// The argument.
        what: &'static str,
        /// The row.
        row: usize,
    },
    /// The objective needs an argument that was not passed.
    #[error("`{objective}` needs `{what}`; pass it with the batch or choose an objective without it")]
    Missing {
        /// What asks for it.
        objective: &'static str,
        /// The argument.
        what: &'static str,
    },
    /// A parameter lies outside its domain.
    #[error("`{name}` is {value}; it must be {allowed}")]
    InvalidParameter {
        /// The parameter.
        name: &'static str,
        /// What was passed.
        value: f64,
        /// Its domain in words.
        allowed: &'static str,
    },
    /// A row of a ranking is no ordering of its items.
    #[error("row {row} of `ranking` is no ordering of 0..{items}; name every item once, best first")]
    NotARanking {
        /// The row.
        row: usize,
        /// Items per row.
        items: usize,
    },
    /// An index points outside what it indexes.
    #[error("`{what}[{position}]` is {index}, but there are only {len} entries")]
    IndexOutOfRange {
        /// The argument.
        what: &'static str,
        /// Where the index stands.
        position: usize,
        /// The index.
        index: usize,
        /// Number of entries.
        len: usize,
    },
    /// The weights of the tokens could not be formed.
    #[error(transparent)]
    Aggregation(#[from] CreditError),
}
