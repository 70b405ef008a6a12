//! What every section needs to know: who looks how, and how numbers are printed.

use super::chart::scale::extent;
use super::chart::swatch;
use super::data::{Arm, ReportData};
use super::number;
use super::page::{Cell, LegendEntry};
use super::palette::{CHANNELS, REFERENCE, Style, style};

/// The data with the decisions that hold for the whole page.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The input.
    pub data: &'a ReportData,
    /// Decimals for the metric.
    pub digits: usize,
    styles: Vec<Style>,
    channels: Vec<&'a str>,
}

impl<'a> Context<'a> {
    /// Assigns styles to arms and colours to channels, in order of appearance.
    pub(super) fn new(data: &'a ReportData) -> Self {
        let mut others = 0;
        let styles = data.arms.iter().map(|arm| {
            if data.reference.as_deref() == Some(arm.name.as_str()) {
                return REFERENCE;
            }
            others += 1;
            style(others - 1)
        });
        let styles = styles.collect();
        let mut channels: Vec<&str> = Vec::new();
        let ledgers = data.arms.iter().filter_map(|a| a.ledger.as_ref());
        let paid = ledgers.flat_map(|l| l.channels.iter().map(|c| c.name.as_str()));
        let seen = data.arms.iter().filter_map(|a| a.xray.as_ref()).flat_map(|x| x.channels.iter());
        for name in paid.chain(seen.map(String::as_str)) {
            if !channels.contains(&name) {
                channels.push(name);
            }
        }
        let scores = data.arms.iter().flat_map(|a| a.final_scores.iter().map(|s| s.score));
        let range = fixed_range(data).or_else(|| extent(scores));
        let digits = number::digits_for(range.map_or(1.0, |(lo, hi)| hi - lo));
        Self { data, digits, styles, channels }
    }

    /// Arms with their styles, in order.
    pub(super) fn arms(&self) -> impl Iterator<Item = (&'a Arm, Style)> {
        self.data.arms.iter().zip(self.styles.iter().copied())
    }

    /// The reference arm.
    pub(super) fn reference(&self) -> Option<&'a Arm> {
        let name = self.data.reference.as_deref()?;
        self.data.arms.iter().find(|a| a.name == name)
    }

    /// Arms other than the reference, with their styles.
    pub(super) fn challengers(&self) -> impl Iterator<Item = (&'a Arm, Style)> {
        self.arms().filter(|(a, _)| self.data.reference.as_deref() != Some(a.name.as_str()))
    }

    /// Colour index of a reward channel. Colours repeat after eight channels; labels do not.
    pub(super) fn channel_color(&self, name: &str) -> usize {
        self.channels.iter().position(|c| *c == name).unwrap_or(0) % CHANNELS.len()
    }

    /// Legend of some reward channels.
    pub(super) fn channel_legend<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<LegendEntry> {
        let entry = |name: &str| {
            let color = self.channel_color(name);
            LegendEntry {
                name: name.to_owned(),
                note: String::new(),
                swatch: swatch::channel(color, name),
                key: String::new(),
            }
        };
        names.map(entry).collect()
    }

    /// Names of all reward channels, in order of appearance.
    pub(super) fn channel_names(&self) -> &[&'a str] {
        &self.channels
    }

    /// Legend of the arms.
    pub(super) fn arm_legend(&self) -> Vec<LegendEntry> {
        let entry = |(arm, style): (&Arm, Style)| LegendEntry {
            name: arm.name.clone(),
            note: arm.description.clone(),
            swatch: swatch::arm(style, &arm.name),
            key: format!("a{}", style.color),
        };
        self.arms().map(entry).collect()
    }

    /// First cell of an arm's row.
    pub(super) fn arm_cell(arm: &Arm, style: Style) -> Cell {
        Cell { text: arm.name.clone(), swatch: swatch::arm(style, &arm.name), ..Cell::default() }
    }

    /// Legend of the arms without their descriptions.
    pub(super) fn arm_names(&self) -> Vec<LegendEntry> {
        self.arm_legend().into_iter().map(|e| LegendEntry { note: String::new(), ..e }).collect()
    }

    /// Name of the primary metric.
    pub(super) fn metric_name(&self) -> &'a str {
        let name = self.data.metric.name.as_str();
        if name.is_empty() { "score" } else { name }
    }

    /// What a learning curve shows at each point.
    pub(super) fn curve_name(&self) -> &'a str {
        let name = self.data.metric.curve_name.as_str();
        if name.is_empty() { self.metric_name() } else { name }
    }

    /// What learning curves count on their horizontal axis.
    pub(super) fn x_name(&self) -> &'a str {
        let name = self.data.metric.x_name.as_str();
        if name.is_empty() { "environment steps" } else { name }
    }

    /// Extent of the metric's axis, if it is fixed.
    pub(super) fn metric_range(&self) -> Option<(f64, f64)> {
        fixed_range(self.data)
    }

    /// Level at which a run counts as having learned, if one is set.
    pub(super) fn threshold(&self) -> Option<f64> {
        self.data.metric.threshold.filter(|t| t.is_finite())
    }

    /// Whether `a` is a better score than `b`.
    pub(super) fn better(&self, a: f64, b: f64) -> bool {
        if self.data.metric.lower_is_better { a < b } else { a > b }
    }
}

/// The metric's range where it is a finite, non-empty interval.
fn fixed_range(data: &ReportData) -> Option<(f64, f64)> {
    let range = data.metric.range.map(|r| (r.lower, r.upper));
    range.filter(|(lo, hi)| lo.is_finite() && hi.is_finite() && lo < hi)
}
