//! Learning curves: all arms together, then each arm with its seeds.

use crate::report::chart::axes::Size;
use crate::report::chart::lines::{LineChart, Series};
use crate::report::chart::scale::{even_indices, peak_indices};
use crate::report::chart::swatch;
use crate::report::context::Context;
use crate::report::csv::{Download, cell};
use crate::report::data::{Arm, BandCurve, SeedCurve};
use crate::report::number::{capitalised, fixed, plural};
use crate::report::page::{Block, Figure, Multiples, Panel, Section};
use crate::report::palette::Style;
use milepost_sheet::Sheet;

pub(super) fn section(context: &Context) -> Section {
    let mut blocks = vec![Block::Legend { entries: context.arm_legend() }];
    blocks.push(main_figure(context).map_or_else(
        || Block::Missing {
            text: "No learning curve was recorded, so there is nothing to draw here.".to_owned(),
        },
        Block::Figure,
    ));
    if context.data.arms.iter().any(|a| !a.curves.is_empty()) {
        blocks.push(Block::Multiples(per_arm(context)));
    }
    Section { id: "curves", title: "Learning curves", lead: lead(context), blocks }
}

fn lead(context: &Context) -> String {
    format!(
        "How {} changed while each arm trained. Evaluation uses the gold score only, on tasks that training \
         never sees.",
        context.curve_name()
    )
}

/// Arms that have an aggregated curve.
fn aggregates<'a>(context: &Context<'a>) -> Vec<(&'a Arm, &'a BandCurve, Style)> {
    context.arms().filter_map(|(a, s)| a.aggregate.as_ref().map(|c| (a, c, s))).collect()
}

/// The main figure as one small drawing, for the comparison of runs.
pub(in crate::report) fn overview(context: &Context, id: &str) -> Option<String> {
    chart(context, id, &aggregates(context)).draw(Size::Small)
}

/// All arms with their bands.
fn chart(context: &Context, id: &str, drawn: &[(&Arm, &BandCurve, Style)]) -> LineChart {
    LineChart {
        id: id.to_owned(),
        title: format!("{} over {}", context.curve_name(), context.x_name()),
        desc: drawn.iter().map(|(a, c, _)| spoken_end(context, a, c)).collect::<Vec<_>>().join(" "),
        x_name: context.x_name().to_owned(),
        y_name: context.curve_name().to_owned(),
        x_range: None,
        y_range: context.metric_range(),
        guide: context.threshold().map(|t| (t, format!("threshold {}", fixed(t, 2)))),
        end_labels: true,
        series: drawn.iter().map(|(a, c, s)| band_series(&a.name, c, *s)).collect(),
    }
}

fn main_figure(context: &Context) -> Option<Figure> {
    let drawn = aggregates(context);
    let chart = chart(context, "curves", &drawn);
    let mut csv = Sheet::new(&["arm", "x", "y", "lower", "upper"]);
    for (arm, curve, _) in &drawn {
        for i in even_indices(curve.x.len()) {
            csv.row([
                (&arm.name).into(),
                cell(curve.x[i]),
                cell(curve.y[i]),
                cell(curve.lower[i]),
                cell(curve.upper[i]),
            ]);
        }
    }
    let statistic = drawn.first().map_or("", |(_, c, _)| c.statistic.as_str());
    let direction = if context.data.metric.lower_is_better { "Lower" } else { "Higher" };
    Some(Figure {
        number: 0,
        title: format!("{} during training", capitalised(context.curve_name())),
        caption: format!(
            "Line and band: {statistic}. {direction} is better, and further left is faster. Where two bands \
             overlap, these seeds do not tell the two arms apart at that point."
        ),
        wide: chart.draw(Size::Wide)?,
        narrow: chart.draw(Size::Narrow)?,
        csv: Some(Download::of(&csv, "learning-curves")),
    })
}

/// The end of a curve in words.
fn spoken_end(context: &Context, arm: &Arm, c: &BandCurve) -> String {
    let Some(i) = (0..c.y.len()).rev().find(|i| c.y[*i].is_finite()) else {
        return format!("{}: no finite values.", arm.name);
    };
    let d = context.digits;
    format!(
        "{} ends at {} ({} to {}).",
        arm.name,
        fixed(c.y[i], d),
        fixed(c.lower[i], d),
        fixed(c.upper[i], d)
    )
}

fn band_series(label: &str, c: &BandCurve, style: Style) -> Series {
    let kept = even_indices(c.x.len());
    Series {
        label: label.to_owned(),
        style,
        points: kept.iter().map(|i| (c.x[*i], c.y[*i])).collect(),
        band: kept.iter().map(|i| (c.x[*i], c.lower[*i], c.upper[*i])).collect(),
        faint: false,
    }
}

fn per_arm(context: &Context) -> Multiples {
    let x_range = crate::report::chart::scale::extent(
        context.data.arms.iter().flat_map(|a| a.curves.iter().flat_map(|c| c.x.iter().copied())),
    );
    let panel = |(i, (arm, style)): (usize, (&Arm, Style))| {
        let mut series: Vec<Series> = arm.curves.iter().map(|c| seed_series(c, style)).collect();
        series.extend(
            arm.aggregate.iter().map(|c| Series { band: Vec::new(), ..band_series(&arm.name, c, style) }),
        );
        let chart = LineChart {
            id: format!("seeds-{i}"),
            title: format!("{}: {} of each seed", arm.name, context.curve_name()),
            desc: format!(
                "{} drawn as thin lines, their aggregate as a thick line.",
                plural(arm.curves.len(), "seed")
            ),
            x_name: context.x_name().to_owned(),
            y_name: context.curve_name().to_owned(),
            x_range,
            y_range: context.metric_range(),
            guide: None,
            end_labels: false,
            series,
        };
        Panel {
            title: arm.name.clone(),
            swatch: swatch::arm(style, &arm.name),
            svg: chart.draw(Size::Small),
            note: arm.description.clone(),
        }
    };
    Multiples {
        number: 0,
        title: "Every seed".to_owned(),
        caption: "One panel per arm, all on the same axes: thin lines are single training seeds, the thick line \
                  is the curve of the figure above. Look for seeds that fail to take off or collapse late; an \
                  average hides both."
            .to_owned(),
        panels: context.arms().enumerate().map(panel).collect(),
        csv: Some(seed_csv(context)),
    }
}

fn seed_series(c: &SeedCurve, style: Style) -> Series {
    Series {
        label: format!("seed {}", c.seed),
        style,
        points: peak_indices(&c.y).into_iter().map(|i| (c.x[i], c.y[i])).collect(),
        band: Vec::new(),
        faint: true,
    }
}

fn seed_csv(context: &Context) -> Download {
    let mut csv = Sheet::new(&["arm", "seed", "x", "y"]);
    for arm in &context.data.arms {
        for c in &arm.curves {
            for i in peak_indices(&c.y) {
                csv.row([(&arm.name).into(), c.seed.into(), cell(c.x[i]), cell(c.y[i])]);
            }
        }
    }
    Download::of(&csv, "learning-curves-per-seed")
}
