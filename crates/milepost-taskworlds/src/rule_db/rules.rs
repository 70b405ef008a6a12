use serde::{Deserialize, Serialize};

/// One place for the list of rules: their kinds and names.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal;)*) => {
        /// A template of a rule. `p` is its parameter.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum RuleKind {
            $($(#[$doc])* $kind,)*
        }

        impl RuleKind {
            /// All templates, in the order in which they are checked.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$kind),*];

            /// How errors name it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// Only managers change tiers. BEFORE.
    TierRole = "tier-role";
    /// More than `p` pieces are ordered by managers only. BEFORE.
    BulkRole = "bulk-role";
    /// Only new orders are cancelled. BEFORE.
    CancelNew = "cancel-new";
    /// Only new orders are exchanged. BEFORE.
    UpdateNew = "update-new";
    /// An exchange keeps the price band. BEFORE.
    SameBand = "same-band";
    /// A user has at most one open order of an item. BEFORE.
    OneOrder = "one-order";
    /// A tier changes by one step at a time. BEFORE.
    TierStep = "tier-step";
    /// Gold is for users with a balance of at least `p`. BEFORE.
    GoldFunds = "gold-funds";
    /// A user has at most `p` open orders, one more above the basic tier. BEFORE.
    Capacity = "capacity";
    /// Gold users may exceed the capacity by one. An exception to it.
    GoldExceeds = "gold-exceeds";
    /// An order needs its pieces in stock (BEFORE) and takes them (AFTER).
    Stock = "stock-suffices";
    /// An order needs its price in the balance (BEFORE) and takes it (AFTER).
    Funds = "funds-suffice";
    /// What is cancelled or exchanged goes back into stock. AFTER.
    Restock = "restock";
    /// What was paid for it goes back into the balance. AFTER.
    Refund = "refund";
}

impl RuleKind {
    /// The rule without which it means nothing.
    #[must_use]
    pub const fn requires(self) -> Option<Self> {
        match self {
            Self::GoldExceeds => Some(Self::Capacity),
            Self::Restock => Some(Self::Stock),
            Self::Refund => Some(Self::Funds),
            _ => None,
        }
    }

    /// The parameters from which the architect draws; `0..=0` for rules without one.
    #[must_use]
    pub const fn parameters(self) -> std::ops::RangeInclusive<i8> {
        match self {
            Self::Capacity | Self::BulkRole => 1..=2,
            Self::GoldFunds => 3..=6,
            _ => 0..=0,
        }
    }

    /// Whether it has a parameter.
    #[must_use]
    pub const fn has_parameter(self) -> bool {
        matches!(self, Self::Capacity | Self::BulkRole | Self::GoldFunds)
    }

    /// Whether it can reject a call.
    #[must_use]
    pub const fn rejects(self) -> bool {
        !matches!(self, Self::GoldExceeds | Self::Restock | Self::Refund)
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleSet(u32);

impl RuleSet {
    /// With one more.
    #[must_use]
    pub const fn with(self, kind: RuleKind) -> Self {
        Self(self.0 | kind.bit())
    }

    /// All that are in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it holds a rule.
    #[must_use]
    pub const fn contains(self, kind: RuleKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The rules in force, each with its parameter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleBook {
    parameters: [Option<i8>; RuleKind::ALL.len()],
}

impl RuleBook {
    /// The rules with these parameters (ignored where a rule has none).
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = (RuleKind, i8)>) -> Self {
        let mut book = Self::default();
        for (kind, parameter) in rules {
            book.parameters[kind as usize] = Some(if kind.has_parameter() { parameter } else { 0 });
        }
        book
    }

    /// The parameter of a rule that is in force.
    #[must_use]
    pub const fn get(&self, kind: RuleKind) -> Option<i8> {
        self.parameters[kind as usize]
    }

    /// Whether a rule is in force.
    #[must_use]
    pub const fn has(&self, kind: RuleKind) -> bool {
        self.get(kind).is_some()
    }

    /// The rules in force with their parameters, in the order in which they are checked.
    pub fn iter(&self) -> impl Iterator<Item = (RuleKind, i8)> + '_ {
        RuleKind::ALL.into_iter().filter_map(|kind| Some((kind, self.get(kind)?)))
    }
}
