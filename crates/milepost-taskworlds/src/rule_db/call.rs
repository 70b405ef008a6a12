use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::tables::{Database, ITEMS, LARGEST, ORDERS, Tier, USERS};

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// May not do what is for managers.
    Clerk,
    /// May.
    Manager,
}

impl Role {
    /// Both roles.
    pub const ALL: [Self; 2] = [Self::Clerk, Self::Manager];
}

/// A tool with its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Call {
    /// Reads a user and the user's orders.
    GetUser {
        /// Whom.
        user: u8,
    },
    /// Reads an item.
    GetItem {
        /// Which.
        item: u8,
    },
    /// Places an order.
    CreateOrder {
        /// For whom.
        user: u8,
        /// Of what.
        item: u8,
        /// How many pieces.
        qty: i8,
    },
    /// Exchanges what an order is for.
    UpdateOrder {
        /// Which order.
        order: u8,
        /// Of what it shall be.
        item: u8,
        /// How many pieces it shall have.
        qty: i8,
    },
    /// Cancels an order.
    CancelOrder {
        /// Which.
        order: u8,
    },
    /// Gives a user another standing.
    SetTier {
        /// Whom.
        user: u8,
        /// Which.
        tier: Tier,
    },
}

impl Call {
    /// Names of the tools, in the order of [`Call::tool`].
    pub const TOOLS: [&'static str; 6] =
        ["get_user", "get_item", "create_order", "update_order", "cancel_order", "set_tier"];

    /// Which tool it is.
    #[must_use]
    pub const fn tool(self) -> usize {
        match self {
            Self::GetUser { .. } => 0,
            Self::GetItem { .. } => 1,
            Self::CreateOrder { .. } => 2,
            Self::UpdateOrder { .. } => 3,
            Self::CancelOrder { .. } => 4,
            Self::SetTier { .. } => 5,
        }
    }

    /// Whether it only reads.
    #[must_use]
    pub const fn reads(self) -> bool {
        matches!(self, Self::GetUser { .. } | Self::GetItem { .. })
    }

    /// The user whose rows it is about, if there is one.
    #[must_use]
    pub fn user(self, database: &Database) -> Option<u8> {
        match self {
            Self::GetUser { user } | Self::CreateOrder { user, .. } | Self::SetTier { user, .. } => {
                Some(user)
            }
            Self::UpdateOrder { order, .. } | Self::CancelOrder { order } => {
                database.orders.get(&order).map(|row| row.user)
            }
            Self::GetItem { .. } => None,
        }
    }

    /// The item that it names, if it names one.
    #[must_use]
    pub const fn item(self) -> Option<u8> {
        match self {
            Self::GetItem { item } | Self::CreateOrder { item, .. } | Self::UpdateOrder { item, .. } => {
                Some(item)
            }
            _ => None,
        }
    }

    /// A random turn: one of the tools with every argument drawn uniformly among all ids and numbers, or, as
    /// likely as each tool, `None` for the turn that says that all is done.
    pub fn draw(stream: &mut Stream) -> Option<Self> {
        let mut below = |n: u8| stream.below(u64::from(n)) as u8;
        let pieces = LARGEST as u8 + 1;
        Some(match below(Self::TOOLS.len() as u8 + 1) {
            0 => Self::GetUser { user: below(USERS) },
            1 => Self::GetItem { item: below(ITEMS) },
            2 => Self::CreateOrder { user: below(USERS), item: below(ITEMS), qty: below(pieces) as i8 },
            3 => Self::UpdateOrder { order: below(ORDERS), item: below(ITEMS), qty: below(pieces) as i8 },
            4 => Self::CancelOrder { order: below(ORDERS) },
            5 => Self::SetTier { user: below(USERS), tier: Tier::ALL[usize::from(below(3))] },
            _ => return None,
        })
    }
}
