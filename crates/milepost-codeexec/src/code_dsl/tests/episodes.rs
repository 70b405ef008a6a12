use milepost_core::{Demonstrator, Ending, Outcome, Probe, StateRecords, TurnFault, Vocabulary};
use proptest::prelude::*;

use super::*;
use crate::pipeline::ErrorClass;

fn turns(turns: u32) -> CodeConfig {
    CodeConfig { turns, ..CodeConfig::default() }
}

#[test]
fn a_prompt_describes_the_main_line_and_says_beside_it_what_to_withstand() {
    let mut world = dsl(turns(4), 3);
    let task = world.task().expect("started").clone();
    let prompt = said(&world);
    assert!(prompt.starts_with("<begin> spec ") && prompt.ends_with(" write"), "{prompt}");
    assert_eq!(prompt.contains("edge-"), !task.guards().is_empty());
    let natural = format!("{} <end>", world.vocabulary().decode(&world.write(task.natural())));
    let (reply, reward) = say(&mut world, &natural);
    // The shown tests do not need the guards: the natural program looks right, and is not.
    assert_eq!((reply.as_str(), reward), ("pass pass pass pass ok", 0.0));
    assert_eq!(world.ending(), None);
    let expert = world.expert_turn().expect("running");
    assert_eq!(world.step(&expert).expect("running").reward, 1.0);
    assert_eq!(world.ending(), Some(Ending::Terminated(Outcome::Success)));
}

#[test]
fn feedback_names_the_class_of_the_first_error() {
    let class = |text: &str| {
        let mut world = dsl(turns(4), 5);
        let (reply, _) = say(&mut world, text);
        let fault = world.submissions()[0].error.map(|fault| (fault.class, fault.at));
        (reply.rsplit(' ').next().expect("a word").to_owned(), fault, world.fault())
    };
    let malformed =
        |word: &str, at| (word.to_owned(), Some((ErrorClass::Parse, at)), Some(TurnFault::Malformed));
    assert_eq!(class("sort rev <end>"), malformed("parse-error", 1));
    assert_eq!(class("sort | pass <end>"), malformed("parse-error", 2));
    assert_eq!(class("sort"), malformed("parse-error", 1));
    assert_eq!(class("<end>"), malformed("parse-error", 0));
    let refused = |word: &str, class, at| (word.to_owned(), Some((class, at)), Some(TurnFault::Refused));
    assert_eq!(class("take 1 2 | len | sort <end>"), refused("type-error", ErrorClass::Type, 6));
    assert_eq!(class("gt 9 9 | max <end>"), refused("value-error", ErrorClass::Value, 4));
    assert_eq!(class("take 0 | len <end>"), ("wrong".to_owned(), None, None));
}

#[test]
fn the_last_submission_is_final() {
    let mut world = dsl(turns(2), 1);
    say(&mut world, "take 0 <end>");
    assert_eq!(world.ending(), None);
    say(&mut world, "take 0 <end>");
    assert_eq!(world.ending(), Some(Ending::Terminated(Outcome::Failure)));
}

#[test]
fn a_hasty_writer_drops_guards_as_often_as_it_should() {
    let mut solved = 0;
    for seed in 0..400 {
        let mut world = dsl(turns(1), seed);
        let turn = world.noisy_turn(0.7, &mut stream(seed));
        solved += usize::from(world.step(&turn).expect("running").reward == 1.0);
        assert_eq!(world.hasty_turn(DroppedGuards::default(), &mut stream(seed)), None, "it is over");
    }
    // One or two guards, each kept with probability 0.3: between 0.09 and 0.3, and tasks with one guard are more frequent.
    // Four standard errors are 0.085.
    assert!((60..=130).contains(&solved), "{solved}");
}

#[test]
fn gold_scores_the_last_submission_on_tests_of_its_own() {
    let config = CodeConfig { turns: 2, task: TaskConfig { copies: 4, ..TaskConfig::default() }, ..turns(2) };
    let mut world = dsl(config, 11);
    assert_eq!(CodeGold::of(&world), None);
    let natural = world.hasty_turn(DroppedGuards { probability: 1.0 }, &mut stream(0)).expect("running");
    world.step(&natural).expect("running");
    let gold = CodeGold::of(&world).expect("a submission");
    let measured = |measure| gold.for_evaluation(measure);
    assert_eq!((measured(CodeMeasure::AllPassed), measured(CodeMeasure::HardRate)), (0.0, 0.0));
    assert!((measured(CodeMeasure::PassRate) - 22.0 / 24.0).abs() < 1e-12);
    assert_eq!((measured(CodeMeasure::Gap), measured(CodeMeasure::Submissions)), (0.0, 1.0));
    let expert = world.expert_turn().expect("running");
    world.step(&expert).expect("running");
    let gold = CodeGold::of(&world).expect("a submission");
    assert_eq!(gold.for_evaluation(CodeMeasure::AllPassed), 1.0);
}

/// A program that knows the rewarded answers by heart has no place in the language; one that fits one input only has a gap.
#[test]
fn malformed_submissions_score_nothing_on_gold() {
    let mut world = dsl(turns(1), 2);
    say(&mut world, "sort sort <end>");
    let gold = CodeGold::of(&world).expect("a submission");
    assert_eq!(gold.for_evaluation(CodeMeasure::PassRate), 0.0);
    assert_eq!(gold.for_evaluation(CodeMeasure::Gap), 0.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn recorded_probes_give_back_which_tests_were_passed(
        task in task_configs(), seed: u64, noise in 0.0..=1.0,
    ) {
        let mut world = dsl(CodeConfig { task, ..turns(4) }, seed);
        let mut probes: Vec<CodeProbe> = CodeProbe::all().collect();
        let mut records = StateRecords::named(probes.iter().map(Probe::name));
        let mut draws = stream(seed);
        let mut read = |world: &CodeDsl, records: &mut StateRecords| {
            let values: Vec<f64> = probes.iter_mut().map(|probe| probe.read(world)).collect();
            records.push(&values);
        };
        read(&world, &mut records);
        while world.ending().is_none() {
            let random = draws.uniform() < 0.5;
            let turn = if random { world.random_turn(&mut draws) } else { world.noisy_turn(noise, &mut draws) };
            world.step(&turn).expect("running");
            read(&world, &mut records);
        }
        let (tests, passed) = passed_tests(&records).expect("recorded");
        let rows: Vec<bool> = world.submissions().iter().flat_map(|s| s.passed.clone()).collect();
        prop_assert_eq!((tests, passed), (world.config().task.tests() as usize, rows));
        let solved = records.get("code-solved").expect("recorded").last().copied();
        prop_assert_eq!(solved == Some(1.0), world.ending().is_some_and(Ending::is_success));
    }

    #[test]
    fn an_episode_fits_into_its_token_bound(task in task_configs(), turns in 1u32..=3, seed: u64) {
        let mut world = dsl(CodeConfig { task, turns, ..CodeConfig::default() }, seed);
        let mut tokens = 0;
        let mut observation = world.new_observation();
        while world.ending().is_none() {
            world.observe(&mut observation);
            tokens += observation.len() + world.turn_limit();
            // As long as it may be, and no program.
            world.step(&vec![Vocabulary::BEGIN; world.turn_limit()]).expect("running");
        }
        prop_assert!(tokens <= world.token_bound(), "{} of {}", tokens, world.token_bound());
    }
}

#[test]
fn a_record_that_is_missing_is_named() {
    let mut records = StateRecords::named(["code-tests"]);
    records.push(&[24.0]);
    records.push(&[24.0]);
    let error = passed_tests(&records).expect_err("24 tests, and no record of them");
    assert!(error.to_string().contains("code-passed-0"), "{error}");
}
