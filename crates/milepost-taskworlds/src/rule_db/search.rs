//! Breadth-first search for calls that lead to a goal.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::call::{Call, Role};
use super::canonical::{canonical_key, equivalent, lasting};
use super::rules::{RuleBook, RuleKind};
use super::tables::{Database, LARGEST, Order, Status, Tier};
use super::triggers::execute;

/// Which calls are tried in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every call that could change it. A search that ends without a plan has proved that there is none.
    Everything,
    /// Calls that change a row which differs from the goal, into what the goal has; and tiers of users for whom
    /// an order is missing. Far fewer; a search that ends without a plan has proved nothing.
    Differences,
}

/// How far to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Which calls are tried.
    pub scope: Scope,
    /// Calls of the longest plan.
    pub depth: u32,
    /// States that are expanded.
    pub states: usize,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// The shortest calls to the goal.
    Found(Vec<Call>),
    /// No calls whatever lead there.
    Unreachable,
    /// The limits were reached first.
    Undecided,
}

/// A state that was reached.
#[derive(Clone)]
struct Node {
    state: Database,
    /// The number of the state before it, and the call that led here.
    came: Option<(usize, Call)>,
    depth: u32,
}

/// Looks for the shortest legal calls from `start` to a state equivalent to `goal`.
///
/// Cut off is only what cannot lead there: orders are never deleted and never change hands, cancelled ones are
/// closed, and stock and balances that nothing gives back never rise.
#[must_use]
pub fn plan(book: &RuleBook, role: Role, start: &Database, goal: &Database, limits: Limits) -> Search {
    if equivalent(start, goal) {
        return Search::Found(Vec::new());
    }
    if !may_lead_to(book, start, goal) {
        return Search::Unreachable;
    }
    let mut reached = vec![Node { state: start.clone(), came: None, depth: 0 }];
    let mut known = BTreeSet::from([canonical_key(start)]);
    let mut queue = VecDeque::from([0]);
    let (mut expanded, mut exhausted) = (0, true);
    while let Some(index) = queue.pop_front() {
        let Node { state, depth, .. } = reached[index].clone();
        if expanded == limits.states || depth == limits.depth {
            exhausted = false;
            continue;
        }
        expanded += 1;
        for call in successors(&state, goal, limits.scope) {
            let Ok(effect) = execute(book, role, &state, call) else { continue };
            if !may_lead_to(book, &effect.database, goal) || !known.insert(canonical_key(&effect.database)) {
                continue;
            }
            if equivalent(&effect.database, goal) {
                return Search::Found(path(&reached, index, call));
            }
            reached.push(Node { state: effect.database, came: Some((index, call)), depth: depth + 1 });
            queue.push_back(reached.len() - 1);
        }
    }
    if exhausted && limits.scope == Scope::Everything { Search::Unreachable } else { Search::Undecided }
}

fn path(reached: &[Node], last: usize, call: Call) -> Vec<Call> {
    let mut calls = vec![call];
    let mut index = last;
    while let Some((before, call)) = reached[index].came {
        calls.push(call);
        index = before;
    }
    calls.reverse();
    calls
}

/// How many different states the first `states` expansions from `start` reach, `start` included: 1 where no legal
/// call changes anything.
#[must_use]
pub fn reachable(book: &RuleBook, role: Role, start: &Database, states: usize) -> usize {
    let mut known = BTreeSet::from([canonical_key(start)]);
    let mut queue = VecDeque::from([start.clone()]);
    for _ in 0..states {
        let Some(state) = queue.pop_front() else { break };
        for call in writes(&state, LARGEST) {
            let Ok(effect) = execute(book, role, &state, call) else { continue };
            if known.insert(canonical_key(&effect.database)) {
                queue.push_back(effect.database);
            }
        }
    }
    known.len()
}

/// Whether nothing that can be seen at once rules out that calls lead from `state` to `goal`.
fn may_lead_to(book: &RuleBook, state: &Database, goal: &Database) -> bool {
    let per_user = |database: &Database| {
        let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
        for order in database.orders.values() {
            *counts.entry(order.user).or_insert(0) += 1;
        }
        counts
    };
    let wanted = per_user(goal);
    let orders_fit =
        per_user(state).iter().all(|(user, count)| wanted.get(user).is_some_and(|most| count <= most));
    let gives_back = |kind| book.has(kind);
    let stock_fits = gives_back(RuleKind::Restock)
        || goal.items.iter().all(|(id, row)| state.items.get(id).is_some_and(|now| now.stock >= row.stock));
    let balance_fits = gives_back(RuleKind::Refund)
        || goal
            .users
            .iter()
            .all(|(id, row)| state.users.get(id).is_some_and(|now| now.balance >= row.balance));
    let fixed = state.items.iter().all(|(id, row)| {
        goal.items.get(id).is_some_and(|other| (other.price, other.band) == (row.price, row.band))
    });
    orders_fit && stock_fits && balance_fits && fixed && closed_fit(state, goal)
}

/// Whether every cancelled order of `state` is one of `goal`.
fn closed_fit(state: &Database, goal: &Database) -> bool {
    let (excess, _) = unmatched(state, goal);
    excess.iter().all(|(_, row)| row.status != Status::Cancelled)
}

/// Orders of `state` that `goal` does not have, with their ids, and orders of `goal` that `state` does not have.
fn unmatched(state: &Database, goal: &Database) -> (Vec<(u8, Order)>, Vec<Order>) {
    let mut missing: Vec<Order> = goal.orders.values().copied().map(lasting).collect();
    let mut excess = Vec::new();
    for (id, row) in &state.orders {
        match missing.iter().position(|other| *other == lasting(*row)) {
            Some(index) => {
                missing.swap_remove(index);
            }
            None => excess.push((*id, lasting(*row))),
        }
    }
    missing.sort_unstable();
    (excess, missing)
}

fn successors(state: &Database, goal: &Database, scope: Scope) -> Vec<Call> {
    match scope {
        Scope::Everything => writes(state, LARGEST),
        Scope::Differences => differences(state, goal),
    }
}

/// Every call on rows that exist that could change the state, with at most `most` pieces.
pub(super) fn writes(state: &Database, most: i8) -> Vec<Call> {
    let mut calls = Vec::new();
    for user in state.users.keys().copied() {
        calls.extend(Tier::ALL.map(|tier| Call::SetTier { user, tier }));
        for item in state.items.keys().copied() {
            calls.extend((1..=most).map(|qty| Call::CreateOrder { user, item, qty }));
        }
    }
    for (order, row) in &state.orders {
        if row.status == Status::Cancelled {
            continue;
        }
        calls.push(Call::CancelOrder { order: *order });
        for item in state.items.keys().copied() {
            calls.extend((1..=most).map(|qty| Call::UpdateOrder { order: *order, item, qty }));
        }
    }
    calls
}

fn differences(state: &Database, goal: &Database) -> Vec<Call> {
    let (excess, missing) = unmatched(state, goal);
    let mut calls = Vec::new();
    for (order, row) in &excess {
        if row.status != Status::Cancelled {
            calls.push(Call::CancelOrder { order: *order });
        }
        let exchanged = missing.iter().filter(|wanted| wanted.user == row.user);
        calls.extend(exchanged.map(|wanted| Call::UpdateOrder {
            order: *order,
            item: wanted.item,
            qty: wanted.qty,
        }));
    }
    let placed = missing.iter().filter(|wanted| wanted.status != Status::Shipped);
    calls.extend(placed.map(|o| Call::CreateOrder { user: o.user, item: o.item, qty: o.qty }));
    for (id, row) in &state.users {
        let differs = goal.users.get(id).is_none_or(|wanted| wanted.tier != row.tier);
        if differs || missing.iter().any(|order| order.user == *id) {
            let others = Tier::ALL.into_iter().filter(|tier| *tier != row.tier);
            calls.extend(others.map(|tier| Call::SetTier { user: *id, tier }));
        }
    }
    calls
}
