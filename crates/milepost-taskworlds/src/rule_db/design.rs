//! The set designer: a first state.

use std::collections::BTreeSet;

use milepost_core::Stream;

use super::before::capacity;
use super::call::{Call, Role};
use super::config::{CORE_ITEMS, CORE_ORDERS, CORE_USERS, RuleDbConfig};
use super::rules::{RuleBook, RuleKind};
use super::search::writes;
use super::tables::{Database, Item, LARGEST, Order, Status, Tier, User};
use super::triggers::violations;
use super::violation::RuleId;

/// Most pieces that a generated call is for.
pub(super) const MOST_PIECES: i8 = 3;
/// Draws after which a rule's boundary is given up.
const DRAWS: u32 = 64;

/// A first state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stage {
    pub(super) role: Role,
    pub(super) start: Database,
    /// Users and items that the goal may be about; all others are distractors.
    pub(super) users: BTreeSet<u8>,
    pub(super) items: BTreeSet<u8>,
    /// Where the state is at the boundary of a rule: the rule, and a call that it alone rejects, by one.
    pub(super) boundary: Option<(RuleKind, Call)>,
}

/// Draws a first state that breaks no invariant; near the boundary of `rule` if one is given, and `None` if no such
/// state turned up.
pub(super) fn draw_stage(
    config: &RuleDbConfig,
    book: &RuleBook,
    rule: Option<RuleKind>,
    stream: &mut Stream,
) -> Option<Stage> {
    for _ in 0..DRAWS {
        let mut stage = draw_uniform(config, book, stream);
        let Some(rule) = rule else { return Some(stage) };
        let calls = boundary_calls(book, &stage, rule);
        if !calls.is_empty() {
            stage.boundary = Some((rule, calls[stream.below(calls.len() as u64) as usize]));
            return Some(stage);
        }
    }
    None
}

/// Calls on core rows that this rule alone rejects, by no more than one.
fn boundary_calls(book: &RuleBook, stage: &Stage, rule: RuleKind) -> Vec<Call> {
    core_writes(stage, &stage.start)
        .into_iter()
        .filter(|call| {
            let found = violations(book, stage.role, &stage.start, *call);
            matches!(found.as_slice(), [only] if only.rule == RuleId::Rule(rule) && only.margin == 1)
        })
        .collect()
}

/// Calls that could change core rows, orders that exist from the start among them.
pub(super) fn core_writes(stage: &Stage, state: &Database) -> Vec<Call> {
    let mut calls = writes(state, MOST_PIECES);
    calls.retain(|call| {
        let on_start = match call {
            Call::UpdateOrder { order, .. } | Call::CancelOrder { order } => {
                stage.start.orders.contains_key(order)
            }
            _ => true,
        };
        on_start
            && call.user(state).is_none_or(|user| stage.users.contains(&user))
            && call.item().is_none_or(|item| stage.items.contains(&item))
    });
    calls
}

fn draw_uniform(config: &RuleDbConfig, book: &RuleBook, stream: &mut Stream) -> Stage {
    let role = Role::ALL[stream.below(2) as usize];
    let extra = stream.below(u64::from(config.most_distractors()) + 1);
    // Of the extra rows some are users, some items, the rest orders between these.
    let (mut users, mut items, mut orders) = (0, 0, 0);
    for _ in 0..extra {
        match stream.below(3) {
            0 => users += 1,
            1 => items += 1,
            _ if users > 0 && items > 0 => orders += 1,
            _ => items += 1,
        }
    }
    let mut user_ids: Vec<u8> = (0..CORE_USERS + users).collect();
    let mut item_ids: Vec<u8> = (0..CORE_ITEMS + items).collect();
    stream.shuffle(&mut user_ids);
    stream.shuffle(&mut item_ids);
    let (core_users, other_users) = user_ids.split_at(usize::from(CORE_USERS));
    let (core_items, other_items) = item_ids.split_at(usize::from(CORE_ITEMS));
    let mut start = Database::default();
    for id in &item_ids {
        let price = 1 + stream.below(4) as i8;
        let stock = stream.below(LARGEST as u64 + 1) as i8;
        start.items.insert(*id, Item { stock, price, band: (price - 1) / 2 });
    }
    for id in &user_ids {
        let tier = Tier::ALL[stream.below(3) as usize];
        let balance = stream.below(LARGEST as u64 + 1) as i8;
        start.users.insert(*id, User { tier, balance, open: 0 });
    }
    // Distractor orders come in between the others, so that ids tell nothing.
    let mut kinds: Vec<bool> = (0..CORE_ORDERS + orders).map(|index| index < CORE_ORDERS).collect();
    stream.shuffle(&mut kinds);
    for core in kinds {
        let (users, items) = if core { (core_users, core_items) } else { (other_users, other_items) };
        let order = draw_order(users, items, stream);
        let mut more = start.clone();
        more.orders.insert(more.next_order(), order);
        more.derive_open(order.user);
        if keeps_invariants(book, &more) {
            start = more;
        }
    }
    let set = |ids: &[u8]| ids.iter().copied().collect();
    Stage { role, start, users: set(core_users), items: set(core_items), boundary: None }
}

fn draw_order(users: &[u8], items: &[u8], stream: &mut Stream) -> Order {
    let mut pick = |ids: &[u8]| ids[stream.below(ids.len() as u64) as usize];
    let (user, item) = (pick(users), pick(items));
    let qty = 1 + stream.below(2) as i8;
    let status = match stream.below(10) {
        0..6 => Status::New,
        6..9 => Status::Shipped,
        _ => Status::Cancelled,
    };
    Order { user, item, qty, status, written: 0 }
}

/// What holds in every state that is reached from one in which it holds: it is
/// [valid](Database::is_valid), users keep to their capacity, no user has
/// two open orders of an item where that is forbidden, and whatever is given back leaves numbers within `0..=9`.
#[must_use]
pub fn keeps_invariants(book: &RuleBook, state: &Database) -> bool {
    let live = |order: &&Order| order.status != Status::Cancelled;
    let stock_fits = !book.has(RuleKind::Restock)
        || state.items.iter().all(|(id, row)| {
            let out: i32 = state
                .orders
                .values()
                .filter(live)
                .filter(|order| order.item == *id)
                .map(|order| i32::from(order.qty))
                .sum();
            i32::from(row.stock) + out <= i32::from(LARGEST)
        });
    let balance_fits = !book.has(RuleKind::Refund)
        || state.users.iter().all(|(id, row)| {
            let paid: i32 = state
                .orders
                .values()
                .filter(live)
                .filter(|order| order.user == *id)
                .map(|order| i32::from(state.cost(order.item, order.qty)))
                .sum();
            i32::from(row.balance) + paid <= i32::from(LARGEST)
        });
    let users_fit = state.users.iter().all(|(id, row)| {
        let items: Vec<u8> = state.open_orders(*id).map(|(_, order)| order.item).collect();
        let different = items.iter().collect::<BTreeSet<_>>().len() == items.len();
        capacity(book, row.tier).is_none_or(|most| row.open <= most)
            && (different || !book.has(RuleKind::OneOrder))
    });
    state.is_valid() && stock_fits && balance_fits && users_fit
}
