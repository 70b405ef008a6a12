//! Plain values: what goes into a program and what comes out.

/// Data of exactly Python's built-in types, acyclic.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
    /// `None`
    None,
    /// `bool`
    Bool(bool),
    /// `int` within 64 bits
    Int(i64),
    /// `int` beyond: sign and magnitude, least significant byte first
    BigInt {
        /// Whether it is below zero.
        negative: bool,
        /// Its magnitude.
        magnitude: Vec<u8>,
    },
    /// `float`
    Float(f64),
    /// `str`
    Str(String),
    /// `bytes`
    Bytes(Vec<u8>),
    /// `list`
    List(Vec<Plain>),
    /// `tuple`
    Tuple(Vec<Plain>),
    /// `dict`, in the order of insertion
    Dict(Vec<(Plain, Plain)>),
    /// `set`, in any order
    Set(Vec<Plain>),
    /// `frozenset`, in any order
    FrozenSet(Vec<Plain>),
}
