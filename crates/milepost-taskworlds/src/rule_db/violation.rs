use serde::{Deserialize, Serialize};

use super::rules::RuleKind;

/// What a call is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RuleId {
    /// Of the schema: the row does not exist.
    Missing,
    /// Of the schema: a number would leave `0..=9`, a quantity is 0, or there is no id left.
    Range,
    /// Of the schema: cancelled orders are closed.
    Closed,
    /// Of the rule book.
    Rule(RuleKind),
}

impl RuleId {
    /// The rules of the schema, which are always in force.
    pub const SCHEMA: [Self; 3] = [Self::Missing, Self::Range, Self::Closed];

    /// How errors name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Range => "range",
            Self::Closed => "closed",
            Self::Rule(kind) => kind.name(),
        }
    }
}

/// The field that is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Field {
    /// A user's id.
    User,
    /// An item's id.
    Item,
    /// An order's id.
    Order,
    /// A quantity.
    Qty,
    /// A user's tier.
    Tier,
    /// A user's balance.
    Balance,
    /// The number of a user's open orders.
    Open,
    /// An item's stock.
    Stock,
    /// An item's price band.
    Band,
    /// An order's status.
    Status,
    /// The caller's role.
    Role,
}

impl Field {
    /// All fields with their names.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::User, "user"),
        (Self::Item, "item"),
        (Self::Order, "order"),
        (Self::Qty, "qty"),
        (Self::Tier, "tier"),
        (Self::Balance, "balance"),
        (Self::Open, "open"),
        (Self::Stock, "stock"),
        (Self::Band, "band"),
        (Self::Status, "status"),
        (Self::Role, "role"),
    ];
}

/// Why a call is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Violation {
    /// The rule.
    pub rule: RuleId,
    /// The field.
    pub field: Field,
    /// By how much a number misses what is required; 1 where no number is at fault.
    pub margin: i8,
}

impl Violation {
    pub(super) const fn new(rule: RuleId, field: Field) -> Self {
        Self { rule, field, margin: 1 }
    }
}
