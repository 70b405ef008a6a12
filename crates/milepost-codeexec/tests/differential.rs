//! MiniPy beside CPython: the same value, the same exception class, or a refusal.

mod cpython;

use cpython::{Job, compare, skipped};
use milepost_codeexec::{GeneratedProgram, GeneratedType, Value, random_arguments, random_program};
use milepost_core::{Purpose, Stream, StreamKey};

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

/// Random programs of every type on random arguments.
#[test]
fn generated_programs_give_cpythons_values() {
    let mut stream = Stream::new(StreamKey::new(0, Purpose::named("differential")));
    let any_type = |stream: &mut Stream| GeneratedType::ALL[stream.below(4) as usize];
    let jobs: Vec<Job> = (0..1000)
        .map(|_| {
            let types: Vec<GeneratedType> = (0..stream.below(4)).map(|_| any_type(&mut stream)).collect();
            let (size, returns) = (stream.below(12) as usize, any_type(&mut stream));
            let program = random_program(size, &types, returns, &mut stream);
            let args = (0..4).map(|_| Value::Tuple(random_arguments(&types, &mut stream)).to_string());
            Job {
                args: args.collect(),
                source: String::from_utf8_lossy(program.source.bytes()).into_owned(),
                entry: GeneratedProgram::ENTRY.to_owned(),
            }
        })
        .collect();
    let Some((tally, faults)) = compare(&jobs) else { return skipped("generated programs") };

    assert!(faults.is_empty(), "{} of {} differ:\n{}", faults.len(), tally.calls, faults.join("\n"));
    assert!(tally.same_value * 2 > tally.calls && tally.same_exception > 0, "{tally:?}");
}

#[path = "cpython/cases/mod.rs"]
mod cases;
