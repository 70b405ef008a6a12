//! One row per arm on a shared horizontal axis: estimates with intervals, and the seeds behind them.

use super::axes::Size;
use super::scale::{Linear, extent, padded, tick_digits, tick_step, ticks};
use super::svg::{Anchor, Svg};
use crate::report::data::{Estimate, Interval};
use crate::report::number;
use crate::report::palette::Style;

/// One row.
#[derive(Debug, Clone)]
pub(in crate::report) struct Row {
    /// Name of the arm.
    pub label: String,
    /// Colour and marker.
    pub style: Style,
    /// The estimate and its interval.
    pub estimate: Option<Estimate>,
    /// Single seeds: tooltip and value.
    pub dots: Vec<(String, f64)>,
    /// Seeds that never got there: tooltips, drawn as crosses past the right end.
    pub never: Vec<String>,
    /// Printed at the end of the row.
    pub value: String,
}

/// A chart of rows.
#[derive(Debug, Clone)]
pub(in crate::report) struct RowChart {
    /// Unique within the page.
    pub id: String,
    /// Name for those who cannot see it.
    pub title: String,
    /// What it shows, in words.
    pub desc: String,
    /// Horizontal axis.
    pub x_name: String,
    /// Fixed extent, else that of the data with a margin.
    pub x_range: Option<(f64, f64)>,
    /// Vertical reference line with a label, e.g. zero: no difference.
    pub anchor: Option<(f64, String)>,
    /// Notes under the axis: what lies left and right of the reference line.
    pub sides: Option<(String, String)>,
    /// Rows from top to bottom.
    pub rows: Vec<Row>,
}

struct Layout {
    left: f64,
    right: f64,
    top: f64,
    pitch: f64,
    width: f64,
    height: f64,
    stacked: bool,
}

impl RowChart {
    fn layout(&self, size: Size) -> Layout {
        let stacked = size != Size::Wide;
        let crosses = if self.rows.iter().any(|r| !r.never.is_empty()) { 54.0 } else { 0.0 };
        let (left, right) = if stacked { (12.0, 14.0 + crosses) } else { (190.0, 190.0 + crosses) };
        let pitch = if stacked { 56.0 } else { 40.0 };
        let top = if self.anchor.is_some() { 26.0 } else { 10.0 };
        let foot = if self.sides.is_some() { 62.0 } else { 46.0 };
        let height = top + pitch * self.rows.len() as f64 + foot;
        Layout { left, right, top, pitch, width: size.width(), height, stacked }
    }

    /// Draws the chart, or `None` when nothing finite is there to draw.
    pub(in crate::report) fn draw(&self, size: Size) -> Option<String> {
        let values = self.rows.iter().flat_map(|r| {
            let estimate = r.estimate.iter().flat_map(|e| {
                let ends = e.interval.map_or([f64::NAN; 2], |i| [i.lower, i.upper]);
                [e.value, ends[0], ends[1]]
            });
            estimate.chain(r.dots.iter().map(|d| d.1)).collect::<Vec<_>>()
        });
        let seen = extent(values.chain(self.anchor.iter().map(|a| a.0)));
        if seen.is_none() && self.rows.iter().all(|r| r.never.is_empty()) {
            return None;
        }
        let at = self.layout(size);
        let domain = self.x_range.unwrap_or_else(|| padded(seen.unwrap_or((0.0, 1.0))));
        let x = Linear::new(domain, (at.left, at.width - at.right));
        let id = format!("{}-{}", self.id, if size == Size::Wide { "w" } else { "n" });
        let mut svg = Svg::new(&id, size.class(), (at.width, at.height), &self.title, &self.desc);
        self.draw_axis(&mut svg, &at, &x);
        for (i, row) in self.rows.iter().enumerate() {
            draw_row(&mut svg, &at, &x, i, row);
        }
        Some(svg.finish())
    }

    fn draw_axis(&self, svg: &mut Svg, at: &Layout, x: &Linear) {
        let bottom = at.top + at.pitch * self.rows.len() as f64;
        let (left, right) = x.range();
        let wanted = if at.stacked { 4 } else { 6 };
        let domain = x.domain();
        let digits = tick_digits(tick_step(domain.1 - domain.0, wanted));
        for v in ticks(domain, wanted) {
            let px = x.at(v);
            svg.line((px, at.top), (px, bottom), "grid");
            let label = if domain.1.abs() >= 1000.0 { number::compact(v) } else { number::fixed(v, digits) };
            svg.text((px, bottom + 17.0), Anchor::Middle, "tick", &label);
        }
        svg.line((left, bottom), (right, bottom), "base");
        svg.text((f64::midpoint(left, right), bottom + 36.0), Anchor::Middle, "axis", &self.x_name);
        if let Some((v, label)) = &self.anchor {
            svg.line((x.at(*v), at.top - 8.0), (x.at(*v), bottom), "anchor");
            // Near the left edge a centred label would be cut off.
            let side = if x.at(*v) < 50.0 { Anchor::Start } else { Anchor::Middle };
            svg.text((x.at(*v), at.top - 13.0), side, "note halo", label);
        }
        if let Some((worse, better)) = &self.sides {
            svg.text((left, bottom + 54.0), Anchor::Start, "note", worse);
            svg.text((right, bottom + 54.0), Anchor::End, "note", better);
        }
        if at.stacked {
            return;
        }
        for i in 1..self.rows.len() {
            let y = at.top + at.pitch * i as f64;
            svg.line((0.0, y), (at.width, y), "rule");
        }
    }
}

fn draw_row(svg: &mut Svg, at: &Layout, x: &Linear, i: usize, row: &Row) {
    let top = at.top + at.pitch * i as f64;
    let y = if at.stacked { top + 32.0 } else { top + at.pitch / 2.0 - 3.0 };
    svg.open_styled(row.style, "series", &format!("{}: {}", row.label, row.value));
    let name_y = if at.stacked { top + 16.0 } else { top + at.pitch / 2.0 + 4.0 };
    // Seeds lie under their estimate, so that neither hides the other; alone they take the middle.
    let seeds_y = if row.estimate.is_some() { y + 10.0 } else { y };
    svg.marker(row.style, (6.0, name_y - 4.0), 4.5, "mk", "");
    svg.text((18.0, name_y), Anchor::Start, "name halo", &number::shorten(&row.label, 24));
    svg.text((at.width, name_y), Anchor::End, "value halo", &row.value);
    for (hint, v) in row.dots.iter().filter(|d| d.1.is_finite()) {
        svg.marker(Style { marker: 0, ..row.style }, (x.at(*v), seeds_y), 3.2, "dot", hint);
    }
    for (k, hint) in row.never.iter().enumerate() {
        let cx = x.range().1 + 14.0 + 44.0 * (k as f64 / row.never.len().max(4) as f64);
        svg.open("never", hint);
        svg.line((cx - 3.0, seeds_y - 3.0), (cx + 3.0, seeds_y + 3.0), "cross");
        svg.line((cx - 3.0, seeds_y + 3.0), (cx + 3.0, seeds_y - 3.0), "cross");
        svg.close();
    }
    if let Some(e) = row.estimate {
        if let Some(Interval { lower, upper }) =
            e.interval.filter(|i| i.lower.is_finite() && i.upper.is_finite())
        {
            svg.line((x.at(lower), y), (x.at(upper), y), "whisker");
            for end in [lower, upper] {
                svg.line((x.at(end), y - 5.0), (x.at(end), y + 5.0), "whisker");
            }
        }
        if e.value.is_finite() {
            svg.marker(row.style, (x.at(e.value), y), 6.0, "mk big", "");
        }
    }
    svg.close();
}
