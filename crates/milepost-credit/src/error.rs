//! What can be wrong with the arguments of a credit rule.

/// Why a credit rule refused its arguments. Every variant names the argument and the remedy.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CreditError {
    /// There is nothing to work on.
    #[error("`{what}` is empty; leave empty trajectories and groups out before assigning credit")]
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
    /// A number is NaN or infinite.
    #[error("`{what}[{index}]` is {value}; reject the trajectory that produced it")]
    NotFinite {
        /// The argument.
        what: &'static str,
        /// Its first bad entry.
        index: usize,
        /// That entry.
        value: f64,
    },
    /// Finite arguments have no finite result.
    #[error("`{what}[{index}]` overflows: the arguments are finite but too large; scale the rewards down")]
    Overflow {
        /// The result.
        what: &'static str,
        /// Its first entry that is not finite.
        index: usize,
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
    /// A statistic needs more entries than there are.
    #[error("`{what}` needs at least {needed} entries, found {found}; draw more samples or drop the pool")]
    TooFew {
        /// What was to be computed.
        what: &'static str,
        /// Entries needed.
        needed: usize,
        /// Entries found.
        found: usize,
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
}
