use proptest::prelude::*;

use super::{drawn_book, roles, stream, task};
use crate::rule_db::design::draw_stage;
use crate::rule_db::{
    Call, Generator, Inconsistency, Limits, Role, RuleBook, RuleDbConfig, RuleKind, Scope, Search, Status,
    consistency, equivalent, execute, not_contradictory, plan, reachable, replay,
};

const EXHAUSTIVE: Limits = Limits { scope: Scope::Everything, depth: 2, states: 200 };

#[test]
fn rules_that_forbid_everything_are_contradictory() {
    // No clerk may order even one piece, change a tier or touch an order that was shipped.
    let book = RuleBook::new([(RuleKind::TierRole, 0), (RuleKind::BulkRole, 0), (RuleKind::CancelNew, 0)]);
    let mut start = task(Generator::WithoutDistractors, 1).start;
    for order in start.orders.values_mut() {
        order.status = Status::Shipped;
    }
    assert_eq!(not_contradictory(&book, Role::Clerk, &start), Err(Inconsistency::Contradiction));
    assert_eq!(reachable(&book, Role::Clerk, &start, 100), 1);
    assert_eq!(not_contradictory(&book, Role::Manager, &start), Ok(()));
}

#[test]
fn rules_that_mean_nothing_are_named() {
    let states = [task(Generator::Logigen, 1).start];
    let orphan = RuleBook::new([(RuleKind::Refund, 0)]);
    let needs = Inconsistency::Needs { rule: RuleKind::Refund, needs: RuleKind::Funds };
    assert_eq!(consistency(&orphan, &states), Err(needs));
    let idle = RuleBook::new([(RuleKind::Capacity, 9)]);
    let never = Inconsistency::NeverTriggered { rule: RuleKind::Capacity, states: 1 };
    assert_eq!(consistency(&idle, &states), Err(never));
}

#[test]
fn a_goal_that_would_reopen_an_order_is_unreachable() {
    let goal = task(Generator::WithoutDistractors, 1).start;
    let mut start = goal.clone();
    let order = start.orders.values_mut().next().expect("there are orders");
    order.status = Status::Cancelled;
    let mut wanted = goal.clone();
    wanted.orders.values_mut().next().expect("there are orders").status = Status::New;
    let found = plan(&RuleBook::default(), Role::Manager, &start, &wanted, EXHAUSTIVE);
    assert_eq!(found, Search::Unreachable);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn plans_lead_to_the_goal_and_are_no_longer_than_a_known_path(seed: u64, role in roles(), length in 0..3_usize) {
        let book = drawn_book(seed);
        let config = RuleDbConfig { distractors: 0, ..RuleDbConfig::default() };
        let stage = draw_stage(&config, &book, None, &mut stream(seed)).expect("uniform");
        let mut luck = stream(seed ^ 1);
        let (mut goal, mut made) = (stage.start.clone(), 0);
        for _ in 0..200 {
            let Some(call) = Call::draw(&mut luck) else { continue };
            if made < length && let Ok(effect) = execute(&book, role, &goal, call) {
                goal = effect.database;
                made += usize::from(!call.reads());
            }
        }
        for scope in [Scope::Everything, Scope::Differences] {
            let limits = Limits { scope, depth: 2, states: 400 };
            match plan(&book, role, &stage.start, &goal, limits) {
                Search::Found(calls) => {
                    prop_assert!(calls.len() <= made);
                    let end = replay(&book, role, &stage.start, &calls).expect("plans are legal");
                    prop_assert!(equivalent(&end, &goal));
                }
                Search::Unreachable => prop_assert!(false, "{} calls lead there", made),
                // One level is always searched whole.
                Search::Undecided => prop_assert!(made > 1),
            }
        }
    }
}
