//! Rows as Markdown.

use std::fmt::Write as _;

use milepost_fidelity::config::EstimatorConfig;
use milepost_fidelity::estimators::GiGpo;
use milepost_fidelity::protocol::{ArmSummary, Metric};
use milepost_fidelity::reference::published_gigpo;

use crate::measure::Row;
use crate::rules::Page;
use crate::worlds::{R1, instance};

const COLUMNS: [Metric; 8] = [
    Metric::Rmse,
    Metric::ScaledRmse,
    Metric::SignAccuracy,
    Metric::Hit,
    Metric::Leakage,
    Metric::BatchCosine,
    Metric::NormalisedVariance,
    Metric::ExtraSteps,
];

/// Three significant digits, as few characters as they take.
pub(crate) fn number(x: f64) -> String {
    let magnitude = x.abs();
    if magnitude < 5e-4 {
        return if magnitude < 1e-9 { "0".into() } else { format!("{x:.0e}") };
    }
    if magnitude >= 1e5 {
        return format!("{x:.0e}");
    }
    let decimals = (2 - magnitude.log10().floor() as i32).clamp(0, 3) as usize;
    format!("{x:.decimals$}")
}

/// The mean over seeds and half the width of its 95 % interval.
fn cell(summary: &ArmSummary, metric: Metric) -> String {
    let Some(found) = summary.get(metric) else { return "-".into() };
    let Some(mean) = found.mean else { return "undefined".into() };
    let half = found.interval.map_or(0.0, |interval| interval.width() / 2.0);
    let spread = if half < 5e-4 { String::new() } else { format!(" ± {}", number(half)) };
    let undefined =
        if found.undefined > 0 { format!(" ({} undefined)", found.undefined) } else { String::new() };
    format!("{}{spread}{undefined}", number(mean))
}

pub(crate) fn table_of<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let mut out = String::from("| rule | instance |");
    let labels: Vec<&str> = COLUMNS.iter().map(|metric| metric.label()).collect();
    let _ = writeln!(out, " {} |\n|---|---|{}", labels.join(" | "), "---|".repeat(COLUMNS.len()));
    for Row { instance, summary, .. } in rows {
        let cells: Vec<String> = COLUMNS.iter().map(|metric| cell(summary, *metric)).collect();
        let _ = writeln!(out, "| `{}` | {instance} | {} |", summary.arm, cells.join(" | "));
    }
    out
}

pub(crate) fn overview(pages: &[Page], rows: &[Row]) -> String {
    let mut out = String::from(
        "| page | question | in short | measured arm | RMSE | batch cosine |\n|---|---|---|---|---|---|\n",
    );
    for (index, Page { file, title, question, formula, .. }) in pages.iter().enumerate() {
        let Some(row) = rows.iter().find(|row| row.page == index && row.instance == R1) else { continue };
        let (rmse, cosine) = (cell(&row.summary, Metric::Rmse), cell(&row.summary, Metric::BatchCosine));
        let link = format!("[{title}](credit/{}.md)", if *file == "controls" { "measured" } else { file });
        let _ = writeln!(
            out,
            "| {link} | {question} | {} | `{}` | {rmse} | {cosine} |",
            formula.replace('|', "\\|"),
            brief(&row.summary.arm)
        );
    }
    out
}

pub(crate) fn instances(rows: &[Row]) -> String {
    let mut out = String::from("| instance | what |\n|---|---|\n");
    let mut seen = Vec::new();
    for name in rows.iter().map(|row| row.instance) {
        if !seen.contains(&name) {
            seen.push(name);
            let _ = writeln!(out, "| {name} | {} |", instance(name).0);
        }
    }
    out
}

/// Shorter names for arms that stand in a sentence.
pub(crate) fn brief(text: &str) -> String {
    let name = |estimator: GiGpo| EstimatorConfig::from(estimator).build().name();
    let shrunk = GiGpo { shrinkage: 4.0, ..published_gigpo(false) };
    let names = [
        (name(published_gigpo(true)), "gigpo"),
        (name(published_gigpo(false)), "gigpo's step part"),
        (name(shrunk), "gigpo's step part with shrinkage 4"),
    ];
    names.iter().fold(text.to_owned(), |text, (long, short)| text.replace(long, short))
}
