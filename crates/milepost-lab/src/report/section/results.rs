//! Final scores: the table, and the same as a figure.

use crate::report::chart::axes::Size;
use crate::report::chart::rows::{Row, RowChart};
use crate::report::context::Context;
use crate::report::csv::{Download, cell};
use crate::report::data::{Estimate, Interval};
use crate::report::number::{ABSENT, capitalised, estimate, fixed, interval};
use crate::report::page::{Block, Cell, Figure, Section, Table};
use milepost_sheet::Sheet;

pub(in crate::report) fn section(context: &Context) -> Section {
    let figure = figure(context).map_or_else(
        || Block::Missing { text: "No final score was recorded for any seed.".to_owned() },
        Block::Figure,
    );
    Section {
        id: "results",
        title: "Final scores",
        lead: format!(
            "{} of each finished run. The unit of replication is the training seed: each is one complete \
             training run.",
            capitalised(context.metric_name())
        ),
        blocks: vec![figure, Block::Table(table(context))],
    }
}

fn figure(context: &Context) -> Option<Figure> {
    let d = context.digits;
    let rows = context.arms().map(|(arm, style)| Row {
        label: arm.name.clone(),
        style,
        estimate: arm.summary.as_ref().map(|s| s.iqm),
        dots: arm
            .final_scores
            .iter()
            .map(|s| (format!("seed {}: {}", s.seed, fixed(s.score, d)), s.score))
            .collect(),
        never: Vec::new(),
        value: arm.summary.as_ref().map_or_else(|| ABSENT.to_owned(), |s| estimate(&s.iqm, d)),
    });
    let chart = RowChart {
        id: "scores".to_owned(),
        title: format!("Final {} per arm", context.metric_name()),
        desc: String::new(),
        x_name: context.metric_name().to_owned(),
        x_range: context.metric_range(),
        anchor: None,
        sides: None,
        rows: rows.collect(),
    };
    let chart = RowChart {
        desc: chart.rows.iter().map(|r| format!("{}: {}.", r.label, r.value)).collect::<Vec<_>>().join(" "),
        ..chart
    };
    let mut csv = Sheet::new(&["arm", "seed", "score"]);
    for arm in &context.data.arms {
        for s in &arm.final_scores {
            csv.row([(&arm.name).into(), s.seed.into(), cell(s.score)]);
        }
    }
    Some(Figure {
        number: 0,
        title: "Final scores".to_owned(),
        caption: "Small dots: one training seed each. Large mark: interquartile mean (the mean of the middle half \
                  of the seeds, so that one lucky or unlucky seed cannot decide). Whiskers: 95 % interval. The \
                  numbers on the right repeat mark and whiskers."
            .to_owned(),
        wide: chart.draw(Size::Wide)?,
        narrow: chart.draw(Size::Narrow)?,
        csv: Some(Download::of(&csv, "final-scores")),
    })
}

fn table(context: &Context) -> Table {
    let d = context.digits;
    let mut percents: Vec<f64> = Vec::new();
    for p in context.data.arms.iter().filter_map(|a| a.summary.as_ref()).flat_map(|s| &s.percentiles) {
        if !percents.contains(&p.percent) {
            percents.push(p.percent);
        }
    }
    percents.sort_by(f64::total_cmp);
    let mut head = vec![
        Cell::text("arm"),
        Cell::number("IQM", "95 % interval"),
        Cell::number("mean", "95 % interval"),
        Cell::number("optimality gap", "95 % interval"),
    ];
    head.extend(percents.iter().map(|p| Cell::number(format!("{} %", fixed(*p, 0)), "of runs below")));
    head.push(Cell::number("seeds", ""));
    let best = best_iqm(context);
    let rows = context.arms().map(|(arm, style)| {
        let summary = arm.summary.as_ref();
        let mut row = vec![
            Context::arm_cell(arm, style),
            estimate_cell(summary.map(|s| s.iqm), d),
            estimate_cell(summary.map(|s| s.mean), d),
            estimate_cell(summary.and_then(|s| s.optimality_gap), d),
        ];
        if best.is_some() && summary.map(|s| s.iqm.value) == best {
            row[1].class = "num best";
        }
        for p in &percents {
            let at = summary.and_then(|s| s.percentiles.iter().find(|q| q.percent == *p));
            row.push(Cell::number(at.map_or_else(|| ABSENT.to_owned(), |q| fixed(q.value, d)), ""));
        }
        row.push(Cell::number(arm.final_scores.len().to_string(), ""));
        row
    });
    Table {
        title: "Scores at the end of training".to_owned(),
        caption: format!(
            "IQM: interquartile mean. Optimality gap: average shortfall from the best possible score, smaller is \
             better. The percentiles say what a single run should expect. The best IQM is bold; bold alone does \
             not mean that the difference is real, see the next section. {}",
            if context.data.verdict.exploratory { "Too few seeds: read this table as exploratory." } else { "" }
        )
        .trim_end()
        .to_owned(),
        head,
        rows: rows.collect(),
        csv: Some(summary_csv(context)),
        number: 0,
    }
}

fn best_iqm(context: &Context) -> Option<f64> {
    let values = context.data.arms.iter().filter_map(|a| a.summary.as_ref()).map(|s| s.iqm.value);
    let finite: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    let best = finite.iter().copied().reduce(|a, b| if context.better(b, a) { b } else { a });
    best.filter(|_| finite.len() > 1)
}

/// Value over its interval.
pub(in crate::report) fn estimate_cell(e: Option<Estimate>, digits: usize) -> Cell {
    match e {
        None => Cell { text: ABSENT.to_owned(), class: "num dim", ..Cell::default() },
        Some(e) => {
            Cell::number(fixed(e.value, digits), e.interval.map(|i| interval(i, digits)).unwrap_or_default())
        }
    }
}

fn summary_csv(context: &Context) -> Download {
    let names = ["iqm", "mean", "optimality_gap", "probability_of_improvement", "paired_difference"];
    let mut head = vec!["arm".to_owned(), "seeds".to_owned()];
    head.extend(names.iter().flat_map(|n| [(*n).to_owned(), format!("{n}_lower"), format!("{n}_upper")]));
    let mut csv = Sheet::new(&head);
    for arm in &context.data.arms {
        let Some(s) = &arm.summary else { continue };
        let columns =
            [Some(s.iqm), Some(s.mean), s.optimality_gap, s.probability_of_improvement, s.paired_difference];
        let numbers = columns.into_iter().flat_map(|e| {
            let ends = e.and_then(|e| e.interval).unwrap_or(Interval { lower: f64::NAN, upper: f64::NAN });
            [e.map_or(f64::NAN, |e| e.value), ends.lower, ends.upper]
        });
        let start = [(&arm.name).into(), arm.final_scores.len().into()];
        csv.row(start.into_iter().chain(numbers.map(cell)));
    }
    Download::of(&csv, "summary")
}
