use super::tables::{Database, Order};
use crate::digest::digest;

/// The state as far as it means something: volatile columns are 0, and orders, whose ids only say when they were
/// created, are numbered by their content.
#[must_use]
pub fn canonical(database: &Database) -> Database {
    Database {
        items: database.items.clone(),
        users: database.users.clone(),
        orders: (0..).zip(contents(database)).collect(),
        clock: 0,
    }
}

/// The orders without their volatile column, sorted.
fn contents(database: &Database) -> Vec<Order> {
    let mut orders: Vec<Order> = database.orders.values().copied().map(lasting).collect();
    orders.sort_unstable();
    orders
}

/// The order without its volatile column.
pub(super) fn lasting(order: Order) -> Order {
    Order { written: 0, ..order }
}

/// Whether two states mean the same: their canonical forms have the same rows.
#[must_use]
pub fn equivalent(a: &Database, b: &Database) -> bool {
    a.items == b.items && a.users == b.users && contents(a) == contents(b)
}

/// A number that equivalent states share.
#[must_use]
pub fn canonical_key(database: &Database) -> u64 {
    key(database, (0..).zip(contents(database)), 0)
}

/// A number of rows and ids, volatile columns left out: what the next calls depend on.
#[must_use]
pub(super) fn state_key(database: &Database) -> u64 {
    key(database, database.orders.iter().map(|(id, order)| (*id, lasting(*order))), 0)
}

/// A number of everything in the state, ids and volatile columns included.
#[must_use]
pub fn exact_key(database: &Database) -> u64 {
    key(database, database.orders.iter().map(|(id, order)| (*id, *order)), database.clock)
}

fn key(database: &Database, orders: impl Iterator<Item = (u8, Order)>, clock: u32) -> u64 {
    let pack = |parts: [i64; 5]| parts.iter().fold(0_u64, |sum, part| sum << 8 | (*part & 0xFF) as u64);
    let items = database.items.iter().map(|(id, row)| {
        pack([0, i64::from(*id), i64::from(row.stock), i64::from(row.price), i64::from(row.band)])
    });
    let users = database.users.iter().map(|(id, row)| {
        pack([1, i64::from(*id), row.tier as i64, i64::from(row.balance), i64::from(row.open)])
    });
    let orders = orders.flat_map(|(id, row)| {
        let content = [i64::from(row.user), i64::from(row.item), i64::from(row.qty), row.status as i64];
        [
            pack([2, content[0], content[1], content[2], content[3]]),
            u64::from(id) << 32 | u64::from(row.written),
        ]
    });
    digest([u64::from(clock)].into_iter().chain(items).chain(users).chain(orders))
}
