//! What is promised of every task.

use std::thread;

use milepost_core::{Ending, EnvError, Environment, TaskSeed, TokenEnvironment};
use proptest::prelude::*;

use super::{task, verified};
use crate::rule_db::{
    Difference, Generator, Limits, RuleDb, RuleDbConfig, RuleId, RuleKind, Scope, Search, canonical,
    canonical_key, carry_out, equivalent, execute, plan, replay, synthesise, violations,
};

#[test]
fn parameters_out_of_range_are_refused_by_name() {
    let default = RuleDbConfig::default;
    let cases = [
        (RuleDbConfig { boundary_share: 1.1, ..default() }, "boundary-share"),
        (RuleDbConfig { focus: Some(RuleKind::Refund), ..default() }, "focus"),
        (RuleDbConfig { least_rules: 0, ..default() }, "least-rules"),
        (RuleDbConfig { most_rules: 5, ..default() }, "most-rules"),
        (RuleDbConfig { distractors: 7, ..default() }, "distractors"),
        (RuleDbConfig { depth: 0, ..default() }, "depth"),
        (RuleDbConfig { touched_rules: 15, ..default() }, "touched-rules"),
        (RuleDbConfig { changed_rows: 101, ..default() }, "changed-rows"),
        (RuleDbConfig { walks: 0, ..default() }, "walks"),
        (RuleDbConfig { random_checks: 1001, ..default() }, "random-checks"),
        (RuleDbConfig { max_turns: 4, ..default() }, "max-turns"),
    ];
    for (config, parameter) in cases {
        let error = config.validate().expect_err(parameter);
        assert_eq!(error.parameter, parameter, "{error}");
    }
    assert_eq!(default().validate(), Ok(()));
}

#[test]
fn a_parameter_that_does_not_exist_is_refused() {
    let error = serde_json::from_str::<RuleDbConfig>(r#"{ "boundaries": 1.0 }"#).expect_err("unknown");
    assert!(error.to_string().contains("boundaries"), "{error}");
    let config: RuleDbConfig =
        serde_json::from_str(r#"{ "generator": "without-boundaries", "focus": "capacity" }"#).expect("known");
    assert_eq!((config.generator, config.focus), (Generator::WithoutBoundaries, Some(RuleKind::Capacity)));
}

#[test]
fn threads_do_not_change_a_task() {
    let here: Vec<_> = (0..8).map(|seed| task(Generator::Logigen, seed)).collect();
    let there: Vec<_> = (0..8).map(|seed| thread::spawn(move || task(Generator::Logigen, seed))).collect();
    for (here, there) in here.into_iter().zip(there) {
        assert_eq!(here, there.join().expect("the thread ends"));
    }
}

#[test]
fn goals_are_the_same_bits_in_any_process() {
    let goals = [0, 1, 2, 3].map(|seed| canonical_key(&task(Generator::Logigen, seed).goal));
    let recorded: [u64; 4] =
        [0x888f_2db2_1420_3cd3, 0xd625_aa0e_cb2f_9d4e, 0xba8d_7969_1077_29f1, 0xe0f1_5660_4ea7_74cf];
    assert_eq!(goals, recorded, "{goals:#x?}");
}

#[test]
fn backward_templates_are_not_always_solvable() {
    let limits = Limits { scope: Scope::Everything, depth: 10, states: 100 };
    let tasks = (0..60).map(|seed| task(Generator::Backward, seed));
    let unsolved: Vec<_> = tasks.filter(|task| task.solution.is_none()).collect();
    let proved = unsolved
        .iter()
        .filter(|task| plan(&task.book, task.role, &task.start, &task.goal, limits) == Search::Unreachable)
        .count();
    assert!(proved > 10 && unsolved.len() < 55, "{proved} of {} proved", unsolved.len());
}

#[test]
fn a_task_of_ones_own_is_checked() {
    let mut world = RuleDb::new(RuleDbConfig::default()).expect("valid");
    let good = task(Generator::Logigen, 1);
    let mut poor = good.clone();
    poor.start.users.values_mut().next().expect("there are users").balance = -1;
    let mut elsewhere = good.clone();
    elsewhere.goal = elsewhere.start.clone();
    for bad in [poor, elsewhere] {
        let error = world.reset_to(bad).expect_err("not a task");
        assert!(matches!(error, EnvError::Task { .. }), "{error}");
    }
    assert_eq!(world.reset_to(good), Ok(()));
}

#[test]
fn the_hard_set_has_a_configuration_for_every_rule_that_rejects() {
    let configs = RuleDbConfig::default().at_every_boundary();
    assert_eq!(configs.len(), 11);
    for config in configs {
        assert_eq!(config.validate(), Ok(()));
        let task = synthesise(&config, TaskSeed::literal(5)).expect("a boundary turns up");
        assert_eq!(task.boundary.map(|(rule, _)| rule), config.focus);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn replaying_the_solution_gives_the_goal(seed: u64, generator in verified()) {
        let task = task(generator, seed);
        let solution = task.solution.as_deref().expect("verified");
        let end = replay(&task.book, task.role, &task.start, solution).expect("every call is legal");
        prop_assert_eq!(canonical(&end), canonical(&task.goal));
        prop_assert!(!solution.iter().any(|call| call.reads()));
    }

    #[test]
    fn doing_nothing_never_succeeds(seed: u64, generator in verified()) {
        let task = task(generator, seed);
        prop_assert!(!Difference::between(&task.start, &task.goal).is_empty());
        let mut world = RuleDb::new(RuleDbConfig::default()).expect("valid");
        world.reset_to(task).expect("valid");
        let outcome = world.step(&world.done()).expect("runs");
        prop_assert!(!outcome.ending.is_some_and(Ending::is_success));
    }

    #[test]
    fn a_seed_makes_one_task(seed: u64, generator in verified()) {
        prop_assert_eq!(task(generator, seed), task(generator, seed));
    }

    #[test]
    fn no_call_of_a_solution_can_be_left_out(seed: u64, generator in verified()) {
        let task = task(generator, seed);
        let solution = task.solution.as_deref().expect("verified");
        for index in 0..solution.len() {
            let fewer: Vec<_> = [&solution[..index], &solution[index + 1..]].concat();
            if let Some(end) = replay(&task.book, task.role, &task.start, &fewer) {
                prop_assert!(!equivalent(&end, &task.goal), "call {} is not needed", index);
            }
        }
    }

    #[test]
    fn granting_the_wishes_in_a_legal_order_gives_the_goal(seed: u64, generator in verified(), luck: u64) {
        let task = task(generator, seed);
        let mut wishes = task.wishes.clone();
        if task.order == crate::rule_db::WishOrder::Any {
            super::stream(luck).shuffle(&mut wishes);
            if let Some(end) = carry_out(&task.book, task.role, &task.start, &wishes) {
                prop_assert!(equivalent(&end, &task.goal));
            }
        } else {
            let end = carry_out(&task.book, task.role, &task.start, &wishes).expect("the given order is legal");
            prop_assert!(equivalent(&end, &task.goal));
        }
    }

    #[test]
    fn at_a_boundary_one_rule_alone_rejects_a_call_by_one(seed: u64) {
        let config = RuleDbConfig { boundary_share: 1.0, ..RuleDbConfig::default() };
        let task = synthesise(&config, TaskSeed::literal(seed)).expect("made");
        let (rule, call) = task.boundary.expect("every task is at a boundary");
        let found = violations(&task.book, task.role, &task.start, call);
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!((found[0].rule, found[0].margin), (RuleId::Rule(rule), 1));
        prop_assert!(execute(&task.book, task.role, &task.start, call).is_err());
    }

    #[test]
    fn a_wish_is_granted_by_its_own_call_and_never_by_its_first_choice(seed: u64, generator in verified()) {
        let task = task(generator, seed);
        let solution = task.solution.as_deref().expect("verified");
        for wish in task.wishes.iter().filter(|wish| wish.first_choice.is_some()) {
            prop_assert!(solution.contains(&wish.call));
            prop_assert_ne!(wish.first_choice, Some(wish.call));
        }
        prop_assert_eq!(solution.len(), task.wishes.len());
    }

    #[test]
    fn the_user_view_names_neither_tools_nor_rules(seed: u64, generator in verified()) {
        let mut world = RuleDb::new(RuleDbConfig::default()).expect("valid");
        world.reset_to(task(generator, seed)).expect("valid");
        let view = world.vocabulary().decode(&world.user_view());
        prop_assert!(view.contains("wish"));
        for tool in crate::rule_db::Call::TOOLS {
            prop_assert!(!view.contains(tool), "{}", view);
        }
        for rule in RuleKind::ALL {
            prop_assert!(!view.contains(rule.name()), "{}", view);
        }
        prop_assert!(!view.contains("rule:") && !view.contains("call"), "{}", view);
    }
}
