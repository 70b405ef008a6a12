//! Laws of limits: what is finished stays as it is with more, and with less there is no other value.

use milepost_codeexec::pipeline::{Data, MAX_GENERATED_OPS, Pipeline, random_pipeline};
use milepost_codeexec::{Call, Executor, Limit, Limits, MiniPy, Outcome, Prepared, Source, Value};
use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

fn run(program: &Prepared, call: &Call, limits: &Limits) -> Outcome {
    MiniPy.run(program, std::slice::from_ref(call), limits).remove(0)
}

/// A program of the corpus or a printed pipeline, with a call.
fn programs() -> impl Strategy<Value = (Prepared, Call)> {
    let corpus: Vec<(Prepared, Call)> = include_str!("cpython/programs.py")
        .split("\n# --\n")
        .flat_map(|program| {
            let (first, source) = program.trim_start().split_once('\n').expect("a first line");
            let args = first.strip_prefix("# call ").expect("the first line has the arguments");
            let prepared = MiniPy.prepare(&Source::from(source), "f");
            args.split(" ; ")
                .filter_map(|args| match (&prepared, Value::parse(args)) {
                    (Ok(prepared), Ok(Value::Tuple(args))) => Some((prepared.clone(), Call::new(args))),
                    _ => None,
                })
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(corpus.len() > 50, "{} calls", corpus.len());
    let printed = (any::<u64>(), 1..=MAX_GENERATED_OPS, prop::collection::vec(-20i64..60, 0..7));
    let printed = printed.prop_map(|(seed, ops, input)| {
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("limits")));
        let source = random_pipeline(ops, &mut stream).to_minipy();
        let program = MiniPy.prepare(&source, Pipeline::ENTRY).expect("MiniPy");
        (program, Call::new(vec![Data::List(input).to_value()]))
    });
    prop_oneof![prop::sample::select(corpus), printed]
}

/// The outcome without what it used.
fn came_to(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Returned(value, usage) => format!("{value} {}", usage.stdout.text),
        Outcome::Raised { class, line, .. } => format!("{class} {line:?}"),
        Outcome::InvalidResult(why, _) => format!("{why:?}"),
        other => format!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn less_fuel_never_changes_a_finished_value_and_one_less_than_used_is_too_little(
        (program, call) in programs(), less in 0.0..1.0,
    ) {
        let limits = Limits { fuel: 300_000, ..Limits::default() };
        let outcome = run(&program, &call, &limits);
        let Some(used) = outcome.usage().and_then(|usage| usage.fuel) else { return Ok(()) };
        if matches!(outcome, Outcome::Limit(..)) {
            return Ok(());
        }
        let with = |fuel| run(&program, &call, &Limits { fuel, ..limits });
        prop_assert_eq!(&with(used), &outcome, "exactly what it used is enough");
        for fuel in [used - 1, (used as f64 * less) as u64, 0] {
            let starved = with(fuel);
            prop_assert!(matches!(starved, Outcome::Limit(Limit::Fuel, _)), "{:?} with {} of {}", starved, fuel, used);
        }
    }

    #[test]
    fn fewer_bytes_never_change_a_finished_value((program, call) in programs(), share in 0.0..1.0) {
        let limits = Limits { fuel: 300_000, ..Limits::default() };
        let outcome = run(&program, &call, &limits);
        let Some(peak) = outcome.usage().and_then(|usage| usage.peak_bytes) else { return Ok(()) };
        // Sweeps come sooner where there is less room, so what is used may differ; what comes out may not.
        let starved = run(&program, &call, &Limits { bytes: (peak as f64 * 2.0 * share) as u64, ..limits });
        let limited = matches!(starved, Outcome::Limit(..));
        prop_assert!(limited || came_to(&starved) == came_to(&outcome), "{:?} and {:?}", starved, outcome);
    }

    #[test]
    fn the_same_call_again_uses_the_same((program, call) in programs()) {
        let limits = Limits { fuel: 300_000, ..Limits::default() };
        prop_assert_eq!(run(&program, &call, &limits), run(&program, &call, &limits));
    }
}
