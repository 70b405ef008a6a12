/// How good a query is in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueryGrade {
    /// Neither of the next.
    Off,
    /// The entity or the relation of the next unresolved hop, or a hop that is resolved already.
    Near,
    /// The next unresolved hop: its entity and its relation.
    Next,
}

/// How true the thoughts of a turn are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThoughtGrade {
    /// Some thought names another state than the true one.
    Wrong,
    /// There was none.
    Absent,
    /// All name the true state.
    Right,
}

/// How good an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnswerGrade {
    /// No entity of the chain.
    Wrong,
    /// An entity on the way (or the question's own), but not the answer.
    Intermediate,
    /// The answer.
    Exact,
}

macro_rules! graded {
    ($($grade:ident: $low:ident $middle:ident $high:ident;)*) => {$(
        impl $grade {
            /// `−1`, `0` or `+1`.
            #[must_use]
            pub const fn ternary(self) -> f64 {
                match self {
                    Self::$low => -1.0,
                    Self::$middle => 0.0,
                    Self::$high => 1.0,
                }
            }
        }
    )*};
}

graded! {
    QueryGrade: Off Near Next;
    ThoughtGrade: Wrong Absent Right;
    AnswerGrade: Wrong Intermediate Exact;
}
