use proptest::prelude::*;

use super::{drawn_book, roles, stream, task};
use crate::rule_db::design::{Stage, core_writes, draw_stage};
use crate::rule_db::{
    Agreement, Call, Database, Difference, Generator, Role, RuleBook, RuleDbConfig, canonical, canonical_key,
    equivalent, exact_key, execute, replay, state_rewards,
};

/// A first state, and two that random legal calls lead to from it.
fn walked(book: &RuleBook, role: Role, seed: u64) -> [Database; 3] {
    let stage = uniform(book, seed);
    let walk = |luck: u64| {
        let mut luck = stream(luck);
        (0..3).fold(stage.start.clone(), |state, _| legal_step(book, role, &stage, state, &mut luck))
    };
    [stage.start.clone(), walk(seed ^ 1), walk(seed ^ 2)]
}

fn legal_step(
    book: &RuleBook,
    role: Role,
    stage: &Stage,
    state: Database,
    luck: &mut milepost_core::Stream,
) -> Database {
    let calls = core_writes(stage, &state);
    for _ in 0..20 {
        let call = calls[luck.below(calls.len() as u64) as usize];
        if let Ok(effect) = execute(book, role, &state, call) {
            return effect.database;
        }
    }
    state
}

/// A first state without a boundary.
fn uniform(book: &RuleBook, seed: u64) -> Stage {
    draw_stage(&RuleDbConfig::default(), book, None, &mut stream(seed)).expect("uniform")
}

/// Pairs of orders for different users, of different items.
fn creations(stage: &Stage) -> Vec<(Call, Call)> {
    let calls = core_writes(stage, &stage.start);
    pairs(&calls, |one, other| {
        matches!(
            (one, other),
            (Call::CreateOrder { user: a, item: x, .. }, Call::CreateOrder { user: b, item: y, .. })
                if a != b && x != y
        )
    })
}

/// Pairs of another tier for one user, and a cancellation for another.
fn tiers_beside_cancellations(stage: &Stage) -> Vec<(Call, Call)> {
    let calls = core_writes(stage, &stage.start);
    pairs(&calls, |one, other| match (one, other) {
        (Call::SetTier { user, tier }, Call::CancelOrder { .. }) => {
            tier != stage.start.users[&user].tier && other.user(&stage.start) != Some(user)
        }
        _ => false,
    })
}

/// The pairs of calls of which this holds.
fn pairs(calls: &[Call], holds: impl Fn(Call, Call) -> bool) -> Vec<(Call, Call)> {
    let all = calls.iter().flat_map(|one| calls.iter().map(move |other| (*one, *other)));
    all.filter(|(one, other)| holds(*one, *other)).collect()
}

/// Where two calls lead, the first one first and the other way round; `None` where one of them is rejected.
fn either_order(
    book: &RuleBook,
    role: Role,
    start: &Database,
    (one, other): (Call, Call),
) -> [Option<Database>; 2] {
    [[one, other], [other, one]].map(|calls| replay(book, role, start, &calls))
}

#[test]
fn f1_counts_both_kinds_of_mistake() {
    let half = Agreement { common: 2, made: 4, wanted: 2 };
    assert_eq!((half.precision(), half.recall(), half.f1()), (0.5, 1.0, 2.0 / 3.0));
    assert_eq!(half.collateral(), 2);
    assert_eq!(Agreement { common: 0, made: 0, wanted: 3 }.f1(), 0.0);
    // A task with nothing to do is done while nothing is.
    assert_eq!(Agreement { common: 0, made: 0, wanted: 0 }.f1(), 1.0);
    assert_eq!(Agreement { common: 0, made: 1, wanted: 0 }.f1(), 0.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn f1_is_in_the_unit_interval_and_one_iff_the_changes_are_equal(seed: u64, role in roles()) {
        let [start, one, other] = walked(&drawn_book(seed), role, seed);
        let (made, wanted) = (Difference::between(&start, &one), Difference::between(&start, &other));
        let f = made.agreement(&wanted).f1();
        prop_assert!((0.0..=1.0).contains(&f));
        prop_assert_eq!(f == 1.0, made == wanted);
        prop_assert_eq!(made == wanted, equivalent(&one, &other));
        prop_assert_eq!(f, wanted.agreement(&made).f1());
    }

    #[test]
    fn a_difference_is_empty_iff_the_states_are_equivalent(seed: u64, role in roles()) {
        let [start, one, _] = walked(&drawn_book(seed), role, seed);
        prop_assert!(Difference::between(&one, &one).is_empty());
        prop_assert_eq!(Difference::between(&start, &one).is_empty(), equivalent(&start, &one));
        prop_assert_eq!(Difference::between(&start, &one).len(), Difference::between(&one, &start).len());
    }

    #[test]
    fn rewards_telescope_whatever_the_path(seed: u64, role in roles(), bonus in 0.0..2.0_f64, exact: bool) {
        let book = drawn_book(seed);
        let [start, end, goal] = walked(&book, role, seed);
        let wanted = Difference::between(&start, &goal);
        let score = |state: &Database| Difference::between(&start, state).agreement(&wanted).f1();
        // Straight to the end, and there by way of the goal and of the start.
        let short = [score(&start), score(&end)];
        let long = [score(&start), score(&goal), score(&start), score(&end)];
        let paid = |scores: &[f64]| state_rewards(scores, bonus, exact).iter().sum::<f64>();
        let promised = score(&end) - score(&start) + if exact { bonus } else { 0.0 };
        prop_assert!((paid(&short) - promised).abs() < 1e-12);
        prop_assert!((paid(&long) - promised).abs() < 1e-12);
        prop_assert_eq!(state_rewards(&long, bonus, exact).len(), 3);
    }

    #[test]
    fn equivalence_is_reflexive_symmetric_and_transitive(seed: u64, role in roles()) {
        let [a, b, c] = walked(&drawn_book(seed), role, seed);
        for (x, y) in [(&a, &b), (&b, &c), (&a, &c)] {
            prop_assert!(equivalent(x, x));
            prop_assert_eq!(equivalent(x, y), equivalent(y, x));
        }
        let renamed = canonical(&b);
        prop_assert_eq!(equivalent(&a, &b), equivalent(&a, &renamed));
    }

    #[test]
    fn canonicalisation_is_idempotent(seed: u64, role in roles()) {
        let [_, state, _] = walked(&drawn_book(seed), role, seed);
        let once = canonical(&state);
        prop_assert_eq!(canonical(&once), once.clone());
        prop_assert!(equivalent(&state, &once) && equivalent(&once, &state));
        prop_assert_eq!(canonical_key(&state), canonical_key(&once));
    }

    #[test]
    fn ids_and_volatile_columns_never_matter(seed: u64, role in roles()) {
        let [start, state, _] = walked(&drawn_book(seed), role, seed);
        let mut other = state.clone();
        let mut rows: Vec<_> = other.orders.values().copied().collect();
        stream(seed ^ 7).shuffle(&mut rows);
        for (index, row) in rows.iter_mut().enumerate() {
            row.written = row.written.wrapping_mul(31) + index as u32 + 100;
        }
        other.orders = (0..).zip(rows).collect();
        other.clock += 7;
        prop_assert_eq!(canonical(&other), canonical(&state));
        prop_assert!(equivalent(&other, &state));
        prop_assert_ne!(exact_key(&other), exact_key(&state));
        prop_assert_eq!(Difference::between(&start, &other), Difference::between(&start, &state));
    }

    #[test]
    fn calls_on_different_rows_verify_equally_in_either_order(seed: u64, role in roles()) {
        let book = drawn_book(seed);
        let stage = uniform(&book, seed);
        for pair in creations(&stage).into_iter().chain(tiers_beside_cancellations(&stage)) {
            let [left, right] = either_order(&book, role, &stage.start, pair);
            prop_assert_eq!(left.is_some(), right.is_some(), "{:?}", pair);
            let (Some(left), Some(right)) = (left, right) else { continue };
            prop_assert!(equivalent(&left, &right), "{:?}", pair);
            prop_assert_eq!(canonical_key(&left), canonical_key(&right));
            prop_assert_eq!(
                Difference::between(&stage.start, &left), Difference::between(&stage.start, &right)
            );
        }
    }
}

#[test]
fn many_pairs_of_calls_are_legal_in_either_order() {
    type Pairs = fn(&Stage) -> Vec<(Call, Call)>;
    let kinds: [(&str, Pairs); 2] =
        [("creations", creations), ("tiers beside cancellations", tiers_beside_cancellations)];
    for (name, pairs) in kinds {
        let seeds = (0..200).filter(|seed| {
            let (book, role) = (drawn_book(*seed), Role::ALL[usize::from(seed % 2 == 1)]);
            let stage = uniform(&book, *seed);
            let legal = |pair| either_order(&book, role, &stage.start, pair).iter().all(Option::is_some);
            pairs(&stage).into_iter().any(legal)
        });
        let seeds = seeds.count();
        assert!(seeds > 20, "{name}: {seeds} of 200 states have a pair that is legal in either order");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_change_to_a_distractor_lowers_the_score(seed: u64, share in 0.0..1.0_f64) {
        let task = task(Generator::Logigen, seed);
        prop_assume!(!task.distractor_users.is_empty() || !task.distractor_items.is_empty());
        let wanted = Difference::between(&task.start, &task.goal);
        let solution = task.solution.as_deref().expect("verified");
        // Part of the way, or all of it.
        let done = (share * (solution.len() + 1) as f64) as usize;
        let state = replay(&task.book, task.role, &task.start, &solution[..done]).expect("legal");
        let mut touched = state.clone();
        if let Some(user) = task.distractor_users.first() {
            touched.users.get_mut(user).expect("in the state").balance ^= 1;
        } else if let Some(item) = task.distractor_items.first() {
            touched.items.get_mut(item).expect("in the state").stock ^= 1;
        }
        let score = |state: &Database| Difference::between(&task.start, state).agreement(&wanted);
        let (clean, collateral) = (score(&state), score(&touched));
        prop_assert_eq!(collateral.collateral(), clean.collateral() + 1);
        prop_assert_eq!(collateral.recall(), clean.recall());
        if clean.common > 0 {
            prop_assert!(collateral.f1() < clean.f1());
        } else {
            prop_assert_eq!(collateral.f1(), 0.0);
        }
    }
}

#[test]
fn distractors_do_occur() {
    let with = (0..20).filter(|seed| !task(Generator::Logigen, *seed).distractor_items.is_empty()).count();
    assert!(with > 5, "{with} of 20 tasks have distractor items");
    for seed in 0..20 {
        let task = task(Generator::WithoutDistractors, seed);
        assert!(task.distractor_users.is_empty() && task.distractor_items.is_empty());
    }
}
