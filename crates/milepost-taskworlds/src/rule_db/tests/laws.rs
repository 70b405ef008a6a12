//! Model-based: whatever is called, states and their changes obey the rules in force.

use milepost_core::Stream;
use proptest::prelude::*;

use super::{drawn_book, roles, stream};
use crate::rule_db::design::{core_writes, draw_stage};
use crate::rule_db::{
    Call, Database, Role, RuleBook, RuleDbConfig, RuleId, RuleKind, Status, Tier, equivalent, exact_key,
    execute, keeps_invariants, violations,
};

fn start(book: &RuleBook, seed: u64) -> Database {
    draw_stage(&RuleDbConfig::default(), book, None, &mut stream(seed))
        .expect("no boundary was asked for")
        .start
}

/// What must hold of an accepted call, stated from the outside: by looking at the rows before and after it.
fn obeys(book: &RuleBook, role: Role, before: &Database, call: Call, after: &Database) -> Result<(), String> {
    let p = |kind| book.get(kind);
    let clerk = role == Role::Clerk;
    let fail = |rule: RuleKind| Err(format!("{call:?} broke {rule:?}: {before:?} became {after:?}"));
    for (id, user) in &after.users {
        let old = before.users[id];
        if old.tier != user.tier {
            if clerk && p(RuleKind::TierRole).is_some() {
                return fail(RuleKind::TierRole);
            }
            if p(RuleKind::TierStep).is_some() && (old.tier, user.tier) == (Tier::Basic, Tier::Gold) {
                return fail(RuleKind::TierStep);
            }
            if p(RuleKind::GoldFunds).is_some_and(|least| user.tier == Tier::Gold && user.balance < least) {
                return fail(RuleKind::GoldFunds);
            }
        }
        let open: Vec<u8> = after
            .orders
            .values()
            .filter(|order| order.user == *id && order.status == Status::New)
            .map(|order| order.item)
            .collect();
        if let Some(cap) = p(RuleKind::Capacity) {
            let bonus = match user.tier {
                Tier::Basic => 0,
                Tier::Silver => 1,
                Tier::Gold => 1 + i8::from(p(RuleKind::GoldExceeds).is_some()),
            };
            if open.len() as i8 > cap + bonus {
                return fail(RuleKind::Capacity);
            }
        }
        let twice = (1..open.len()).any(|index| open[..index].contains(&open[index]));
        if p(RuleKind::OneOrder).is_some() && twice {
            return fail(RuleKind::OneOrder);
        }
    }
    for (id, order) in &after.orders {
        let old = before.orders.get(id);
        if p(RuleKind::BulkRole).is_some_and(|most| {
            clerk && order.qty > most && old.is_none_or(|old| old.qty != order.qty || old.item != order.item)
        }) {
            return fail(RuleKind::BulkRole);
        }
        let Some(old) = old else { continue };
        if old.user != order.user || old.status == Status::Cancelled && order != old {
            return Err(format!("{call:?} reopened or moved an order"));
        }
        let exchanged = (old.item, old.qty) != (order.item, order.qty);
        if p(RuleKind::UpdateNew).is_some() && exchanged && old.status != Status::New {
            return fail(RuleKind::UpdateNew);
        }
        if p(RuleKind::CancelNew).is_some()
            && old.status == Status::Shipped
            && order.status != Status::Shipped
        {
            return fail(RuleKind::CancelNew);
        }
        let band = |item: u8| before.items[&item].band;
        if p(RuleKind::SameBand).is_some() && band(old.item) != band(order.item) {
            return fail(RuleKind::SameBand);
        }
    }
    // Pieces and money are conserved where everything is tracked both ways, and fixed where nothing is.
    for (id, item) in &after.items {
        let out = |state: &Database| -> i32 {
            let live = state.orders.values().filter(|o| o.item == *id && o.status != Status::Cancelled);
            live.map(|order| i32::from(order.qty)).sum()
        };
        let (was, is) = (i32::from(before.items[id].stock), i32::from(item.stock));
        if p(RuleKind::Restock).is_some() && was + out(before) != is + out(after) {
            return fail(RuleKind::Restock);
        }
        if p(RuleKind::Stock).is_none() && was != is {
            return fail(RuleKind::Stock);
        }
    }
    for (id, user) in &after.users {
        let paid = |state: &Database| -> i32 {
            let live = state.orders.values().filter(|o| o.user == *id && o.status != Status::Cancelled);
            live.map(|order| i32::from(order.qty) * i32::from(state.items[&order.item].price)).sum()
        };
        let (was, is) = (i32::from(before.users[id].balance), i32::from(user.balance));
        if p(RuleKind::Refund).is_some() && was + paid(before) != is + paid(after) {
            return fail(RuleKind::Refund);
        }
        if p(RuleKind::Funds).is_none() && was != is {
            return fail(RuleKind::Funds);
        }
    }
    Ok(())
}

/// Calls as an agent makes them: most of them plausible, some at random.
fn next_call(plausible: &[Call], luck: &mut Stream) -> Call {
    let drawn = if luck.below(4) == 0 { Call::draw(luck) } else { None };
    drawn.unwrap_or_else(|| plausible[luck.below(plausible.len() as u64) as usize])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_reachable_state_obeys_the_rules(seed: u64, role in roles()) {
        let book = drawn_book(seed);
        let config = RuleDbConfig::default();
        let stage = draw_stage(&config, &book, None, &mut stream(seed)).expect("uniform");
        prop_assert!(keeps_invariants(&book, &stage.start));
        let mut luck = stream(seed ^ 1);
        let mut state = stage.start.clone();
        for _ in 0..30 {
            let call = next_call(&core_writes(&stage, &state), &mut luck);
            if let Ok(effect) = execute(&book, role, &state, call) {
                prop_assert_eq!(obeys(&book, role, &state, call, &effect.database), Ok(()));
                prop_assert!(keeps_invariants(&book, &effect.database));
                state = effect.database;
            }
        }
    }

    #[test]
    fn a_rejected_call_leaves_the_state_as_it_was(seed: u64, role in roles()) {
        let book = drawn_book(seed);
        let state = start(&book, seed);
        let (copy, key) = (state.clone(), exact_key(&state));
        let mut luck = stream(seed ^ 2);
        for _ in 0..50 {
            let Some(call) = Call::draw(&mut luck) else { continue };
            let found = violations(&book, role, &state, call);
            let executed = execute(&book, role, &state, call);
            prop_assert_eq!(executed.as_ref().err(), found.first());
            prop_assert_eq!(&state, &copy);
            prop_assert_eq!(exact_key(&state), key);
        }
    }

    #[test]
    fn triggers_are_pure_in_state_call_and_role(seed: u64, role in roles()) {
        let book = drawn_book(seed);
        let state = start(&book, seed);
        let mut luck = stream(seed ^ 3);
        for _ in 0..20 {
            let Some(call) = Call::draw(&mut luck) else { continue };
            prop_assert_eq!(execute(&book, role, &state, call), execute(&book, role, &state.clone(), call));
        }
    }

    #[test]
    fn what_a_clerk_may_do_a_manager_may(seed: u64) {
        let book = drawn_book(seed);
        let state = start(&book, seed);
        let mut luck = stream(seed ^ 4);
        for _ in 0..50 {
            let Some(call) = Call::draw(&mut luck) else { continue };
            if let Ok(effect) = execute(&book, Role::Clerk, &state, call) {
                prop_assert_eq!(execute(&book, Role::Manager, &state, call), Ok(effect));
            }
        }
    }

    #[test]
    fn reading_changes_nothing(seed: u64, role in roles()) {
        let book = drawn_book(seed);
        let state = start(&book, seed);
        for user in state.users.keys() {
            let effect = execute(&book, role, &state, Call::GetUser { user: *user }).expect("the user exists");
            prop_assert_eq!(&effect.database, &state);
            prop_assert!(effect.touched.is_empty());
        }
    }

    #[test]
    fn fewer_rules_reject_less(seed: u64, role in roles(), without in 0..14_usize) {
        let book = drawn_book(seed);
        let dropped = RuleKind::ALL[without];
        prop_assume!(dropped.rejects() && !matches!(dropped, RuleKind::Stock | RuleKind::Funds));
        let fewer = RuleBook::new(book.iter().filter(|(kind, _)| *kind != dropped && kind.requires() != Some(dropped)));
        let state = start(&book, seed);
        let mut luck = stream(seed ^ 5);
        for _ in 0..50 {
            let Some(call) = Call::draw(&mut luck) else { continue };
            if let Ok(effect) = execute(&book, role, &state, call) {
                let other = execute(&fewer, role, &state, call).expect("nothing was added").database;
                prop_assert!(equivalent(&other, &effect.database));
            }
            for violation in violations(&fewer, role, &state, call) {
                prop_assert_ne!(violation.rule, RuleId::Rule(dropped));
            }
        }
    }
}
