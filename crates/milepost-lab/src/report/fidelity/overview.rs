//! One row a method over all instances: what a reader wants first.

use std::fmt::Write as _;

use milepost_fidelity::orderings::Verdict;
use milepost_fidelity::protocol::{Finding, Metric};
use milepost_fidelity::report::{ArmRow, Report};

use crate::report::number::{ABSENT, significant};

/// The metrics that are averaged over instances: those that mean the same on each.
pub(super) const METRICS: [Metric; 6] = [
    Metric::BatchCosine,
    Metric::SignAccuracy,
    Metric::Hit,
    Metric::Leakage,
    Metric::TauTrajectory,
    Metric::ExtraSteps,
];

/// A method over all instances.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OverviewRow {
    /// Its name.
    pub(super) arm: String,
    /// Instances it was run on.
    pub(super) instances: usize,
    /// Means over the instances on which the metric exists, in the order of [`METRICS`].
    pub(super) means: Vec<Option<f64>>,
    /// Instances on which its batch cosine is better than the baseline's, not told apart, and worse.
    pub(super) against: [usize; 3],
}

/// All methods, in the order in which they first appear.
pub(super) fn rows(report: &Report) -> Vec<OverviewRow> {
    let mut names: Vec<&str> = Vec::new();
    for row in report.tables.iter().flat_map(|table| &table.rows) {
        if !names.contains(&row.summary.arm.as_str()) {
            names.push(&row.summary.arm);
        }
    }
    names.into_iter().map(|name| overview(report, name)).collect()
}

fn overview(report: &Report, arm: &str) -> OverviewRow {
    let rows: Vec<&ArmRow> =
        report.tables.iter().flat_map(|table| &table.rows).filter(|row| row.summary.arm == arm).collect();
    let mean = |metric: Metric| {
        let values: Vec<f64> = rows.iter().filter_map(|row| row.summary.get(metric)?.mean).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let mut against = [0; 3];
    for difference in rows.iter().flat_map(|row| &row.differences).filter(|d| d.metric == Metric::BatchCosine)
    {
        against[match difference.outcome {
            Finding::Better => 0,
            Finding::Tie => 1,
            Finding::Worse => 2,
        }] += 1;
    }
    OverviewRow { arm: arm.to_owned(), instances: rows.len(), means: METRICS.map(mean).to_vec(), against }
}

/// A number, or a dash where it is undefined.
pub(super) fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| ABSENT.to_owned(), significant)
}

/// The overview and the orderings, for a terminal.
pub(crate) fn overview_text(report: &Report) -> String {
    let rows = rows(report);
    let width = rows.iter().map(|row| row.arm.chars().count()).max().unwrap_or(0).clamp(6, 60);
    let mut out = format!("{:width$}  {:>4}", "method", "on");
    for metric in METRICS {
        let _ = write!(out, "  {:>16}", metric.label());
    }
    let baseline = report.tables.iter().find_map(|table| table.baseline.as_deref());
    if let Some(baseline) = baseline {
        let _ = write!(out, "  {:>12}", format!("+/=/- {baseline}"));
    }
    out.push('\n');
    for row in &rows {
        let name: String = row.arm.chars().take(width).collect();
        let _ = write!(out, "{name:width$}  {:>4}", row.instances);
        for mean in &row.means {
            let _ = write!(out, "  {:>16}", optional(*mean));
        }
        if row.against != [0; 3] {
            let [better, tie, worse] = row.against;
            let _ = write!(out, "  {:>12}", format!("{better}/{tie}/{worse}"));
        }
        out.push('\n');
    }
    out +=
        "means over instances; +/=/-: instances on which the batch cosine is better, not told apart, worse\n";
    for ordering in &report.orderings {
        let verdict = match ordering.verdict {
            Verdict::Holds => "holds",
            Verdict::DoesNotHold => "DOES NOT HOLD",
            Verdict::Agrees => "note: agrees",
            Verdict::Disagrees => "note: disagrees",
        };
        let _ = write!(out, "\n{:>3}  {verdict:15}  {}", ordering.row, ordering.claim);
    }
    if !report.orderings.is_empty() {
        out.push('\n');
    }
    out
}
