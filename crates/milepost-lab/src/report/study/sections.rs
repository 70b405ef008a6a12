use super::{CurveSet, MeanCell, MeanTable, StudyData};
use crate::report::chart::axes::Size;
use crate::report::chart::lines::{LineChart, Series};
use crate::report::chart::scale::{even_indices, peak_indices};
use crate::report::context::Context;
use crate::report::csv::{Download, cell};
use crate::report::data::{Arm, BandCurve, SeedCurve};
use crate::report::number::{ABSENT, capitalised, significant};
use crate::report::page::{Block, Cell, Figure, Section, Table, number};
use crate::report::palette::Style;
use crate::report::section;
use milepost_sheet::Sheet;

/// Everything below the head of the page.
pub(super) fn all(data: &StudyData) -> Vec<Section> {
    let context = Context::new(&data.base);
    let mut sections = vec![section::claims::section(&context)];
    if !data.curves.is_empty() {
        sections.push(curves(data, &context));
    }
    sections.push(section::results::section(&context));
    sections.push(section::metrics::section(&context));
    if context.reference().is_some() {
        sections.push(section::paired::section(&context));
    }
    if !data.tables.is_empty() {
        sections.push(tables(data));
    }
    sections.push(section::cost::section(&context));
    sections.push(section::config::section(&context));
    number(&mut sections);
    sections
}

fn curves(data: &StudyData, context: &Context) -> Section {
    let mut blocks = vec![Block::Legend { entries: context.arm_legend() }];
    let figures = data.curves.iter().enumerate().filter_map(|(index, set)| figure(index, set, context));
    blocks.extend(figures.map(Block::Figure));
    Section {
        id: "curves",
        title: "Learning curves",
        lead: "How what was measured changed with what it cost. Where arms cost differently, look at more than one axis."
            .into(),
        blocks,
    }
}

fn figure(index: usize, set: &CurveSet, context: &Context) -> Option<Figure> {
    let mut series = Vec::new();
    let mut csv = Sheet::new(&["arm", "seed", "x", "y"]);
    for ((arm, style), (seeds, band)) in context.arms().zip(&set.arms) {
        match band {
            Some(band) => series.push(band_series(arm, band, style)),
            None => series.extend(seeds.iter().map(|curve| seed_series(arm, curve, style))),
        }
        for curve in seeds {
            for i in peak_indices(&curve.y) {
                csv.row([(&arm.name).into(), curve.seed.into(), cell(curve.x[i]), cell(curve.y[i])]);
            }
        }
    }
    let chart = LineChart {
        id: format!("curve-{index}"),
        title: format!("{} over {}", set.value, set.cost),
        desc: format!("One line for each of {} arms.", set.arms.len()),
        x_name: set.cost.clone(),
        y_name: set.value.clone(),
        x_range: None,
        y_range: None,
        guide: None,
        end_labels: true,
        series,
    };
    Some(Figure {
        number: 0,
        title: format!("{} over {}", capitalised(&set.value), set.cost),
        caption: "Line and band: interquartile mean and 95 % bootstrap interval over seeds at each recorded point; \
                  single seeds where they recorded at different places."
            .into(),
        wide: chart.draw(Size::Wide)?,
        narrow: chart.draw(Size::Narrow)?,
        csv: Some(Download::of(&csv, &format!("{}-over-{}", file_name(&set.value), file_name(&set.cost)))),
    })
}

fn band_series(arm: &Arm, band: &BandCurve, style: Style) -> Series {
    let kept = even_indices(band.x.len());
    Series {
        label: arm.name.clone(),
        style,
        points: kept.iter().map(|i| (band.x[*i], band.y[*i])).collect(),
        band: kept.iter().map(|i| (band.x[*i], band.lower[*i], band.upper[*i])).collect(),
        faint: false,
    }
}

fn seed_series(arm: &Arm, curve: &SeedCurve, style: Style) -> Series {
    Series {
        label: format!("{} seed {}", arm.name, curve.seed),
        style,
        points: peak_indices(&curve.y).into_iter().map(|i| (curve.x[i], curve.y[i])).collect(),
        band: Vec::new(),
        faint: true,
    }
}

fn file_name(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

fn tables(data: &StudyData) -> Section {
    Section {
        id: "tables",
        title: "Tables of the study",
        lead: "What the study itself tabulates, averaged over seeds cell by cell.".into(),
        blocks: data.tables.iter().map(|table| Block::Table(mean_table(table))).collect(),
    }
}

fn mean_table(table: &MeanTable) -> Table {
    let mut head = vec![Cell::text("")];
    head.extend(table.columns.iter().map(|column| Cell::number(column.as_str(), "")));
    let number = |(mean, seeds): &MeanCell| match mean {
        None => Cell { text: ABSENT.into(), class: "num dim", ..Cell::default() },
        Some(mean) => {
            let note = if *seeds == table.seeds { String::new() } else { format!("{seeds} seeds") };
            Cell::number(significant(*mean), note)
        }
    };
    let row = |(name, numbers): &(String, Vec<MeanCell>)| {
        let mut row = vec![Cell::text(name)];
        row.extend(numbers.iter().map(number));
        row
    };
    Table {
        title: format!("{}: {}", table.arm, table.name),
        caption: format!("{} Mean over {} seeds.", table.caption, table.seeds),
        head,
        rows: table.rows.iter().map(row).collect(),
        csv: Some(csv(table)),
        ..Table::default()
    }
}

fn csv(table: &MeanTable) -> Download {
    let mut head = vec!["row"];
    head.extend(table.columns.iter().map(String::as_str));
    let mut csv = Sheet::new(&head);
    for (name, numbers) in &table.rows {
        let numbers = numbers.iter().map(|(mean, _)| cell(mean.unwrap_or(f64::NAN)));
        csv.row(std::iter::once(name.into()).chain(numbers));
    }
    Download::of(&csv, &format!("{}-{}", file_name(&table.arm), file_name(&table.name)))
}
