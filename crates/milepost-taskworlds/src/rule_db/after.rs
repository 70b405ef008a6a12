//! AFTER triggers.

use super::call::Call;
use super::rules::{RuleBook, RuleKind};
use super::tables::{Database, LARGEST, Order, Status};
use super::violation::{Field, RuleId, Violation};

/// The state after a call whose triggers let it pass. Reading, and exchanging an order for what it is, change nothing.
pub(super) fn after(book: &RuleBook, state: &Database, call: Call) -> Database {
    let mut next = state.clone();
    if call.reads() || exchanges_nothing(state, call) {
        return next;
    }
    next.clock += 1;
    let written = next.clock;
    match call {
        Call::CreateOrder { user, item, qty } => {
            let order = Order { user, item, qty, status: Status::New, written };
            next.orders.insert(next.next_order(), order);
            take(book, &mut next, user, item, qty);
        }
        Call::UpdateOrder { order, item, qty } => {
            if let Some(old) = next.orders.get(&order).copied() {
                give_back(book, &mut next, old);
                next.orders.insert(order, Order { item, qty, written, ..old });
                take(book, &mut next, old.user, item, qty);
            }
        }
        Call::CancelOrder { order } => {
            if let Some(old) = next.orders.get(&order).copied() {
                give_back(book, &mut next, old);
                next.orders.insert(order, Order { status: Status::Cancelled, written, ..old });
            }
        }
        Call::SetTier { user, tier } => {
            if let Some(row) = next.users.get_mut(&user) {
                row.tier = tier;
            }
        }
        Call::GetUser { .. } | Call::GetItem { .. } => {}
    }
    if let Some(user) = call.user(state) {
        next.derive_open(user);
    }
    next
}

/// Whether an order would be exchanged for what it is.
pub(super) fn exchanges_nothing(state: &Database, call: Call) -> bool {
    let Call::UpdateOrder { order, item, qty } = call else { return false };
    state.orders.get(&order).is_some_and(|old| (old.item, old.qty) == (item, qty))
}

/// AFTER triggers of [`RuleKind::Stock`] and [`RuleKind::Funds`].
fn take(book: &RuleBook, next: &mut Database, user: u8, item: u8, qty: i8) {
    let cost = next.cost(item, qty);
    if let Some(row) = next.items.get_mut(&item).filter(|_| book.has(RuleKind::Stock)) {
        row.stock = row.stock.saturating_sub(qty);
    }
    if let Some(row) = next.users.get_mut(&user).filter(|_| book.has(RuleKind::Funds)) {
        row.balance = row.balance.saturating_sub(cost);
    }
}

/// AFTER triggers of [`RuleKind::Restock`] and [`RuleKind::Refund`].
fn give_back(book: &RuleBook, next: &mut Database, old: Order) {
    let cost = next.cost(old.item, old.qty);
    if let Some(row) = next.items.get_mut(&old.item).filter(|_| book.has(RuleKind::Restock)) {
        row.stock = row.stock.saturating_add(old.qty);
    }
    if let Some(row) = next.users.get_mut(&old.user).filter(|_| book.has(RuleKind::Refund)) {
        row.balance = row.balance.saturating_add(cost);
    }
}

/// The first number that is not in `0..=9`.
pub(super) fn out_of_range(state: &Database) -> Option<Violation> {
    let out = |number: &i8| !(0..=LARGEST).contains(number);
    let stock = state.items.values().any(|row| out(&row.stock)).then_some(Field::Stock);
    let balance = || state.users.values().any(|row| out(&row.balance)).then_some(Field::Balance);
    let open = || state.users.values().any(|row| out(&row.open)).then_some(Field::Open);
    let field = stock.or_else(balance).or_else(open)?;
    Some(Violation::new(RuleId::Range, field))
}
