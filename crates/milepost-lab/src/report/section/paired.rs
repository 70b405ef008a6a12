//! Each arm against the reference, seed by seed.

use super::results::estimate_cell;
use crate::report::chart::axes::Size;
use crate::report::chart::rows::{Row, RowChart};
use crate::report::context::Context;
use crate::report::csv::{Download, cell};
use crate::report::data::{Arm, Estimate};
use crate::report::number::{ABSENT, fixed, interval, signed};
use crate::report::page::{Block, Cell, Figure, Section, Table};
use milepost_sheet::Sheet;

pub(in crate::report) fn section(context: &Context) -> Section {
    let missing = |text: &str| Section {
        id: "paired",
        title: "Against the reference",
        lead: String::new(),
        blocks: vec![Block::Missing { text: text.to_owned() }],
    };
    let Some(reference) = context.reference() else {
        return missing("The experiment names no reference arm, so nothing is compared pairwise.");
    };
    if context.challengers().next().is_none() {
        return missing("The run has a single arm: there is nothing to compare it with.");
    }
    let mut blocks = Vec::new();
    blocks.extend(differences(context, reference).map(Block::Figure));
    blocks.extend(improvement(context, reference).map(Block::Figure));
    blocks.push(Block::Table(table(context, reference)));
    Section {
        id: "paired",
        title: "Against the reference",
        lead: format!(
            "Arms share task seeds and environment noise, so each seed of an arm is compared with the same seed \
             of {}. This removes the luck of the draw from the comparison.",
            reference.name
        ),
        blocks,
    }
}

/// `(seed, arm − reference)` for the seeds that both have.
fn seed_differences(arm: &Arm, reference: &Arm) -> Vec<(u64, f64)> {
    let of = |seed: u64| reference.final_scores.iter().find(|s| s.seed == seed).map(|s| s.score);
    arm.final_scores.iter().filter_map(|s| of(s.seed).map(|r| (s.seed, s.score - r))).collect()
}

fn differences(context: &Context, reference: &Arm) -> Option<Figure> {
    let d = context.digits;
    let rows = context.challengers().map(|(arm, style)| {
        let paired = arm.summary.as_ref().and_then(|s| s.paired_difference);
        Row {
            label: arm.name.clone(),
            style,
            estimate: paired,
            dots: seed_differences(arm, reference)
                .into_iter()
                .map(|(seed, v)| (format!("seed {seed}: {}", signed(v, d)), v))
                .collect(),
            never: Vec::new(),
            value: paired.map_or_else(|| ABSENT.to_owned(), |e| signed_estimate(&e, d)),
        }
    });
    let (left, right) = if context.data.metric.lower_is_better {
        ("← arm better".to_owned(), format!("{} better →", reference.name))
    } else {
        (format!("← {} better", reference.name), "arm better →".to_owned())
    };
    let rows: Vec<Row> = rows.collect();
    let chart = RowChart {
        id: "paired".to_owned(),
        title: format!("Paired difference in {} to {}", context.metric_name(), reference.name),
        desc: spoken(&rows),
        x_name: format!("difference in {}", context.metric_name()),
        x_range: None,
        anchor: Some((0.0, "no difference".to_owned())),
        sides: Some((left, right)),
        rows,
    };
    Some(Figure {
        number: 0,
        title: format!("Paired difference to {}", reference.name),
        caption:
            "Small dots: one seed each, arm minus reference. Large mark: mean difference; whiskers: 95 % \
                  interval. If the whiskers cross the vertical line, these seeds do not show a difference."
                .to_owned(),
        wide: chart.draw(Size::Wide)?,
        narrow: chart.draw(Size::Narrow)?,
        csv: Some(csv(context, reference)),
    })
}

fn improvement(context: &Context, reference: &Arm) -> Option<Figure> {
    let rows = context.challengers().filter_map(|(arm, style)| {
        let p = arm.summary.as_ref()?.probability_of_improvement?;
        let ends = p.interval.map(|i| format!(" ({})", interval(i, 2))).unwrap_or_default();
        Some(Row {
            label: arm.name.clone(),
            style,
            estimate: Some(p),
            dots: Vec::new(),
            never: Vec::new(),
            value: format!("{}{ends}", fixed(p.value, 2)),
        })
    });
    let rows: Vec<Row> = rows.collect();
    let chart = RowChart {
        id: "improvement".to_owned(),
        title: format!("Probability of improvement over {}", reference.name),
        desc: spoken(&rows),
        x_name: format!("probability that a run of the arm beats a run of {}", reference.name),
        x_range: Some((0.0, 1.0)),
        anchor: Some((0.5, "coin toss".to_owned())),
        sides: None,
        rows,
    };
    Some(Figure {
        number: 0,
        title: "Probability of improvement".to_owned(),
        caption: format!(
            "If you trained once with the arm and once with {}, how often would the arm win? One half is a coin \
             toss. It says how often, not by how much.",
            reference.name
        ),
        wide: chart.draw(Size::Wide)?,
        narrow: chart.draw(Size::Narrow)?,
        csv: None,
    })
}

fn table(context: &Context, reference: &Arm) -> Table {
    let d = context.digits;
    let rows = context.challengers().map(|(arm, style)| {
        let summary = arm.summary.as_ref();
        let paired = summary.and_then(|s| s.paired_difference);
        let mut difference = estimate_cell(paired, d);
        if let Some(e) = paired {
            difference.text = signed(e.value, d);
            difference.class = tone(context, &e);
        }
        let agree = summary.and_then(|s| s.seeds_agreeing);
        let verdict = paired.map_or_else(
            || "not measured".to_owned(),
            |e| match tone(context, &e) {
                "num good" => format!("better than {}", reference.name),
                "num bad" => format!("worse than {}", reference.name),
                _ => "not told apart".to_owned(),
            },
        );
        vec![
            Context::arm_cell(arm, style),
            difference,
            Cell::text(verdict),
            Cell::number(
                agree.map_or_else(|| ABSENT.to_owned(), |a| format!("{} of {}", a.agree, a.total)),
                "",
            ),
            estimate_cell(summary.and_then(|s| s.probability_of_improvement), 2),
        ]
    });
    Table {
        title: format!("Each arm against {}", reference.name),
        caption:
            "An arm is called better or worse only when the whole 95 % interval of the paired difference \
                  lies on one side of zero."
                .to_owned(),
        head: vec![
            Cell::text("arm"),
            Cell::number("paired difference", "95 % interval"),
            Cell::text("reading"),
            Cell::number("seeds better", ""),
            Cell::number("P(improvement)", "95 % interval"),
        ],
        rows: rows.collect(),
        csv: None,
        number: 0,
    }
}

/// Whether the whole interval lies on the better or on the worse side of zero.
fn tone(context: &Context, e: &Estimate) -> &'static str {
    match e.interval {
        Some(i) if context.better(i.lower, 0.0) && context.better(i.upper, 0.0) => "num good",
        Some(i) if context.better(0.0, i.lower) && context.better(0.0, i.upper) => "num bad",
        _ => "num",
    }
}

fn signed_estimate(e: &Estimate, digits: usize) -> String {
    let ends = e.interval.map(|i| format!(" ({} to {})", signed(i.lower, digits), signed(i.upper, digits)));
    format!("{}{}", signed(e.value, digits), ends.unwrap_or_default())
}

fn spoken(rows: &[Row]) -> String {
    rows.iter().map(|r| format!("{}: {}.", r.label, r.value)).collect::<Vec<_>>().join(" ")
}

fn csv(context: &Context, reference: &Arm) -> Download {
    let mut csv = Sheet::new(&["arm", "reference", "seed", "difference"]);
    for (arm, _) in context.challengers() {
        for (seed, v) in seed_differences(arm, reference) {
            csv.row([(&arm.name).into(), (&reference.name).into(), seed.into(), cell(v)]);
        }
    }
    Download::of(&csv, "paired-differences")
}
