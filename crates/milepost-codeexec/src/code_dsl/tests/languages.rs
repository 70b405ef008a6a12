use milepost_core::{Demonstrator, Ending, Environment, Outcome, TurnFault, Vocabulary};
use proptest::prelude::*;

use super::*;
use crate::pipeline::{ErrorClass, Op, OpKind, Pipeline, random_pipeline};

fn minipy(turns: u32) -> CodeConfig {
    CodeConfig { turns, language: Language::MiniPy, mask: Mask::Syntax, ..CodeConfig::default() }
}

/// A turn of MiniPy from the texts of its tokens.
fn written(world: &CodeDsl, text: &str) -> Vec<u32> {
    let words: Vec<String> = text.split(' ').map(|token| format!("py:{token}")).collect();
    world.vocabulary().encode(&format!("{} <end>", words.join(" "))).expect("words")
}

/// What the world says to a program, its error, and the fault of the turn.
fn reply(text: &str) -> (String, Option<Fault>, Option<TurnFault>) {
    let mut world = dsl(minipy(4), 5);
    let turn = written(&world, text);
    world.step(&turn).expect("running");
    let class = said(&world).rsplit(' ').next().expect("a word").to_owned();
    (class, world.submissions()[0].error, world.fault())
}

proptest! {
    #[test]
    fn a_pipeline_and_its_minipy_pass_the_same_tests_and_fail_alike(seed: u64, ops in 1usize..=6) {
        let world = dsl(minipy(1), seed % 64);
        let task = world.task().expect("started");
        let pipeline = random_pipeline(ops, &mut stream(seed));
        prop_assume!(pipeline.check().is_ok());
        let mut turn = world.write(&pipeline);
        prop_assert!(turn.len() <= 12 + 30 * pipeline.ops().len(), "{pipeline}: {} tokens", turn.len());
        turn.push(Vocabulary::END);
        let minipy = Language::MiniPy.read(&turn).expect("a program");
        let classes = |program: &Program| -> Vec<Result<bool, ErrorClass>> {
            let cases = [task.shown(), task.train().cases()].concat();
            program.outcomes(&cases).into_iter().map(|outcome| outcome.map_err(|fault| fault.class)).collect()
        };
        prop_assert_eq!(classes(&minipy), classes(&Program::Pipeline(pipeline)));
    }

    #[test]
    fn a_target_in_minipy_is_allowed_token_by_token_and_solves_its_task(seed in 0u64..200) {
        let mut world = dsl(minipy(1), seed);
        let turn = world.expert_turn().expect("running");
        prop_assert!(turn.len() <= world.turn_limit());
        let mut allowed = Vec::new();
        for (at, token) in turn.iter().enumerate() {
            allowed.clear();
            prop_assert!(world.grammar(&turn[..at], &mut allowed));
            prop_assert!(allowed.contains(token) && allowed.is_sorted());
        }
        prop_assert_eq!(world.step(&turn).expect("running").reward, 1.0);
        let gold = CodeGold::of(&world).expect("submitted");
        prop_assert_eq!(gold.for_evaluation(CodeMeasure::AllPassed), 1.0);
    }
}

#[test]
fn the_longest_line_of_minipy_is_that_of_a_running_sum() {
    let line = |kind: OpKind| {
        let op = Op::plain(kind).or(Op::with(kind, 99)).expect("one of them");
        let ops = Pipeline::new(vec![op]).expect("one operation");
        Language::MiniPy.write(&ops).len()
    };
    let longest = OpKind::ALL.into_iter().max_by_key(|kind| line(*kind)).expect("operations");
    assert_eq!((longest, line(longest)), (OpKind::Cumsum, 12 + 30));
}

#[test]
fn feedback_on_minipy_names_the_class_of_the_first_error_and_its_line() {
    let refused =
        |word: &str, class, at| (word.to_owned(), Some(Fault { class, at }), Some(TurnFault::Refused));
    let head = "def f ( a ) : NEWLINE INDENT";
    assert_eq!(reply(&format!("{head} return [ ] NEWLINE DEDENT")), ("wrong".to_owned(), None, None));
    let line = format!("{head} b = a NEWLINE return b + 1 NEWLINE DEDENT");
    assert_eq!(reply(&line), refused("type-error", ErrorClass::Type, 12));
    let unbound = format!("{head} return c NEWLINE DEDENT");
    assert_eq!(reply(&unbound), refused("value-error", ErrorClass::Value, 7));
    let endless = format!("{head} while True : NEWLINE INDENT pass NEWLINE DEDENT DEDENT");
    assert_eq!(reply(&endless).0, "limit-error");
    assert_eq!(reply(&endless).2, Some(TurnFault::Refused));
    let (word, error, fault) = reply("def f ( a ) NEWLINE");
    assert_eq!((word.as_str(), fault), ("parse-error", Some(TurnFault::Malformed)));
    assert_eq!(error, Some(Fault { class: ErrorClass::Parse, at: 5 }));
    let (_, unfinished, _) = reply(head);
    assert_eq!(unfinished, Some(Fault { class: ErrorClass::Parse, at: 8 }));
}

#[test]
fn a_program_of_the_other_language_is_none() {
    let mut world = dsl(minipy(1), 5);
    let turn = world.vocabulary().encode("sort <end>").expect("words");
    world.step(&turn).expect("running");
    assert_eq!(world.ending(), Some(Ending::Terminated(Outcome::Failure)));
    assert_eq!(world.fault(), Some(TurnFault::Malformed));
}

#[test]
fn a_program_in_minipy_is_shown_as_python_has_it() {
    let world = dsl(minipy(1), 5);
    let turn = written(&world, "def f ( a ) : NEWLINE INDENT return a [ 1 2 : ] NEWLINE DEDENT");
    let program = Language::MiniPy.read(&turn).expect("a program");
    assert_eq!(program.to_string(), "def f(a):\n    return a[12:]");
    let case = Case { input: vec![3, 1], output: crate::pipeline::Data::List(vec![1]) };
    assert_eq!((program.says(&case), program.passed(&[case])), ("[]".to_owned(), vec![false]));
}

#[test]
fn words_of_minipy_come_after_all_others() {
    let (pipelines, minipy) = (CodeDsl::default(), dsl(minipy(1), 0));
    let others = pipelines.vocabulary().len();
    assert_eq!(minipy.vocabulary().len(), others + crate::grammar::Token::COUNT);
    assert!(minipy.vocabulary().words().take(others).eq(pipelines.vocabulary().words()));
    assert_eq!(
        minipy.vocabulary().id("py:not_in").and_then(Words::read_minipy).map(crate::grammar::Token::text),
        Some("not in")
    );
}
