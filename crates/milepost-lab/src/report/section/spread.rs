//! How reliable and how fast: performance profile and steps to a threshold.

use crate::report::chart::axes::Size;
use crate::report::chart::lines::{LineChart, Series};
use crate::report::chart::rows::{Row, RowChart};
use crate::report::chart::scale::{extent, padded};
use crate::report::context::Context;
use crate::report::csv::{Download, cell};
use crate::report::data::{Estimate, SeedCurve};
use crate::report::number::{compact, fixed};
use crate::report::page::{Block, Figure, Section};
use milepost_sheet::{Field, Sheet};

pub(super) fn section(context: &Context) -> Section {
    let mut blocks = vec![Block::Legend { entries: context.arm_names() }];
    blocks.push(profile(context).map_or_else(
        || Block::Missing { text: "No final scores, so no performance profile.".to_owned() },
        Block::Figure,
    ));
    blocks.push(match context.threshold() {
        None => Block::Missing {
            text: "The experiment sets no threshold, so steps to a threshold are not shown.".to_owned(),
        },
        Some(level) => efficiency(context, level).map_or_else(
            || Block::Missing {
                text: "No per-seed curves, so steps to the threshold are not known.".to_owned(),
            },
            Block::Figure,
        ),
    });
    Section {
        id: "spread",
        title: "Reliability and speed",
        lead: "An average says little about a single run. These two figures show how many runs get how far, and \
               how soon."
            .to_owned(),
        blocks,
    }
}

/// Share of `scores` strictly better than each level, as a staircase over `range`.
fn staircase(scores: &[f64], (lo, hi): (f64, f64), lower_is_better: bool) -> Vec<(f64, f64)> {
    let mut sorted: Vec<f64> = scores.iter().copied().filter(|s| s.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let share = |level: f64| {
        let better =
            sorted.iter().filter(|s| if lower_is_better { **s < level } else { **s > level }).count();
        better as f64 / n
    };
    let mut points = vec![(lo, share(lo))];
    for s in &sorted {
        points.push((*s, points[points.len() - 1].1));
        // Just past the step: all equal scores have been passed (or, for a cost, included).
        let after = sorted.iter().filter(|o| if lower_is_better { **o <= *s } else { **o > *s }).count();
        points.push((*s, after as f64 / n));
    }
    points.push((hi, points[points.len() - 1].1));
    points
}

fn profile(context: &Context) -> Option<Figure> {
    let all = context.data.arms.iter().flat_map(|a| a.final_scores.iter().map(|s| s.score));
    let seen = extent(all)?;
    let range = context.metric_range().unwrap_or_else(|| padded(seen));
    let lower = context.data.metric.lower_is_better;
    let mut csv = Sheet::new(&["arm", "level", "share_of_runs_better"]);
    let mut series = Vec::new();
    for (arm, style) in context.arms() {
        let scores: Vec<f64> = arm.final_scores.iter().map(|s| s.score).collect();
        if extent(scores.iter().copied()).is_none() {
            continue;
        }
        let points = staircase(&scores, range, lower);
        for (level, share) in &points {
            csv.row([(&arm.name).into(), cell(*level), cell(*share)]);
        }
        series.push(Series { label: arm.name.clone(), style, points, band: Vec::new(), faint: false });
    }
    let side = if lower { "below" } else { "above" };
    let chart = LineChart {
        id: "profile".to_owned(),
        title: "Performance profile".to_owned(),
        desc: format!("Share of runs that end {side} each level of {}.", context.metric_name()),
        x_name: format!("level of {}", context.metric_name()),
        y_name: format!("share of runs {side} the level"),
        x_range: Some(range),
        y_range: Some((0.0, 1.0)),
        guide: None,
        end_labels: false,
        series,
    };
    Some(Figure {
        number: 0,
        title: "Performance profile".to_owned(),
        caption: format!(
            "Pick a level on the horizontal axis and read upwards: the share of training runs that end {side} it. \
             A curve that lies above another everywhere belongs to the better arm; curves that cross trade \
             typical against worst case."
        ),
        wide: chart.draw(Size::Wide)?,
        narrow: chart.draw(Size::Narrow)?,
        csv: Some(Download::of(&csv, "performance-profile")),
    })
}

/// First recorded `x` at which the curve reaches `level`.
fn first_reached(c: &SeedCurve, level: f64, lower_is_better: bool) -> Option<f64> {
    let reached = |y: f64| if lower_is_better { y <= level } else { y >= level };
    c.x.iter().zip(&c.y).find(|(x, y)| x.is_finite() && reached(**y)).map(|(x, _)| *x)
}

/// Median of a sample in which `never` more entries are infinite.
fn median(mut values: Vec<f64>, never: usize) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len() + never;
    let (a, b) = (n.saturating_sub(1) / 2, n / 2);
    Some(f64::midpoint(*values.get(a)?, *values.get(b)?))
}

fn efficiency(context: &Context, level: f64) -> Option<Figure> {
    let curves = context.data.arms.iter().flat_map(|a| &a.curves);
    let (_, last) = extent(curves.flat_map(|c| c.x.iter().copied()))?;
    let mut csv = Sheet::new(&["arm", "seed", "steps_to_threshold"]);
    let mut rows = Vec::new();
    for (arm, style) in context.arms() {
        let (mut dots, mut never) = (Vec::new(), Vec::new());
        for c in &arm.curves {
            let at = first_reached(c, level, context.data.metric.lower_is_better);
            csv.row([(&arm.name).into(), c.seed.into(), at.map_or(Field::Missing, cell)]);
            match at {
                Some(x) => dots.push((format!("seed {}: {}", c.seed, compact(x)), x)),
                None => never.push(format!("seed {}: never", c.seed)),
            }
        }
        let middle = median(dots.iter().map(|d| d.1).collect(), never.len());
        let total = arm.curves.len();
        let value = match middle {
            _ if total == 0 => "no curves".to_owned(),
            Some(m) => format!("{} · {} of {total} seeds", compact(m), dots.len()),
            None => format!("{} of {total} seeds", dots.len()),
        };
        let estimate = middle.map(|value| Estimate { value, interval: None });
        rows.push(Row { label: arm.name.clone(), style, estimate, dots, never, value });
    }
    let chart = RowChart {
        id: "efficiency".to_owned(),
        title: format!(
            "{} until {} first reaches {}",
            context.x_name(),
            context.curve_name(),
            fixed(level, 2)
        ),
        desc: rows.iter().map(|r| format!("{}: {}.", r.label, r.value)).collect::<Vec<_>>().join(" "),
        x_name: format!(
            "{} until {} first reaches {}",
            context.x_name(),
            context.curve_name(),
            fixed(level, 2)
        ),
        x_range: Some((0.0, last)),
        anchor: None,
        sides: None,
        rows,
    };
    Some(Figure {
        number: 0,
        title: "Steps to the threshold".to_owned(),
        caption:
            "Small dots: when each seed first got there; further left is faster. Large mark: the median over \
                  all seeds, shown only if at least half arrived. A cross at the right is a seed that never \
                  arrived within the budget."
                .to_owned(),
        wide: chart.draw(Size::Wide)?,
        narrow: chart.draw(Size::Narrow)?,
        csv: Some(Download::of(&csv, "steps-to-threshold")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_staircase_counts_runs_strictly_better() {
        let up = staircase(&[0.2, 0.8, f64::NAN], (0.0, 1.0), false);
        assert_eq!(up, vec![(0.0, 1.0), (0.2, 1.0), (0.2, 0.5), (0.8, 0.5), (0.8, 0.0), (1.0, 0.0)]);
        let down = staircase(&[2.0], (0.0, 4.0), true);
        assert_eq!(down, vec![(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (4.0, 1.0)]);
    }

    #[test]
    fn a_median_past_the_budget_is_not_a_number() {
        assert_eq!(median(vec![3.0, 1.0], 1), Some(3.0));
        assert_eq!(median(vec![3.0, 1.0], 2), None);
        assert_eq!(median(vec![], 0), None);
    }
}
