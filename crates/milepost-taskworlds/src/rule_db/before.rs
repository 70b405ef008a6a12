//! BEFORE triggers.

use super::call::{Call, Role};
use super::rules::{RuleBook, RuleKind};
use super::tables::{Database, LARGEST, ORDERS, Status, Tier};
use super::violation::{Field, RuleId, Violation};

/// What the schema has against a call: ids that do not exist, quantities of no pieces, closed orders.
pub(super) fn against_schema(state: &Database, call: Call) -> Option<Violation> {
    let missing = |exists: bool, field| (!exists).then_some(Violation::new(RuleId::Missing, field));
    let user = |id| missing(state.users.contains_key(&id), Field::User);
    let item = |id| missing(state.items.contains_key(&id), Field::Item);
    let order = |id| missing(state.orders.contains_key(&id), Field::Order);
    let open = |id| {
        let closed = state.orders.get(&id).is_some_and(|row| row.status == Status::Cancelled);
        closed.then_some(Violation::new(RuleId::Closed, Field::Status))
    };
    let pieces = |qty| (!(1..=LARGEST).contains(&qty)).then_some(Violation::new(RuleId::Range, Field::Qty));
    match call {
        Call::GetUser { user: id } | Call::SetTier { user: id, .. } => user(id),
        Call::GetItem { item: id } => item(id),
        Call::CreateOrder { user: whose, item: what, qty } => {
            let full = state.next_order() >= ORDERS;
            user(whose)
                .or_else(|| item(what))
                .or_else(|| pieces(qty))
                .or_else(|| full.then_some(Violation::new(RuleId::Range, Field::Order)))
        }
        Call::UpdateOrder { order: id, item: what, qty } => {
            order(id).or_else(|| item(what)).or_else(|| pieces(qty)).or_else(|| open(id))
        }
        Call::CancelOrder { order: id } => order(id).or_else(|| open(id)),
    }
}

/// The BEFORE trigger of one rule, on a call that keeps to the schema.
pub(super) fn before(
    book: &RuleBook,
    role: Role,
    state: &Database,
    call: Call,
    kind: RuleKind,
    p: i8,
) -> Option<Violation> {
    let clerk = role == Role::Clerk;
    let violation = |holds: bool, field| (!holds).then_some(Violation::new(RuleId::Rule(kind), field));
    // `found ≥ least`, or by how much not.
    let at_least = |found: i8, least: i8, field| {
        (found < least).then(|| Violation {
            rule: RuleId::Rule(kind),
            field,
            margin: least.saturating_sub(found),
        })
    };
    let old = match call {
        Call::UpdateOrder { order, .. } | Call::CancelOrder { order } => state.orders.get(&order).copied(),
        _ => None,
    };
    match (kind, call) {
        (RuleKind::TierRole, Call::SetTier { .. }) => violation(!clerk, Field::Role),
        (RuleKind::BulkRole, Call::CreateOrder { qty, .. } | Call::UpdateOrder { qty, .. }) if clerk => {
            at_least(p, qty, Field::Qty)
        }
        (RuleKind::CancelNew, Call::CancelOrder { .. }) | (RuleKind::UpdateNew, Call::UpdateOrder { .. }) => {
            violation(old?.status == Status::New, Field::Status)
        }
        (RuleKind::SameBand, Call::UpdateOrder { item, .. }) => {
            violation(state.items.get(&old?.item)?.band == state.items.get(&item)?.band, Field::Band)
        }
        (RuleKind::OneOrder, Call::CreateOrder { user, item, .. }) => {
            violation(state.open_orders(user).all(|(_, order)| order.item != item), Field::Item)
        }
        (RuleKind::OneOrder, Call::UpdateOrder { order, item, .. }) if old?.status == Status::New => {
            let mut others = state.open_orders(old?.user).filter(|(id, _)| *id != order);
            violation(others.all(|(_, other)| other.item != item), Field::Item)
        }
        (RuleKind::TierStep, Call::SetTier { user, tier }) => {
            violation((state.users.get(&user)?.tier as i8 - tier as i8).abs() <= 1, Field::Tier)
        }
        (RuleKind::GoldFunds, Call::SetTier { user, tier: Tier::Gold }) => {
            at_least(state.users.get(&user)?.balance, p, Field::Balance)
        }
        (RuleKind::Capacity, Call::CreateOrder { user, .. }) => {
            let row = state.users.get(&user)?;
            at_least(capacity(book, row.tier)?, row.open + 1, Field::Open)
        }
        (RuleKind::Capacity, Call::SetTier { user, tier }) => {
            at_least(capacity(book, tier)?, state.users.get(&user)?.open, Field::Open)
        }
        (RuleKind::Stock, Call::CreateOrder { item, qty, .. } | Call::UpdateOrder { item, qty, .. }) => {
            let back = old.filter(|old| old.item == item && book.has(RuleKind::Restock)).map_or(0, |o| o.qty);
            at_least(state.items.get(&item)?.stock + back, qty, Field::Stock)
        }
        (RuleKind::Funds, Call::CreateOrder { item, qty, .. } | Call::UpdateOrder { item, qty, .. }) => {
            let back = old.filter(|_| book.has(RuleKind::Refund)).map_or(0, |o| state.cost(o.item, o.qty));
            let balance = state.users.get(&call.user(state)?)?.balance;
            at_least(balance.saturating_add(back), state.cost(item, qty), Field::Balance)
        }
        _ => None,
    }
}

/// How many open orders a user of this tier may have, if that is limited.
#[must_use]
pub fn capacity(book: &RuleBook, tier: Tier) -> Option<i8> {
    let above_basic = i8::from(tier > Tier::Basic);
    let exceeds = i8::from(tier == Tier::Gold && book.has(RuleKind::GoldExceeds));
    Some(book.get(RuleKind::Capacity)? + above_basic + exceeds)
}
