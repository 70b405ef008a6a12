//! The table on the terminal.

use std::fmt::Write as _;

use super::summary::{Summary, Value};

/// One row for each arm, columns aligned, and what became of the further claims.
pub(crate) fn render(summary: &Summary) -> String {
    let interval_name = format!("{} % interval", summary.confidence * 100.0);
    let header =
        ["arm", "seeds", "IQM", &interval_name, "mean", "difference", &interval_name, "P(better)", "agree"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for arm in &summary.arms {
        let comparison = arm.comparison.as_ref();
        rows.push(vec![
            arm.arm.clone(),
            arm.seeds.len().to_string(),
            point(arm.interquartile_mean),
            interval(arm.interquartile_mean),
            point(arm.mean),
            point(comparison.map(|c| c.paired_difference)),
            interval(comparison.map(|c| c.paired_difference)),
            point(comparison.map(|c| c.probability_of_improvement)),
            comparison.map_or_else(|| "–".into(), |c| format!("{}/{}", c.agreeing, c.pairs)),
        ]);
    }
    let mut out = aligned(&rows);
    for claim in summary.claims.iter().skip(1) {
        // Writing to a string cannot fail.
        let _ = write!(out, "\n- {}\n  {}", claim.claim, claim.sentence);
    }
    out
}

/// Rows as lines: the first column to the left, the others to the right.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(crate) fn point(value: Option<Value>) -> String {
    value.map_or_else(|| "–".into(), |value| number(value.value))
}

pub(crate) fn interval(value: Option<Value>) -> String {
    match value.and_then(|value| value.interval) {
        None => "–".into(),
        Some((low, high)) => format!("[{}, {}]", number(low), number(high)),
    }
}

/// Three decimals for rates, none for step counts.
fn number(value: f64) -> String {
    if value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}
