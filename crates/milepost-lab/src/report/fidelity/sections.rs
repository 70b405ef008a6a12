use std::fmt::Write as _;

use milepost_fidelity::CaIdCard;
use milepost_fidelity::orderings::{Measured, Ordering, Verdict};
use milepost_fidelity::protocol::{Failure, Finding, Metric, MetricSummary};
use milepost_fidelity::report::{ArmRow, InstanceTable, Report};
use serde::Serialize;

use super::FidelityData;
use super::overview::{self, optional};
use crate::report::chart::axes::Size;
use crate::report::chart::rows::{Row, RowChart};
use crate::report::csv::{Download, cell as csv_cell};
use crate::report::data::{Estimate, Fact, Interval};
use crate::report::number::{ABSENT, count, significant};
use crate::report::page::{Block, Cell, Figure, Section, Table};
use crate::report::palette;
use milepost_sheet::{Field, Sheet};

/// Everything below the head of the page.
pub(super) fn all(data: &FidelityData) -> Vec<Section> {
    let report = &data.report;
    let mut sections = Vec::new();
    if !report.orderings.is_empty() {
        sections.push(expectations(&report.orderings));
    }
    sections.push(summary(report));
    sections.push(difficulty(&report.tables));
    sections.push(instances(report));
    sections.extend(reference(&report.tables));
    sections.push(cards(report));
    sections.push(configuration(data));
    crate::report::page::number(&mut sections);
    sections
}

fn expectations(orderings: &[Ordering]) -> Section {
    let verdict = |ordering: &Ordering| {
        let (text, class) = match ordering.verdict {
            Verdict::Holds => ("holds", "good"),
            Verdict::DoesNotHold => ("does not hold", "bad"),
            Verdict::Agrees => ("note: direction agrees", "dim"),
            Verdict::Disagrees => ("note: direction disagrees", "dim"),
        };
        Cell { text: text.into(), class, ..Cell::default() }
    };
    let table = Table {
        title: "Expected orderings".into(),
        caption: "What theory and earlier work lead one to expect. A note looks at the direction only: it is printed, \
                  not judged. The numbers stand below."
            .into(),
        head: ["row", "claim", "verdict"].map(Cell::text).to_vec(),
        rows: orderings
            .iter()
            .map(|ordering| {
                vec![
                    Cell::text(ordering.row.to_string()),
                    Cell { sub: format!("source: {}", ordering.source), ..Cell::text(ordering.claim) },
                    verdict(ordering),
                ]
            })
            .collect(),
        ..Table::default()
    };
    let numbers = orderings.iter().map(|ordering| {
        let measured = ordering.measured.iter().map(|measured| format!("  {}\n", in_words(measured)));
        Block::Code {
            label: format!("Row {}: what was expected and measured", ordering.row),
            text: format!("expected: {}\nmeasured:\n{}", ordering.expected, measured.collect::<String>()),
            folded: true,
        }
    });
    Section {
        id: "expectations",
        title: "Does the benchmark behave as it must?",
        lead: "Each row runs its own small experiment against exact truth.".into(),
        blocks: std::iter::once(Block::Table(table)).chain(numbers).collect(),
    }
}

fn in_words(measured: &Measured) -> String {
    let mut text = format!("{}: {}", measured.what, significant(measured.value));
    if let Some(interval) = measured.interval {
        let _ = write!(text, " [{}, {}]", significant(interval.low), significant(interval.high));
    }
    if let Some(expected) = measured.expected {
        let _ = write!(text, " (expected {})", significant(expected));
    }
    text
}

fn summary(report: &Report) -> Section {
    let mut head = vec![Cell::text("method"), Cell::number("instances", "")];
    head.extend(overview::METRICS.iter().map(|metric| Cell::number(metric.label(), "")));
    let baseline = report.tables.iter().find_map(|table| table.baseline.as_deref()).unwrap_or("the baseline");
    head.push(Cell::number(format!("against {baseline}"), "better / tie / worse"));
    let rows = overview::rows(report).into_iter().map(|row| {
        let mut cells = vec![method(&row.arm), Cell::number(count(row.instances as u64), "")];
        cells.extend(row.means.into_iter().map(|mean| Cell::number(optional(mean), "")));
        let [better, tie, worse] = row.against;
        let none = row.against == [0; 3];
        cells
            .push(Cell::number(if none { ABSENT.into() } else { format!("{better} / {tie} / {worse}") }, ""));
        cells
    });
    let table = Table {
        title: "All methods over all instances".into(),
        caption: "Means over instances of the metrics that mean the same on each. The last column counts instances \
                  by the paired interval of the batch cosine."
            .into(),
        rows: rows.collect(),
        head,
        ..Table::default()
    };
    Section {
        id: "summary",
        title: "Which methods come out where?",
        lead: "Instances differ: read an average as a way in, and the tables below as the answer.".into(),
        blocks: vec![Block::Table(table)],
    }
}

fn difficulty(instances: &[InstanceTable]) -> Section {
    let head = [
        Cell::text("instance"),
        Cell::number("horizon", "mean length"),
        Cell::number("nodes", "actions"),
        Cell::number("E[R]", "best"),
        Cell::number("Var R", ""),
        Cell::number("skill share", "largest χ of a step"),
        Cell::number("luck share", ""),
        Cell::number("null steps", "share of visits"),
    ];
    let rows = instances.iter().map(|table| {
        let facts = &table.facts;
        let largest =
            facts.bifurcation_shares.as_ref().map(|shares| shares.iter().copied().fold(0.0, f64::max));
        vec![
            Cell::text(&facts.name),
            Cell::number(facts.horizon.to_string(), significant(facts.mean_length)),
            Cell::number(facts.nodes.to_string(), facts.actions.to_string()),
            Cell::number(significant(facts.value), significant(facts.best_value)),
            Cell::number(significant(facts.variance), ""),
            Cell::number(optional(facts.skill_share), optional(largest)),
            Cell::number(optional(facts.luck_share), ""),
            Cell::number(significant(facts.null_share), ""),
        ]
    });
    let table = Table {
        title: "The instances, exactly".into(),
        caption:
            "χ of a step is the share of the return's variance that its decision explains; luck is what the \
                  world's chance explains. All by dynamic programming, no sampling."
                .into(),
        head: head.to_vec(),
        rows: rows.collect(),
        ..Table::default()
    };
    Section {
        id: "difficulty",
        title: "How hard is each instance?",
        lead: "The smaller a decision's share of the variance, the harder it is to find from outcomes."
            .into(),
        blocks: vec![Block::Table(table)],
    }
}

fn instances(report: &Report) -> Section {
    let mut blocks = Vec::new();
    blocks.extend(report.tables.first().and_then(cosines).map(Block::Figure));
    for table in &report.tables {
        blocks.push(Block::Table(arm_table(table)));
        blocks.extend(counted(table));
    }
    blocks.extend(refused(&report.failures));
    Section {
        id: "instances",
        title: "How close is each method's credit to the truth?",
        lead: "Error, sign, place, direction, noise and price of the credit that each method assigns. Small lines \
               give 95 % intervals over seeds; a difference to the baseline counts only if its paired interval \
               excludes 0. A dash is an undefined value, never a zero."
            .into(),
        blocks,
    }
}

/// What estimators counted on an instance: undefined coefficients, fallbacks, empty groups.
fn counted(table: &InstanceTable) -> Option<Block> {
    let facts: Vec<Fact> = table
        .rows
        .iter()
        .filter(|row| !row.counters.is_empty())
        .map(|row| {
            let counts = row.counters.iter().map(|(name, n)| format!("{name} {n}"));
            Fact { label: row.summary.arm.clone(), value: counts.collect::<Vec<_>>().join(", ") }
        })
        .collect();
    (!facts.is_empty()).then_some(Block::Facts { facts })
}

/// Runs that an estimator refused.
fn refused(failures: &[Failure]) -> Option<Block> {
    let rows: Vec<Vec<Cell>> = failures
        .iter()
        .map(|f| {
            [f.arm.clone(), f.instance.clone(), f.seed.to_string(), f.reason.clone()].map(Cell::text).to_vec()
        })
        .collect();
    (!rows.is_empty()).then(|| {
        Block::Table(Table {
            title: "Not run".into(),
            caption: "Methods that refuse an instance, and why.".into(),
            head: ["method", "instance", "seed", "reason"].map(Cell::text).to_vec(),
            rows,
            ..Table::default()
        })
    })
}

fn cosines(table: &InstanceTable) -> Option<Figure> {
    let rows: Vec<Row> = table
        .rows
        .iter()
        .map(|arm| {
            let metric = arm.summary.get(Metric::BatchCosine);
            let value = metric.and_then(estimate);
            Row {
                label: both_ends(&arm.summary.arm),
                style: palette::style(0),
                estimate: value,
                dots: Vec::new(),
                never: Vec::new(),
                value: metric.map_or_else(|| ABSENT.to_owned(), |m| optional(m.mean)),
            }
        })
        .collect();
    let chart = RowChart {
        id: "cosine".into(),
        title: format!("Cosine between a batch's gradient and the exact one on {}", table.facts.name),
        desc: rows.iter().map(|r| format!("{}: {}.", r.label, r.value)).collect::<Vec<_>>().join(" "),
        x_name: "mean cosine of a batch's gradient with the exact gradient".into(),
        x_range: None,
        anchor: Some((0.0, "no direction".into())),
        sides: None,
        rows,
    };
    Some(Figure {
        number: 0,
        title: format!("Direction of the update on {}", table.facts.name),
        caption: "1: every batch moves the policy exactly uphill. Whiskers: 95 % interval over seeds.".into(),
        wide: chart.draw(Size::Wide)?,
        narrow: chart.draw(Size::Narrow)?,
        csv: None,
    })
}

/// A method: its name, and under it its parameters, which may wrap.
fn method(name: &str) -> Cell {
    let (name, parameters) = name.split_once('(').unwrap_or((name, ""));
    let parameters = parameters.strip_suffix(')').unwrap_or(parameters);
    Cell { text: name.into(), sub: parameters.replace(',', ", "), class: "wrap", ..Cell::default() }
}

/// A long name by its first and last characters: names of one method differ at the end.
fn both_ends(name: &str) -> String {
    const ENDS: usize = 11;
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= 2 * ENDS + 1 {
        return name.to_owned();
    }
    let (first, last) = (&characters[..ENDS], &characters[characters.len() - ENDS..]);
    format!("{}…{}", first.iter().collect::<String>(), last.iter().collect::<String>())
}

fn estimate(metric: &MetricSummary) -> Option<Estimate> {
    let interval = metric.interval.map(|i| Interval { lower: i.low, upper: i.high });
    metric.mean.map(|value| Estimate { value, interval })
}

fn arm_table(table: &InstanceTable) -> Table {
    let metrics = Metric::SHORT;
    let mut head = vec![Cell::text("method")];
    head.extend(metrics.iter().map(|metric| Cell::number(metric.label(), "")));
    let rows = table.rows.iter().map(|arm| {
        let mut cells = vec![method(&arm.summary.arm)];
        cells.extend(metrics.iter().map(|metric| metric_cell(arm, *metric)));
        cells
    });
    let against = table.baseline.as_ref().map_or_else(String::new, |baseline| {
        format!(" Green and red: better and worse than {baseline} by the paired interval.")
    });
    Table {
        title: table.facts.name.clone(),
        caption: table.rows.first().map_or_else(String::new, |row| {
            format!("{} episodes a batch, {} seeds.{against}", row.summary.group, row.summary.seeds)
        }),
        head,
        rows: rows.collect(),
        csv: Some(csv(table)),
        number: 0,
    }
}

fn metric_cell(arm: &ArmRow, metric: Metric) -> Cell {
    let Some(summary) = arm.summary.get(metric) else { return Cell::number(ABSENT, "") };
    let interval = summary
        .interval
        .map_or_else(String::new, |i| format!("{} to {}", significant(i.low), significant(i.high)));
    let class = match arm.differences.iter().find(|d| d.metric == metric).map(|d| d.outcome) {
        Some(Finding::Better) => "num good",
        Some(Finding::Worse) => "num bad",
        Some(Finding::Tie) | None => "num",
    };
    Cell { class, ..Cell::number(optional(summary.mean), interval) }
}

/// The metrics of the table; all of them are in the run's `metrics.csv`.
fn csv(table: &InstanceTable) -> Download {
    let mut csv = Sheet::new(&CSV_HEAD);
    table.rows.iter().for_each(|arm| csv_rows(&mut csv, &table.facts.name, arm, &Metric::SHORT));
    Download::of(&csv, &format!("credit-fidelity-{}", table.facts.name))
}

/// Columns of a file of metrics.
const CSV_HEAD: [&str; 8] = ["instance", "method", "metric", "mean", "low", "high", "seeds", "undefined"];

/// Every metric of every method on every instance.
pub(crate) fn metrics(report: &Report) -> Sheet {
    let mut csv = Sheet::new(&CSV_HEAD);
    for table in &report.tables {
        table.rows.iter().for_each(|arm| csv_rows(&mut csv, &table.facts.name, arm, &Metric::ALL));
    }
    csv
}

fn csv_rows(csv: &mut Sheet, instance: &str, arm: &ArmRow, metrics: &[Metric]) {
    for metric in metrics.iter().filter_map(|metric| arm.summary.get(*metric)) {
        let number = |value: Option<f64>| value.map_or(Field::Missing, csv_cell);
        csv.row([
            instance.into(),
            (&arm.summary.arm).into(),
            metric.metric.label().into(),
            number(metric.mean),
            number(metric.interval.map(|i| i.low)),
            number(metric.interval.map(|i| i.high)),
            arm.summary.seeds.into(),
            metric.undefined.into(),
        ]);
    }
}

/// Published numbers of arms and instances that were run.
fn reference(tables: &[InstanceTable]) -> Option<Section> {
    let rows: Vec<Vec<Cell>> = tables
        .iter()
        .flat_map(|table| table.rows.iter().map(move |row| (table, row)))
        .flat_map(|(table, row)| {
            row.reference.iter().map(move |value| {
                let measured = row.summary.get(value.metric).and_then(|metric| metric.mean);
                vec![
                    method(&row.summary.arm),
                    Cell { sub: table.facts.name.clone(), ..Cell::text(value.metric.label()) },
                    Cell::number(significant(value.published), ""),
                    Cell::number(optional(value.exact), ""),
                    Cell::number(optional(measured), ""),
                    Cell::text(value.note.unwrap_or_default()),
                ]
            })
        })
        .collect();
    let table = Table {
        title: "Published numbers beside ours".into(),
        caption: "Published: a simulation of 4000 batches, exact to about 3 %. Closed forms where they exist. What \
                  is measured here comes from fewer batches; the tests of milepost-fidelity hold it to the \
                  published value within both errors."
            .into(),
        head: vec![
            Cell::text("method"),
            Cell::text("of what"),
            Cell::number("published", ""),
            Cell::number("closed form", ""),
            Cell::number("measured here", ""),
            Cell::text("remark"),
        ],
        ..Table::default()
    };
    (!rows.is_empty()).then(|| Section {
        id: "reference",
        title: "Does it agree with the reference numbers?",
        lead: String::new(),
        blocks: vec![Block::Table(Table { rows, ..table })],
    })
}

fn cards(report: &Report) -> Section {
    let head = [
        "method",
        "unit",
        "contrast",
        "pre-state",
        "intervention",
        "downstream",
        "support",
        "interface",
        "evidence",
    ];
    let row = |(name, card): (&String, &CaIdCard)| {
        let fields = [
            word(&card.unit),
            word(&card.contrast),
            word(&card.pre_state),
            word(&card.intervention),
            word(&card.downstream),
            card.support.clone(),
            word(&card.interface),
            word(&card.evidence),
        ];
        std::iter::once(method(name)).chain(fields.map(Cell::text)).collect()
    };
    let table = Table {
        title: "CA-ID cards".into(),
        caption: "What each method claims to estimate and how: unit and contrast, how the state before the decision \
                  is had, where the alternative comes from, what follows it, support, interface to the loss, and the \
                  tier of evidence."
            .into(),
        head: head.map(Cell::text).to_vec(),
        rows: report.cards.iter().map(row).collect(),
        ..Table::default()
    };
    Section {
        id: "cards",
        title: "What does each method claim?",
        lead: String::new(),
        blocks: vec![Block::Table(table)],
    }
}

/// The name of a field's value in a file.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word.replace('-', " "),
        Ok(serde_json::Value::Object(fields)) => {
            let kind = fields.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default();
            let rest =
                fields.iter().filter(|(key, _)| *key != "kind").map(|(key, value)| format!(" {key} {value}"));
            format!("{}{}", kind.replace('-', " "), rest.collect::<String>())
        }
        _ => String::new(),
    }
}

fn configuration(data: &FidelityData) -> Section {
    let code = |label: &str, text: &str, folded| Block::Code {
        label: label.into(),
        text: text.trim_end().into(),
        folded,
    };
    let checklist = data
        .report
        .checklist
        .iter()
        .map(|item| Fact { label: item.item.to_owned(), value: item.answer.clone() })
        .collect();
    Section {
        id: "config",
        title: "Reporting checklist and configuration",
        lead: "What ran, exactly. The hash covers every resolved value.".into(),
        blocks: vec![
            Block::Facts { facts: checklist },
            code("Make this run again", &data.command, false),
            code("Resolved configuration (TOML)", &data.config, true),
        ],
    }
}
