//! CPython as an oracle, where there is one.

use std::io::Write;
use std::process::{Command, Stdio};

use milepost_codeexec::{Call, Comparison, Executor, Limit, Limits, MiniPy, Outcome, Source, Value};
use serde::Serialize;

/// A program with the literals of the argument tuples that it is called with.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Job {
    pub(crate) source: String,
    pub(crate) entry: String,
    pub(crate) args: Vec<String>,
}

/// What CPython gave for one call.
type Answer = Vec<String>;

/// What became of the calls.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) calls: usize,
    /// The same value, or the same exception class.
    pub(crate) same_value: usize,
    pub(crate) same_exception: usize,
    pub(crate) rejected: usize,
    pub(crate) limit: usize,
    /// CPython under two hash seeds does not agree with itself: the result depends on the order of a set.
    pub(crate) unstable: usize,
}

/// CPython's answers, or `None` where there is no `python3`.
fn answers(jobs: &[Job], seed: &str) -> Option<Vec<Vec<Answer>>> {
    let oracle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cpython/oracle.py");
    let mut child = Command::new("python3")
        .args(["-X", "utf8", oracle])
        .env("PYTHONHASHSEED", seed)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let lines: String =
        jobs.iter().map(|job| serde_json::to_string(job).expect("a job is data") + "\n").collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().ok()?;
    writer.join().expect("the writer does not panic").ok()?;
    let text = String::from_utf8(output.stdout).expect("the oracle writes UTF-8");
    let answers: Vec<Vec<Answer>> =
        text.lines().map(|line| serde_json::from_str(line).expect("an answer")).collect();
    assert_eq!(answers.len(), jobs.len(), "the oracle answers every job");
    Some(answers)
}

fn has_set(value: &Value) -> bool {
    match value {
        Value::Set(_) | Value::FrozenSet(_) => true,
        Value::List(items) | Value::Tuple(items) => items.iter().any(has_set),
        Value::Dict(pairs) => pairs.iter().any(|(k, v)| has_set(k) || has_set(v)),
        _ => false,
    }
}

/// MiniPy beside CPython. `None` where there is no `python3`; otherwise the tally and every disagreement.
pub(crate) fn compare(jobs: &[Job]) -> Option<(Tally, Vec<String>)> {
    let (first, second) = (answers(jobs, "1")?, answers(jobs, "2")?);
    let mut tally = Tally::default();
    let mut faults = Vec::new();
    for (job, (first, second)) in jobs.iter().zip(first.iter().zip(&second)) {
        let prepared = MiniPy.prepare(&Source::from(job.source.as_str()), &job.entry);
        for (args, (first, second)) in job.args.iter().zip(first.iter().zip(second)) {
            tally.calls += 1;
            let outcome = match &prepared {
                Err(rejected) => Outcome::Rejected(rejected.clone()),
                Ok(program) => {
                    let Ok(Value::Tuple(args)) = Value::parse(args) else {
                        panic!("{args} is no literal of arguments")
                    };
                    MiniPy.run(program, &[Call::new(args)], &Limits::default()).remove(0)
                }
            };
            let kind = first.first().map_or("", String::as_str);
            let stable = first == second;
            let fits = match &outcome {
                Outcome::Rejected(_) => {
                    tally.rejected += 1;
                    true
                }
                Outcome::Limit(limit, _) => {
                    tally.limit += 1;
                    matches!(limit, Limit::Fuel | Limit::Memory | Limit::Output)
                }
                Outcome::InvalidResult(..) => {
                    tally.limit += 1;
                    true
                }
                _ if !stable => {
                    tally.unstable += 1;
                    true
                }
                Outcome::Returned(value, usage) => {
                    tally.same_value += 1;
                    kind == "value" && same(value, &first[1]) && *usage.stdout.text == *first[2]
                }
                Outcome::Raised { class, .. } => {
                    tally.same_exception += 1;
                    kind == "raised" && first[1] == class.name()
                }
                _ => false,
            };
            if !fits {
                let shown = match &outcome {
                    Outcome::Returned(value, usage) => format!("{value} {:?}", usage.stdout.text),
                    Outcome::Raised { class, line, .. } => format!("{class} in line {line:?}"),
                    other => format!("{other:?}"),
                };
                faults.push(format!(
                    "{}\n# called with {args}: CPython {first:?}, MiniPy {shown}\n",
                    job.source
                ));
            }
        }
    }
    Some((tally, faults))
}

/// The same value of the same types; dicts in the same order, sets in any.
fn same(value: &Value, repr: &str) -> bool {
    if value.to_string() == repr {
        return true;
    }
    let literal = repr.replace("nan", "float('nan')").replace("inf", "float('inf')");
    let expected = Value::parse(repr).or_else(|_| Value::parse(&literal));
    has_set(value) && expected.is_ok_and(|expected| Comparison::Typed.accepts(&expected, value))
}

/// Says that a test was not run, where a test runner shows it.
pub(crate) fn skipped(test: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: there is no python3 on this machine");
}
