/// What may follow a prefix of tokens `T` under a grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next<T> {
    /// Tokens, in the order of their numbers.
    pub tokens: Vec<T>,
    /// Whether the program may end here.
    pub end: bool,
}

/// Nothing may follow.
impl<T> Default for Next<T> {
    fn default() -> Self {
        Self { tokens: Vec::new(), end: false }
    }
}
