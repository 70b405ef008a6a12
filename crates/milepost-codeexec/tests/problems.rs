//! The reference solutions of the problem files: what MiniPy runs passes, and gives CPython's values.

mod cpython;

use cpython::{Job, compare, skipped};
use milepost_codeexec::{Judge, MiniPy, Problem, Value, Verdict};
use milepost_testkit::fixtures;

fn humaneval() -> Vec<Problem> {
    let text = fixtures::text("parity/humaneval/problems.jsonl").expect("the problems are there");
    Problem::humaneval(&text).into_iter().map(|problem| problem.expect("a problem that is read")).collect()
}

fn mbpp() -> Vec<Problem> {
    let text = fixtures::text("parity/mbpp/problems.jsonl").expect("the problems are there");
    Problem::mbpp(&text).into_iter().map(|problem| problem.expect("a problem that is read")).collect()
}

/// (inside MiniPy, solved), with the names of those that are inside and not solved.
fn solve(problems: &[Problem]) -> (usize, usize, Vec<String>) {
    let (mut inside, mut solved, mut failed) = (0, 0, Vec::new());
    for problem in problems {
        let report = Judge::new(MiniPy).judge(&problem.solution, &problem.entry, &problem.tests);
        let refused = report.tests.iter().all(|test| test.verdict == Verdict::Rejected);
        inside += usize::from(!refused);
        solved += usize::from(report.solved());
        if !refused && !report.solved() {
            let words: Vec<_> = report.tests.iter().map(|test| test.verdict.to_string()).collect();
            failed.push(format!("{}: {words:?}", problem.id));
        }
    }
    (inside, solved, failed)
}

#[test]
fn fixture_reference_solutions_of_humaneval_pass() {
    let problems = humaneval();
    let (inside, solved, failed) = solve(&problems);
    assert!(inside * 100 >= problems.len() * 90, "{inside} of {} are inside MiniPy", problems.len());
    assert!(solved * 100 >= inside * 95, "{solved} of {inside}: {failed:?}");
    assert!(!failed.iter().any(|f| f.contains("wrong")), "{failed:?}");
}

#[test]
fn fixture_reference_solutions_of_mbpp_pass() {
    let problems = mbpp();
    let (inside, solved, failed) = solve(&problems);
    assert!(inside * 2 >= problems.len(), "{inside} of {} are inside MiniPy", problems.len());
    assert!(solved * 100 >= inside * 95, "{solved} of {inside}: {failed:?}");
}

#[test]
fn fixture_reference_solutions_give_cpythons_values() {
    let jobs: Vec<Job> = humaneval()
        .into_iter()
        .chain(mbpp())
        .map(|problem| Job {
            source: String::from_utf8_lossy(problem.solution.bytes()).into_owned(),
            entry: problem.entry,
            args: problem.tests.iter().map(|test| Value::Tuple(test.call.args.clone()).to_string()).collect(),
        })
        .collect();
    let Some((tally, faults)) = compare(&jobs) else { return skipped("reference solutions") };
    assert!(faults.is_empty(), "{} of {} differ:\n{}", faults.len(), tally.calls, faults.join("\n"));
    let inside = tally.calls - tally.rejected - tally.unstable;
    assert!(tally.same_value * 100 >= inside * 95, "{tally:?}");
}
