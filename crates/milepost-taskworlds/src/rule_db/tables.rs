use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The largest number in any column.
pub const LARGEST: i8 = 9;
/// Ids of users: `0..USERS`.
pub const USERS: u8 = 8;
/// Ids of items: `0..ITEMS`.
pub const ITEMS: u8 = 9;
/// Ids of orders: `0..ORDERS`.
pub const ORDERS: u8 = 16;

/// The standing of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// The lowest.
    Basic,
    /// The middle.
    Silver,
    /// The highest.
    Gold,
}

impl Tier {
    /// All tiers, the lowest first.
    pub const ALL: [Self; 3] = [Self::Basic, Self::Silver, Self::Gold];
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Status {
    /// Placed, still open.
    New,
    /// Sent.
    Shipped,
    /// Cancelled: closed for good.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::New, Self::Shipped, Self::Cancelled];
}

/// A row of `items`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Item {
    /// Pieces left.
    pub stock: i8,
    /// Price of a piece.
    pub price: i8,
    /// Price band.
    pub band: i8,
}

/// A row of `users`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct User {
    /// Standing.
    pub tier: Tier,
    /// Money left.
    pub balance: i8,
    /// Orders that are [`Status::New`]; derived.
    pub open: i8,
}

/// A row of `orders`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Order {
    /// Whose.
    pub user: u8,
    /// Of what.
    pub item: u8,
    /// How many pieces.
    pub qty: i8,
    /// What became of it.
    pub status: Status,
    /// The clock when it was last written: volatile, no part of what a state means.
    pub written: u32,
}

/// A state: rows by their primary keys, and a clock of writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Database {
    /// Items.
    pub items: BTreeMap<u8, Item>,
    /// Users.
    pub users: BTreeMap<u8, User>,
    /// Orders. Their ids are given out in the order of creation.
    pub orders: BTreeMap<u8, Order>,
    /// Accepted writes: volatile.
    pub clock: u32,
}

impl Database {
    /// The id that the next order gets.
    #[must_use]
    pub fn next_order(&self) -> u8 {
        self.orders.last_key_value().map_or(0, |(id, _)| id + 1)
    }

    /// What an order of so many pieces costs; 0 for an item that does not exist.
    #[must_use]
    pub fn cost(&self, item: u8, qty: i8) -> i8 {
        self.items.get(&item).map_or(0, |row| row.price.saturating_mul(qty))
    }

    /// Whether every id has a word, every number is in `0..=9`, every order names rows that exist, and the open
    /// orders are counted right.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let small = |number: i8| (0..=LARGEST).contains(&number);
        let items = self
            .items
            .iter()
            .all(|(id, row)| *id < ITEMS && small(row.stock) && small(row.price) && small(row.band));
        let users = self.users.iter().all(|(id, row)| {
            *id < USERS && small(row.balance) && row.open as usize == self.open_orders(*id).count()
        });
        let orders = self.orders.iter().all(|(id, row)| {
            *id < ORDERS
                && small(row.qty)
                && self.users.contains_key(&row.user)
                && self.items.contains_key(&row.item)
        });
        items && users && orders
    }

    /// The open orders of a user.
    pub fn open_orders(&self, user: u8) -> impl Iterator<Item = (u8, &Order)> {
        self.orders
            .iter()
            .filter(move |(_, order)| order.user == user && order.status == Status::New)
            .map(|(id, order)| (*id, order))
    }

    /// Counts the open orders of a user anew.
    pub(super) fn derive_open(&mut self, user: u8) {
        let open = self.open_orders(user).count() as i8;
        if let Some(row) = self.users.get_mut(&user) {
            row.open = open;
        }
    }
}
