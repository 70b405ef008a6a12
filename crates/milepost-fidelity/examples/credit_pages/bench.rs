//! Published numbers and expected orderings, measured again.

use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

use milepost_fidelity::FidelityError;
use milepost_fidelity::orderings::{Effort, ROWS, Verdict, check};
use milepost_fidelity::protocol::{Metric, Sampling, run};
use milepost_fidelity::reference::{Chain, PUBLISHED_BATCHES, ReferenceValue, published};

use crate::tables::{brief, number};
use crate::worlds::{DISTRACTOR, LONG, R1, SETTLED};

/// Headings of the published table, in the order of [`milepost_fidelity::reference`].
const PUBLISHED: [(&str, Chain, Metric); 7] = [
    ("RMSE", Chain::Eight, Metric::Rmse),
    ("sign", Chain::Eight, Metric::SignAccuracy),
    ("hit", Chain::Eight, Metric::Hit),
    ("leakage", Chain::Eight, Metric::Leakage),
    ("batch cosine", Chain::Eight, Metric::BatchCosine),
    ("nvar", Chain::Eight, Metric::NormalisedVariance),
    ("nvar, H = 32", Chain::ThirtyTwo, Metric::NormalisedVariance),
];

/// Published numbers of R1 and its variants, each with what is measured here.
pub(crate) fn reference() -> Result<String, FidelityError> {
    let chains = [Chain::Eight, Chain::ThirtyTwo, Chain::Distractor, Chain::Saturated];
    let instances = chains.map(|chain| chain.instance().build());
    let sampling = Sampling { group: 8, batches: PUBLISHED_BATCHES, seed: 0 };
    let headings = PUBLISHED.map(|(heading, ..)| heading).join(" | ");
    let mut out = format!("| arm | {headings} |\n|---|{}\n", "---|".repeat(PUBLISHED.len()));
    let mut others = String::from(
        "| arm | instance | metric | published | closed form | here |\n|---|---|---|---|---|---|\n",
    );
    for arm in published() {
        let mut found = Vec::new();
        for value in &arm.values {
            let at = chains.iter().position(|chain| *chain == value.chain).unwrap_or(0);
            let instance = instances[at].as_ref().map_err(Clone::clone)?;
            let record = run(instance, arm.arm.build().as_mut(), sampling, &AtomicBool::new(false))?;
            found.push((value, value.metric.of(&record).map_or_else(|| "undefined".into(), number)));
        }
        let name = arm.arm.build().name();
        let pair = |(_, chain, metric): (&str, Chain, Metric)| {
            let cell = found.iter().find(|(value, _)| (value.chain, value.metric) == (chain, metric));
            cell.map_or_else(String::new, |(value, here)| format!("{} / {here}", value.published))
        };
        let cells = PUBLISHED.map(pair);
        if cells.iter().any(|cell| !cell.is_empty()) {
            let _ = writeln!(out, "| `{name}` | {} |", cells.join(" | "));
        }
        let rest = |value: &ReferenceValue| {
            PUBLISHED.iter().all(|(_, chain, metric)| (*chain, *metric) != (value.chain, value.metric))
        };
        for (value, here) in found.iter().filter(|(value, _)| rest(value)) {
            let instance = match value.chain {
                Chain::Eight => R1,
                Chain::ThirtyTwo => LONG,
                Chain::Distractor => DISTRACTOR,
                Chain::Saturated => SETTLED,
            };
            let exact = value.exact.map_or_else(|| "-".into(), number);
            let metric = value.metric.label();
            let _ = writeln!(
                others,
                "| `{name}` | {instance} | {metric} | {} | {exact} | {here} |",
                value.published
            );
        }
    }
    Ok(format!("{out}\n{others}"))
}

/// The expected orderings: a table of verdicts, then the numbers behind each.
pub(crate) fn orderings() -> Result<String, FidelityError> {
    let mut out = String::from("| row | claim | verdict |\n|---|---|---|\n");
    let mut details = String::new();
    for row in ROWS {
        let found = check(row, Effort::STANDARD, &AtomicBool::new(false))?;
        let verdict = match found.verdict {
            Verdict::Holds => "holds",
            Verdict::DoesNotHold => "does not hold",
            Verdict::Agrees => "direction agrees",
            Verdict::Disagrees => "direction disagrees",
        };
        let _ = writeln!(out, "| {row} | {} | {verdict} |", found.claim);
        let _ = writeln!(details, "\n### Row {row}: {verdict}\n");
        let _ =
            writeln!(details, "{}. Source: {}. Expected: {}.\n", found.claim, found.source, found.expected);
        let _ = writeln!(details, "| measured | value | 95 % interval | expected |\n|---|---|---|---|");
        for measured in &found.measured {
            let interval = measured
                .interval
                .map_or_else(String::new, |i| format!("{} to {}", number(i.low), number(i.high)));
            let expected = measured.expected.map_or_else(String::new, number);
            let what = brief(&measured.what).replace('|', "\\|");
            let _ = writeln!(details, "| {what} | {} | {interval} | {expected} |", number(measured.value));
        }
    }
    Ok(out + &details)
}
