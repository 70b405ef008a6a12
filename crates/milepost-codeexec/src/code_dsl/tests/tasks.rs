use proptest::prelude::*;

use super::*;
use crate::pipeline::{Pipeline, mutation_score};
use crate::{Audit, Judge, MiniPy};

fn measured(config: &TaskConfig, measure: impl Fn(&CodeTask) -> f64) -> f64 {
    let tasks = (0..200).map(|seed| CodeTask::draw(config, TaskSeed::literal(seed)).expect("a task"));
    tasks.map(|task| measure(&task)).sum::<f64>() / 200.0
}

fn share(passed: &[bool]) -> f64 {
    passed.iter().filter(|passed| **passed).count() as f64 / passed.len() as f64
}

#[test]
fn the_target_passes_every_test_and_its_printing_does_for_the_judge() {
    for seed in 0..40 {
        let task = task(seed);
        assert!(task.train().passed(task.target()).iter().all(|passed| *passed), "{}", task.target());
        assert!(task.shown().iter().chain(task.examples()).all(|case| case.passes(task.target())));
        let report =
            Judge::new(MiniPy).judge(&task.target().to_minipy(), Pipeline::ENTRY, &task.train().to_tests());
        assert!(report.solved(), "{}", task.target());
        assert!(task.target().check().is_ok() && (2..=4).contains(&task.natural().ops().len()));
    }
}

#[test]
fn the_natural_program_misses_the_hard_tests_and_no_others() {
    for seed in 0..100 {
        let task = task(seed);
        let passed = task.train().passed(task.natural());
        for (passed, difficulty) in passed.iter().zip(task.train().difficulties()) {
            assert_eq!(*passed, *difficulty != Difficulty::Hard, "{} of task {seed}", task.natural());
        }
        assert!(passed.iter().any(|passed| !passed));
    }
}

#[test]
fn every_guard_is_needed() {
    for seed in 0..100 {
        let task = task(seed);
        assert!(!task.guards().is_empty());
        for dropped in task.guards() {
            let program = task.with_guards(|guard| guard != dropped);
            let passed = task.train().passed(&program);
            assert!(passed.iter().any(|passed| !passed), "{program} of {}", task.target());
        }
        assert_eq!(&task.with_guards(|_| true), task.target());
        assert_eq!(&task.with_guards(|_| false), task.natural());
    }
}

#[test]
fn no_program_that_computes_nothing_solves_a_task() {
    for seed in 0..60 {
        let task = task(seed);
        let shown: Vec<_> = task.shown().iter().map(Case::to_test).collect();
        let rewarded = task.train().to_tests();
        let audit = Audit::new(&shown, &rewarded, &vec![1.0; rewarded.len()]).expect("weights fit");
        assert!(!audit.solved, "{audit:?} on {}", task.target());
    }
}

#[test]
fn tests_are_skewed_as_the_knob_says_and_strong() {
    let with = |copies| TaskConfig { copies, ..TaskConfig::default() };
    let rate = |config: &TaskConfig| measured(config, |task| share(&task.train().passed(task.natural())));
    assert!((rate(&with(1)) - 22.0 / 24.0).abs() < 1e-9);
    assert!((rate(&with(16)) - 262.0 / 264.0).abs() < 1e-9);
    let inputs =
        |task: &CodeTask| task.train().cases().iter().map(|case| case.input.clone()).collect::<Vec<_>>();
    let strength = measured(&with(1), |task| mutation_score(task.target(), &inputs(task)).score());
    assert!(strength > 0.9, "{strength}");
}

#[test]
fn gold_tests_exist_and_share_no_input_with_any_other_pool() {
    let config = TaskConfig { examples: 2, ..TaskConfig::default() };
    for seed in 0..200 {
        let task = CodeTask::draw(&config, TaskSeed::literal(seed)).expect("a task");
        let gold = task.gold(&config).expect("tests of evaluation");
        assert_eq!(gold.difficulties(), task.train().difficulties());
        assert!(gold.passed(task.target()).iter().all(|passed| *passed));
        let pools = [task.train().cases(), task.shown(), task.examples()].concat();
        for case in gold.cases() {
            assert!(pools.iter().all(|other| other.input != case.input), "{case:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_task_is_a_function_of_its_seed_and_has_the_tests_that_are_asked_for(
        config in task_configs(), seed: u64,
    ) {
        let task = CodeTask::draw(&config, TaskSeed::literal(seed)).expect("a task");
        let again = CodeTask::draw(&config, TaskSeed::literal(seed)).expect("a task");
        prop_assert_eq!(&task, &again);
        prop_assert_eq!(task.train().cases().len(), config.tests() as usize);
        prop_assert_eq!((task.shown().len(), task.examples().len()), (config.shown as usize, config.examples as usize));
        prop_assert!(task.guards().len() <= config.guards as usize);
        prop_assert_eq!(task.guards().is_empty(), config.guards == 0);
        // Within a pool only the copies of an easy test are alike; between pools nothing is.
        let easy = (config.easy * config.copies) as usize;
        let mut once: Vec<&Case> = task.train().cases()[..easy].iter().step_by(config.copies as usize).collect();
        once.extend(task.train().cases()[easy..].iter().chain(task.shown()).chain(task.examples()));
        for (index, case) in once.iter().enumerate() {
            prop_assert!(once[..index].iter().all(|other| other.input != case.input));
        }
    }
}
