//! Each rule rejects what it is for, and names the field.

use std::collections::BTreeMap;

use crate::rule_db::{
    Call, Database, Field, Item, Order, Role, RuleBook, RuleId, RuleKind, Status, Tier, User, Violation,
    equivalent, execute,
};

/// Two users, three items, three orders: one new and one shipped of user 0, one cancelled of user 1.
fn shop() -> Database {
    let item = |stock, price| Item { stock, price, band: (price - 1) / 2 };
    let user = |tier, balance, open| User { tier, balance, open };
    let order = |user, item, qty, status| Order { user, item, qty, status, written: 0 };
    Database {
        items: BTreeMap::from([(0, item(2, 1)), (1, item(5, 2)), (2, item(3, 4))]),
        users: BTreeMap::from([(0, user(Tier::Basic, 5, 1)), (1, user(Tier::Gold, 9, 0))]),
        orders: BTreeMap::from([
            (0, order(0, 0, 1, Status::New)),
            (1, order(0, 1, 1, Status::Shipped)),
            (2, order(1, 1, 1, Status::Cancelled)),
        ]),
        clock: 0,
    }
}

#[test]
fn each_rule_rejects_what_it_is_for() {
    use RuleKind as R;
    let create = |user, item, qty| Call::CreateOrder { user, item, qty };
    let update = |order, item, qty| Call::UpdateOrder { order, item, qty };
    let tier = |user, tier| Call::SetTier { user, tier };
    let cases = [
        (R::TierRole, 0, tier(0, Tier::Silver), Field::Role, 1),
        (R::BulkRole, 2, create(0, 1, 3), Field::Qty, 1),
        (R::BulkRole, 1, update(0, 0, 3), Field::Qty, 2),
        (R::CancelNew, 0, Call::CancelOrder { order: 1 }, Field::Status, 1),
        (R::UpdateNew, 0, update(1, 0, 1), Field::Status, 1),
        (R::SameBand, 0, update(0, 2, 1), Field::Band, 1),
        (R::OneOrder, 0, create(0, 0, 1), Field::Item, 1),
        (R::TierStep, 0, tier(0, Tier::Gold), Field::Tier, 1),
        (R::GoldFunds, 6, tier(0, Tier::Gold), Field::Balance, 1),
        (R::Capacity, 1, create(0, 1, 1), Field::Open, 1),
        (R::Stock, 0, create(0, 0, 3), Field::Stock, 1),
        (R::Funds, 0, create(0, 2, 2), Field::Balance, 3),
    ];
    for (kind, parameter, call, field, margin) in cases {
        let shop = shop();
        let strict = RuleBook::new([(kind, parameter)]);
        let rejected = execute(&strict, Role::Clerk, &shop, call).expect_err("the rule is for this");
        assert_eq!(rejected, Violation { rule: RuleId::Rule(kind), field, margin }, "{call:?}");
        let free = execute(&RuleBook::default(), Role::Clerk, &shop, call);
        assert!(free.is_ok(), "without {kind:?} {call:?} was rejected: {free:?}");
    }
}

#[test]
fn the_schema_rejects_what_makes_no_sense() {
    let cases = [
        (Call::GetUser { user: 5 }, RuleId::Missing, Field::User),
        (Call::GetItem { item: 5 }, RuleId::Missing, Field::Item),
        (Call::CreateOrder { user: 0, item: 5, qty: 1 }, RuleId::Missing, Field::Item),
        (Call::CreateOrder { user: 0, item: 0, qty: 0 }, RuleId::Range, Field::Qty),
        (Call::UpdateOrder { order: 9, item: 0, qty: 1 }, RuleId::Missing, Field::Order),
        (Call::UpdateOrder { order: 2, item: 0, qty: 1 }, RuleId::Closed, Field::Status),
        (Call::CancelOrder { order: 2 }, RuleId::Closed, Field::Status),
        (Call::SetTier { user: 7, tier: Tier::Gold }, RuleId::Missing, Field::User),
    ];
    for (call, rule, field) in cases {
        let rejected = execute(&RuleBook::default(), Role::Manager, &shop(), call).expect_err("senseless");
        assert_eq!((rejected.rule, rejected.field), (rule, field), "{call:?}");
    }
    let mut full = shop();
    let last = full.orders[&0];
    full.orders.insert(15, last);
    let call = Call::CreateOrder { user: 0, item: 0, qty: 1 };
    let rejected = execute(&RuleBook::default(), Role::Manager, &full, call).expect_err("no id is left");
    assert_eq!((rejected.rule, rejected.field), (RuleId::Range, Field::Order));
}

#[test]
fn numbers_never_leave_their_range() {
    let mut rich = shop();
    rich.items.get_mut(&0).expect("there").stock = 9;
    let book = RuleBook::new([(RuleKind::Stock, 0), (RuleKind::Restock, 0)]);
    let rejected = execute(&book, Role::Clerk, &rich, Call::CancelOrder { order: 0 }).expect_err("9 + 1");
    assert_eq!((rejected.rule, rejected.field), (RuleId::Range, Field::Stock));
}

#[test]
fn side_effects_take_and_give_back() {
    let tracked = RuleBook::new(
        [RuleKind::Stock, RuleKind::Funds, RuleKind::Restock, RuleKind::Refund].map(|kind| (kind, 0)),
    );
    let shop = shop();
    let bought = execute(&tracked, Role::Clerk, &shop, Call::CreateOrder { user: 0, item: 1, qty: 2 });
    let bought = bought.expect("in stock and paid for").database;
    assert_eq!((bought.items[&1].stock, bought.users[&0].balance, bought.users[&0].open), (3, 1, 2));
    // Two pieces at 2 are exchanged for one at 4: the money is the same again.
    let exchanged = execute(&tracked, Role::Clerk, &bought, Call::UpdateOrder { order: 3, item: 2, qty: 1 });
    let exchanged = exchanged.expect("paid for by what comes back").database;
    assert_eq!(
        (exchanged.items[&1].stock, exchanged.items[&2].stock, exchanged.users[&0].balance),
        (5, 2, 1)
    );
    let cancelled = execute(&tracked, Role::Clerk, &exchanged, Call::CancelOrder { order: 3 });
    let cancelled = cancelled.expect("new").database;
    assert_eq!((cancelled.items[&2].stock, cancelled.users[&0].balance, cancelled.users[&0].open), (3, 5, 1));
    assert!(!equivalent(&cancelled, &shop), "the cancelled order stays on record");
}

#[test]
fn an_order_exchanged_for_itself_changes_nothing() {
    let book = RuleBook::new([(RuleKind::Stock, 0)]);
    let same = execute(&book, Role::Clerk, &shop(), Call::UpdateOrder { order: 0, item: 0, qty: 1 });
    let effect = same.expect("legal");
    assert_eq!(effect.database, shop());
    assert!(effect.touched.contains(RuleKind::Stock));
}

#[test]
fn gold_users_exceed_the_capacity_by_one() {
    let create = |item| Call::CreateOrder { user: 1, item, qty: 1 };
    for (rules, most) in [(vec![RuleKind::Capacity], 2), (vec![RuleKind::Capacity, RuleKind::GoldExceeds], 3)]
    {
        let book = RuleBook::new(rules.into_iter().map(|kind| (kind, 1)));
        let mut state = shop();
        let mut placed = 0;
        while let Ok(effect) = execute(&book, Role::Clerk, &state, create(placed % 3)) {
            state = effect.database;
            placed += 1;
        }
        assert_eq!(placed, most);
        let lower = execute(&book, Role::Clerk, &state, Call::SetTier { user: 1, tier: Tier::Basic });
        assert_eq!(lower.expect_err("more open orders than a basic user may have").field, Field::Open);
    }
}
