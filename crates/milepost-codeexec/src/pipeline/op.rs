use std::fmt;

/// The largest constant: two digits.
pub const MAX_CONSTANT: u16 = 99;

/// What flows between operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// A list of integers.
    List,
    /// An integer.
    Int,
}

/// The operations without their constants, in the order of their tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OpKind {
    /// Ascending order.
    Sort,
    /// The other way round.
    Rev,
    /// The first occurrence of each value.
    Uniq,
    /// Even values.
    Evens,
    /// Odd values.
    Odds,
    /// Running sums.
    Cumsum,
    /// The first `k` values.
    Take,
    /// All but the first `k` values.
    Drop,
    /// `c` added to each value.
    Add,
    /// Each value times `c`.
    Mul,
    /// Values greater than `c`.
    Gt,
    /// The sum.
    Sum,
    /// The largest value.
    Max,
    /// How many values.
    Len,
    /// The first value.
    First,
    /// A list of one integer.
    Wrap,
    /// A list of `c` where there is no value.
    OrElse,
}

impl OpKind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Sort,
        Self::Rev,
        Self::Uniq,
        Self::Evens,
        Self::Odds,
        Self::Cumsum,
        Self::Take,
        Self::Drop,
        Self::Add,
        Self::Mul,
        Self::Gt,
        Self::Sum,
        Self::Max,
        Self::Len,
        Self::First,
        Self::Wrap,
        Self::OrElse,
    ];

    /// How it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sort => "sort",
            Self::Rev => "rev",
            Self::Uniq => "uniq",
            Self::Evens => "evens",
            Self::Odds => "odds",
            Self::Cumsum => "cumsum",
            Self::Take => "take",
            Self::Drop => "drop",
            Self::Add => "add",
            Self::Mul => "mul",
            Self::Gt => "gt",
            Self::Sum => "sum",
            Self::Max => "max",
            Self::Len => "len",
            Self::First => "first",
            Self::Wrap => "wrap",
            Self::OrElse => "orelse",
        }
    }

    /// The operation of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a constant follows.
    #[must_use]
    pub const fn takes_constant(self) -> bool {
        matches!(self, Self::Take | Self::Drop | Self::Add | Self::Mul | Self::Gt | Self::OrElse)
    }

    /// What it takes.
    #[must_use]
    pub const fn input(self) -> Type {
        match self {
            Self::Wrap => Type::Int,
            _ => Type::List,
        }
    }

    /// What it gives.
    #[must_use]
    pub const fn output(self) -> Type {
        match self {
            Self::Sum | Self::Max | Self::Len | Self::First => Type::Int,
            _ => Type::List,
        }
    }
}

/// One operation with its constant, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Op {
    kind: OpKind,
    constant: u16,
}

impl Op {
    /// An operation without a constant; `None` if the kind needs one.
    #[must_use]
    pub const fn plain(kind: OpKind) -> Option<Self> {
        if kind.takes_constant() { None } else { Some(Self { kind, constant: 0 }) }
    }

    /// An operation with a constant; `None` if the kind has none, or if the constant is above [`MAX_CONSTANT`].
    #[must_use]
    pub const fn with(kind: OpKind, constant: u16) -> Option<Self> {
        if kind.takes_constant() && constant <= MAX_CONSTANT { Some(Self { kind, constant }) } else { None }
    }

    /// Which operation.
    #[must_use]
    pub const fn kind(self) -> OpKind {
        self.kind
    }

    /// Its constant; 0 where it has none.
    #[must_use]
    pub const fn constant(self) -> u16 {
        self.constant
    }

    /// Tokens that it is written in: its name and the digits of its constant.
    #[must_use]
    pub const fn tokens(self) -> usize {
        match (self.kind.takes_constant(), self.constant) {
            (false, _) => 1,
            (true, 0..=9) => 2,
            (true, _) => 3,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if self.kind.takes_constant() { write!(f, " {}", self.constant) } else { Ok(()) }
    }
}
