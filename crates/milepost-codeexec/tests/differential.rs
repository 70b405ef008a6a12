//! MiniPy beside CPython: the same value, the same exception class, or a refusal.

mod cpython;

use cpython::{Job, compare, skipped};

/// Programs of one line each on many arguments: operators, methods, formats, built-ins.
#[test]
fn expressions_give_cpythons_values() {
    let mut jobs = Vec::new();
    for (expressions, args) in cases::CASES {
        for expression in *expressions {
            jobs.push(Job {
                source: format!("import math\ndef f(a, b=3, c=None):\n    return {expression}\n"),
                entry: "f".to_owned(),
                args: args.iter().map(|args| (*args).to_owned()).collect(),
            });
        }
    }
    let Some((tally, faults)) = compare(&jobs) else { return skipped("expressions") };

    assert!(faults.is_empty(), "{} of {} differ:\n{}", faults.len(), tally.calls, faults.join("\n"));
    assert!(tally.same_value * 2 > tally.calls, "{tally:?}");
}

/// Whole programs: statements, scopes, exceptions, iterators, sets.
#[test]
fn programs_give_cpythons_values() {
    let jobs: Vec<Job> = include_str!("cpython/programs.py")
        .split("\n# --\n")
        .map(|program| {
            let (first, source) = program.trim_start().split_once('\n').expect("a first line");
            let args = first.strip_prefix("# call ").expect("the first line has the arguments");
            Job {
                source: source.to_owned(),
                entry: "f".to_owned(),
                args: args.split(" ; ").map(str::to_owned).collect(),
            }
        })
        .collect();
    let Some((tally, faults)) = compare(&jobs) else { return skipped("programs") };

    assert!(faults.is_empty(), "{} of {} differ:\n{}", faults.len(), tally.calls, faults.join("\n"));
    assert!(tally.rejected * 10 < tally.calls, "{tally:?}");
}

#[path = "cpython/cases.rs"]
mod cases;
