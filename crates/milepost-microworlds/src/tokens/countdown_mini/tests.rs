use milepost_core::{Environment, Purpose, Stream, StreamKey, TaskSeed};
use proptest::prelude::*;

use super::*;
use crate::tokens::{Scribe, SingleTurn};

fn task(check_share: f64) -> CountdownMini {
    CountdownMini::new(CountdownMiniConfig { check_share, ..CountdownMiniConfig::default() }).expect("valid")
}

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("countdown-mini/tests")))
}

fn encode(task: &CountdownMini, text: &str) -> Vec<u32> {
    task.vocabulary().encode(text).expect("words of the task")
}

const EXAMPLE: CountdownProblem = CountdownProblem::Solve { digits: [3, 4, 7], target: 8 };

#[test]
fn prompts_and_answers_read_as_documented() {
    let task = task(0.0);
    let mut prompt = Vec::new();
    task.prompt(&EXAMPLE, &mut prompt);
    assert_eq!(task.vocabulary().decode(&prompt), "<begin> solve 3 4 7 = 8");
    let wrong = encode(&task, "4 * 7 + 3 <end>");
    assert_eq!(task.verdict(&EXAMPLE, &wrong), Some(false));
    let question = task.question(&EXAMPLE, &wrong).expect("well formed");
    let mut asked = Vec::new();
    task.prompt(&question, &mut asked);
    assert_eq!(task.vocabulary().decode(&asked), "<begin> check 3 4 7 = 8 : 4 * 7 + 3 ?");
    assert_eq!(task.vocabulary().decode(&task.expert(&question)), "no <end>");
    assert_eq!(task.question(&question, &wrong), None);
    // 3 + 4 = 7 and 7 · 7 = 49 = 5; 7 − 3 = 4, 4 + 4 = 8.
    assert_eq!(task.verdict(&EXAMPLE, &encode(&task, "7 - 3 + 4 <end>")), Some(true));
}

#[test]
fn expressions_of_other_digits_are_malformed() {
    let task = task(0.0);
    for text in
        ["3 + 4 + 4 <end>", "3 + 4 <end>", "3 + 4 + 7", "3 4 7 <end>", "yes <end>", "3 + 4 + 7 + 3 <end>"]
    {
        assert_eq!(task.verdict(&EXAMPLE, &encode(&task, text)), None, "{text}");
        assert_eq!(task.question(&EXAMPLE, &encode(&task, text)), None, "{text}");
    }
}

#[test]
fn with_working_a_verdict_shows_the_values_of_both_steps() {
    let task =
        CountdownMini::new(CountdownMiniConfig { check_working: true, ..CountdownMiniConfig::default() })
            .expect("valid");
    // 4 · 7 = 28 = 6 and 6 + 3 = 9 modulo 11.
    let question = task.question(&EXAMPLE, &encode(&task, "4 * 7 + 3 <end>")).expect("well formed");
    assert_eq!(task.vocabulary().decode(&task.expert(&question)), "6 9 no <end>");
    // The last word is the verdict, whatever precedes it; without two values there is none.
    for (text, right) in
        [("6 9 no <end>", Some(true)), ("1 8 no <end>", Some(true)), ("6 9 yes <end>", Some(false))]
    {
        assert_eq!(task.verdict(&question, &encode(&task, text)), right, "{text}");
        assert_eq!(task.says_yes(&encode(&task, text)), right == Some(false), "{text}");
    }
    for text in ["no <end>", "6 no <end>", "6 9 3 no <end>", "6 + no <end>", "6 9 no", "6 9 <end>"] {
        assert_eq!(task.verdict(&question, &encode(&task, text)), None, "{text}");
    }
}

#[test]
fn parameters_out_of_range_are_named() {
    let refused = |config| CountdownMini::new(config).expect_err("out of range").parameter;
    assert_eq!(refused(CountdownMiniConfig { modulus: 1, ..CountdownMiniConfig::default() }), "modulus");
    assert_eq!(
        refused(CountdownMiniConfig { check_share: 1.5, ..CountdownMiniConfig::default() }),
        "check-share"
    );
    let config = CountdownWriterConfig { check_error: -0.1, ..CountdownWriterConfig::default() };
    assert_eq!(CountdownWriter::new(&task(0.0), config).expect_err("out of range").parameter, "check-error");
}

proptest! {
    #[test]
    fn every_problem_can_be_solved(seed: u64, share in 0.0..1.0_f64) {
        let task = task(share);
        let problem = task.draw(&mut stream(seed));
        prop_assert_eq!(task.verdict(&problem, &task.expert(&problem)), Some(true));
    }

    #[test]
    fn checking_agrees_with_the_checker(seed: u64, luck: u64) {
        let task = task(0.0);
        let mut world = SingleTurn::new(task.clone());
        world.reset(TaskSeed::literal(seed)).expect("a task");
        let problem = world.problem().expect("posed").clone();
        let turn = milepost_core::Demonstrator::random_turn(&world, &mut stream(luck));
        let right = task.verdict(&problem, &turn).expect("well formed");
        let CountdownProblem::Solve { digits, target } = problem else { panic!("no checks were asked for") };
        let expression = task.words.expression(digits, &turn[..5]).expect("well formed");
        let check = CountdownProblem::Check { digits, target, expression };
        let verdict = task.expert(&check)[0];
        prop_assert_eq!(verdict == task.verdict_words()[0], right);
        prop_assert_eq!(task.question(&problem, &turn), Some(check));
    }

    #[test]
    fn answers_are_equal_iff_they_are_written_alike(seed: u64, a: u64, b: u64) {
        let mut world = SingleTurn::new(task(0.3));
        world.reset(TaskSeed::literal(seed)).expect("a task");
        let turns = [a, b].map(|luck| milepost_core::Demonstrator::random_turn(&world, &mut stream(luck)));
        let problem = world.problem().expect("posed");
        let answers = turns.clone().map(|turn| world.task().answer(problem, &turn).expect("well formed"));
        prop_assert_eq!(turns[0] == turns[1], answers[0] == answers[1]);
    }

    /// V(prefix) is the mean of its continuations under the writer.
    #[test]
    fn completions_are_well_formed_and_values_are_probabilities(seed: u64, cut in 0..6_usize, check_working: bool) {
        let config = CountdownMiniConfig { check_share: 0.3, check_working, ..CountdownMiniConfig::default() };
        let task = CountdownMini::new(config).expect("valid");
        let writer = CountdownWriter::new(&task, CountdownWriterConfig::default()).expect("valid");
        let problem = task.draw(&mut stream(seed));
        let turn = Scribe::answer(&writer, &problem, &mut stream(seed ^ 1));
        let begin = &turn[..cut.min(turn.len())];
        let rest = writer.complete(&problem, begin, &mut stream(seed ^ 2)).expect("goes on");
        let whole = [begin, &rest].concat();
        prop_assert!(task.verdict(&problem, &whole).is_some());
        let value = writer.value(&problem, begin).expect("known");
        prop_assert!((0.0..=1.0).contains(&value));
        let end = f64::from(u8::from(task.verdict(&problem, &whole) == Some(true)));
        prop_assert_eq!(writer.value(&problem, &whole), Some(end));
    }
}
