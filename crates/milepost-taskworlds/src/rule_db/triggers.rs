//! What a call does: preconditions (BEFORE triggers) and side effects (AFTER triggers), all pure functions of
//! state, role and call.

use super::after::{after, exchanges_nothing, out_of_range};
use super::before::{against_schema, before, capacity};
use super::call::{Call, Role};
use super::rules::{RuleBook, RuleKind, RuleSet};
use super::tables::{Database, Tier};
use super::violation::Violation;

/// An accepted call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The state afterwards.
    pub database: Database,
    /// The rules that watched over the call or acted after it.
    pub touched: RuleSet,
}

/// Carries out a call, or says why not; the state that is given stays as it is.
pub fn execute(book: &RuleBook, role: Role, state: &Database, call: Call) -> Result<Effect, Violation> {
    if let Some(violation) = objections(book, role, state, call).next() {
        return Err(violation);
    }
    let database = permitted(book, state, call)?;
    Ok(Effect { database, touched: touched(book, state, call) })
}

/// The state after these calls; `None` if one of them is rejected.
#[must_use]
pub fn replay(book: &RuleBook, role: Role, start: &Database, calls: &[Call]) -> Option<Database> {
    calls
        .iter()
        .try_fold(start.clone(), |state, call| Some(execute(book, role, &state, *call).ok()?.database))
}

/// Everything that speaks against a call, the schema first. Empty iff the call is accepted.
#[must_use]
pub fn violations(book: &RuleBook, role: Role, state: &Database, call: Call) -> Vec<Violation> {
    let found: Vec<Violation> = objections(book, role, state, call).collect();
    if found.is_empty() { permitted(book, state, call).err().into_iter().collect() } else { found }
}

/// What the BEFORE triggers say: the schema's first one alone, or those of the rules.
fn objections(book: &RuleBook, role: Role, state: &Database, call: Call) -> impl Iterator<Item = Violation> {
    let schema = against_schema(state, call);
    let rules = book
        .iter()
        .filter(move |_| schema.is_none())
        .filter_map(move |(kind, p)| before(book, role, state, call, kind, p));
    schema.into_iter().chain(rules)
}

/// The state after a call to which no rule objects, if every number stays within `0..=9`.
fn permitted(book: &RuleBook, state: &Database, call: Call) -> Result<Database, Violation> {
    let next = after(book, state, call);
    match out_of_range(&next) {
        Some(violation) if !call.reads() => Err(violation),
        _ => Ok(next),
    }
}

/// The rules in force that watch over a call, and those that act after it.
fn touched(book: &RuleBook, state: &Database, call: Call) -> RuleSet {
    let exceeds = || {
        let Call::CreateOrder { user, .. } = call else { return false };
        let row = state.users.get(&user);
        row.is_some_and(|row| {
            row.tier == Tier::Gold && capacity(book, Tier::Silver).is_some_and(|most| row.open + 1 > most)
        })
    };
    let concerned = |kind: RuleKind| match call {
        Call::GetUser { .. } | Call::GetItem { .. } => false,
        Call::CreateOrder { .. } => match kind {
            RuleKind::BulkRole
            | RuleKind::OneOrder
            | RuleKind::Capacity
            | RuleKind::Stock
            | RuleKind::Funds => true,
            RuleKind::GoldExceeds => exceeds(),
            _ => false,
        },
        Call::UpdateOrder { .. } => match kind {
            RuleKind::BulkRole
            | RuleKind::UpdateNew
            | RuleKind::SameBand
            | RuleKind::OneOrder
            | RuleKind::Stock
            | RuleKind::Funds => true,
            RuleKind::Restock | RuleKind::Refund => !exchanges_nothing(state, call),
            _ => false,
        },
        Call::CancelOrder { .. } => {
            matches!(kind, RuleKind::CancelNew | RuleKind::Restock | RuleKind::Refund)
        }
        Call::SetTier { tier, .. } => match kind {
            RuleKind::TierRole | RuleKind::TierStep | RuleKind::Capacity => true,
            RuleKind::GoldFunds => tier == Tier::Gold,
            _ => false,
        },
    };
    book.iter().filter(|(kind, _)| concerned(*kind)).fold(RuleSet::default(), |set, (kind, _)| set.with(kind))
}

/// The rules without a precondition that act on an accepted call.
pub(super) fn acting(book: &RuleBook, state: &Database, call: Call) -> RuleSet {
    let all = touched(book, state, call);
    let acting = RuleKind::ALL.into_iter().filter(|kind| !kind.rejects() && all.contains(*kind));
    acting.fold(RuleSet::default(), RuleSet::with)
}
