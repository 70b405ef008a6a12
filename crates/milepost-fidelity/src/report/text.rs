use std::fmt::Write;

use crate::orderings::Verdict;
use crate::protocol::{Difference, Finding, Metric, MetricSummary};

use crate::record::InstanceFacts;
use crate::reference::ReferenceValue;

use super::{ArmRow, InstanceTable, Report};

pub(super) fn render(report: &Report) -> String {
    let mut out = format!("{} (milepost-fidelity {})\n", report.suite, report.version);
    report.tables.iter().for_each(|t| table(&mut out, t));
    if !report.failures.is_empty() {
        line(&mut out, "\nNot run:");
        for failure in &report.failures {
            line(
                &mut out,
                &format!(
                    "  {} on {}, seed {}: {}",
                    failure.arm, failure.instance, failure.seed, failure.reason
                ),
            );
        }
    }
    orderings(&mut out, report);
    line(&mut out, "\nChecklist:");
    for item in &report.checklist {
        line(&mut out, &format!("  {}: {}", item.item, item.answer));
    }
    line(&mut out, "\nCA-ID cards:");
    for (arm, card) in &report.cards {
        line(
            &mut out,
            &format!(
                "  {arm}: unit {:?}, contrast {:?}, pre-state {:?}, intervention {:?}, downstream {:?}, interface \
                 {:?}, evidence {:?}; {}",
                card.unit,
                card.contrast,
                card.pre_state,
                card.intervention,
                card.downstream,
                card.interface,
                card.evidence,
                card.support
            ),
        );
    }
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn table(out: &mut String, table: &InstanceTable) {
    let facts = &table.facts;
    let share = |share: Option<f64>| share.map_or_else(|| "undefined".to_owned(), |s| format!("{s:.4}"));
    let width = table.rows.iter().map(|row| row.summary.arm.len()).max().unwrap_or(0).max(8);
    let first = table.rows.first();
    let (group, seeds) = first.map_or((0, 0), |row| (row.summary.group, row.summary.seeds));
    line(
        out,
        &format!(
            "\n## {}: {} nodes, horizon {}, mean length {:.2}, G={group}, {seeds} seeds\n   V={:.4} V*={:.4} Var R={:.4} \
             skill {} luck {} start {} null share {:.4}\n   chi {}",
            facts.name,
            facts.nodes,
            facts.horizon,
            facts.mean_length,
            facts.value,
            facts.best_value,
            facts.variance,
            share(facts.skill_share),
            share(facts.luck_share),
            share(facts.start_share),
            facts.null_share,
            shares(facts),
        ),
    );
    let mut header = format!("{:width$}", "arm");
    for metric in Metric::SHORT {
        let _ = write!(header, "  {:>22}", metric.label());
    }
    line(out, &header);
    for row in &table.rows {
        let mut text = format!("{:width$}", row.summary.arm);
        for metric in Metric::SHORT {
            let _ = write!(text, "  {:>22}", cell(row, metric));
        }
        line(out, text.trim_end());
        let published: Vec<String> = row.reference.iter().map(reference).collect();
        if !published.is_empty() {
            line(out, &format!("    published: {}", published.join(", ")));
        }
        if !row.counters.is_empty() {
            let counts: Vec<String> = row.counters.iter().map(|(name, n)| format!("{name} {n}")).collect();
            line(out, &format!("    counted: {}", counts.join(", ")));
        }
    }
    if let Some(baseline) = &table.baseline {
        line(
            out,
            &format!("+ better, - worse than {baseline} (paired interval excludes 0); = a tie; ? undefined"),
        );
    }
}

/// `χ_t` of the steps that decide anything.
fn shares(facts: &InstanceFacts) -> String {
    let Some(shares) = &facts.bifurcation_shares else {
        return "undefined: the return never varies".to_owned();
    };
    let decisive = shares.iter().enumerate().filter(|(_, chi)| **chi > 0.0);
    let listed: Vec<String> = decisive.map(|(t, chi)| format!("t={t} {}", short(*chi))).collect();
    if listed.is_empty() { "0 at every step".to_owned() } else { listed.join(", ") }
}

/// A published number with its closed form and note.
fn reference(value: &ReferenceValue) -> String {
    let exact = value.exact.map_or_else(String::new, |exact| format!(" (closed form {})", short(exact)));
    let note = value.note.map_or_else(String::new, |note| format!(" ({note})"));
    format!("{} {}{exact}{note}", value.metric.label(), value.published)
}

/// Mean, half width of the interval, verdict against the baseline; `undef` where the metric does not exist.
fn cell(row: &ArmRow, metric: Metric) -> String {
    let Some(MetricSummary { mean: Some(mean), interval, undefined, .. }) = row.summary.get(metric) else {
        return "undef".to_owned();
    };
    let spread = interval.map_or_else(String::new, |i| format!(" ±{}", short(i.width() / 2.0)));
    let missing = if *undefined > 0 { format!("?{undefined}") } else { String::new() };
    let sign = row.differences.iter().find(|d| d.metric == metric).map_or("", mark);
    format!("{}{spread}{missing}{sign}", short(*mean))
}

const fn mark(difference: &Difference) -> &'static str {
    match (&difference.difference, difference.outcome) {
        (None, _) => " ?",
        (Some(_), Finding::Better) => " +",
        (Some(_), Finding::Worse) => " -",
        (Some(_), Finding::Tie) => " =",
    }
}

/// Three significant digits or so.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        v if v >= 1000.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.01 => format!("{value:.3}"),
        _ => format!("{value:.1e}"),
    }
}

fn orderings(out: &mut String, report: &Report) {
    if report.orderings.is_empty() {
        return;
    }
    line(out, "\nOrderings:");
    for ordering in &report.orderings {
        let verdict = match ordering.verdict {
            Verdict::Holds => "holds",
            Verdict::DoesNotHold => "DOES NOT HOLD",
            Verdict::Agrees => "direction agrees (a note, no test)",
            Verdict::Disagrees => "direction disagrees (a note, no test)",
        };
        line(out, &format!("  {}. {}: {verdict}", ordering.row, ordering.claim));
        line(out, &format!("     source: {}; expected: {}", ordering.source, ordering.expected));
        for measured in &ordering.measured {
            let interval = measured
                .interval
                .map_or_else(String::new, |i| format!(" [{}, {}]", short(i.low), short(i.high)));
            let expected = measured.expected.map_or_else(String::new, |e| format!(", expected {}", short(e)));
            line(out, &format!("       {}: {}{interval}{expected}", measured.what, short(measured.value)));
        }
    }
}
