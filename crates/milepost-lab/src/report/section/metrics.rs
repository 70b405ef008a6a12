use crate::report::context::Context;
use crate::report::csv::{Download, cell};
use crate::report::data::{Arm, Fact, Interval, MetricCell, MetricRow};
use crate::report::number::{ABSENT, digits_for, interval as interval_of, significant};
use crate::report::page::{Block, Cell, Section, Table};
use crate::report::palette::Style;
use milepost_sheet::Sheet;

/// Every metric that is claimed or shown.
pub(in crate::report) fn section(context: &Context) -> Section {
    let data = context.data;
    let mut head = vec![Cell::text("arm")];
    head.extend(data.metrics.iter().map(|metric| {
        let better = if metric.lower_is_better { "lower is better" } else { "higher is better" };
        Cell::number(&metric.name, better)
    }));
    let row = |(index, (arm, style)): (usize, (&Arm, Style))| {
        let mut row = vec![Context::arm_cell(arm, style)];
        row.extend(data.metrics.iter().map(|metric| metric_cell(&metric.arms[index])));
        row
    };
    let mut csv = Sheet::new(&["metric", "arm", "mean", "lower", "upper", "undefined seeds"]);
    for metric in &data.metrics {
        for (arm, numbers) in data.arms.iter().zip(&metric.arms) {
            let mean = numbers.summary.as_ref().map(|summary| summary.mean);
            let ends = mean.and_then(|mean| mean.interval);
            csv.row([
                (&metric.name).into(),
                (&arm.name).into(),
                cell(mean.map_or(f64::NAN, |mean| mean.value)),
                cell(ends.map_or(f64::NAN, |ends| ends.lower)),
                cell(ends.map_or(f64::NAN, |ends| ends.upper)),
                numbers.undefined.into(),
            ]);
        }
    }
    let table = Table {
        title: "All metrics".into(),
        caption:
            "Mean over seeds and its 95 % interval. A dash means that the number is undefined for every seed."
                .into(),
        head,
        rows: context.arms().enumerate().map(row).collect(),
        csv: Some(Download::of(&csv, "metrics")),
        ..Table::default()
    };
    Section {
        id: "metrics",
        title: "All metrics",
        lead: "Everything that was measured, claimed or not.".into(),
        blocks: vec![Block::Table(table), Block::Facts { facts: data.metrics.iter().map(meaning).collect() }],
    }
}

fn meaning(metric: &MetricRow) -> Fact {
    Fact { label: metric.name.clone(), value: metric.about.clone() }
}

fn metric_cell(numbers: &MetricCell) -> Cell {
    let undefined = |shown: String| match numbers.undefined {
        0 => shown,
        count => format!("{shown}{}{count} undefined", if shown.is_empty() { "" } else { ", " }),
    };
    match &numbers.summary {
        None => {
            Cell { sub: undefined(String::new()), text: ABSENT.into(), class: "num dim", ..Cell::default() }
        }
        Some(summary) => {
            let interval = summary.mean.interval;
            let ends = |i: Interval| {
                let digits = digits_for((i.upper - i.lower).max(summary.mean.value.abs() * 1e-3));
                interval_of(i, digits)
            };
            Cell::number(significant(summary.mean.value), undefined(interval.map(ends).unwrap_or_default()))
        }
    }
}
