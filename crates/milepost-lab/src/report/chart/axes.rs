//! The frame of a plot: grid lines, tick labels, axis names.

use super::scale::{Linear, tick_digits, tick_step, ticks};
use super::svg::{Anchor, Svg};
use crate::report::number;

/// Where a chart is shown decides its size, its margins and whether lines carry labels at their ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Size {
    /// Full width of the page.
    Wide,
    /// A phone.
    Narrow,
    /// One of several charts side by side.
    Small,
}

impl Size {
    /// The class that shows or hides the drawing at a window width.
    pub(in crate::report) fn class(self) -> &'static str {
        match self {
            Size::Wide => "chart wide",
            Size::Narrow => "chart narrow",
            Size::Small => "chart small",
        }
    }

    /// Width in units.
    pub(in crate::report) fn width(self) -> f64 {
        match self {
            Size::Wide => 980.0,
            Size::Narrow | Size::Small => 360.0,
        }
    }
}

/// Plot area and its two scales.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Axes {
    /// Horizontal scale.
    pub x: Linear,
    /// Vertical scale; its range runs from bottom to top.
    pub y: Linear,
}

impl Axes {
    /// The point `(x, y)` in pixels; not finite where the data is not.
    pub(in crate::report) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let place = |scale: &Linear, v: f64| if v.is_finite() { scale.at(v) } else { f64::NAN };
        (place(&self.x, x), place(&self.y, y))
    }

    /// Draws horizontal grid lines with values, and the name of the vertical axis above them.
    pub(in crate::report) fn draw_y(&self, svg: &mut Svg, wanted: usize, name: &str) {
        let (left, right) = self.x.range();
        let domain = self.y.domain();
        let digits = tick_digits(tick_step(domain.1 - domain.0, wanted));
        for v in ticks(domain, wanted) {
            let y = self.y.at(v);
            let class = if v.abs() < 1e-12 { "zero" } else { "grid" };
            svg.line((left, y), (right, y), class);
            let label = if v.abs() >= 10_000.0 { number::compact(v) } else { number::fixed(v, digits) };
            svg.text((left - 7.0, y + 4.0), Anchor::End, "tick", &label);
        }
        svg.text((0.0, 12.0), Anchor::Start, "axis", name);
    }

    /// Draws the base line, its ticks and the name of the horizontal axis.
    pub(in crate::report) fn draw_x(&self, svg: &mut Svg, wanted: usize, name: &str) {
        let ((left, right), (bottom, _)) = (self.x.range(), self.y.range());
        svg.line((left, bottom), (right, bottom), "base");
        let domain = self.x.domain();
        let digits = tick_digits(tick_step(domain.1 - domain.0, wanted));
        for v in ticks(domain, wanted) {
            let x = self.x.at(v);
            svg.line((x, bottom), (x, bottom + 4.0), "base");
            let label = if domain.1.abs() >= 1000.0 { number::compact(v) } else { number::fixed(v, digits) };
            svg.text((x, bottom + 18.0), Anchor::Middle, "tick", &label);
        }
        svg.text((f64::midpoint(left, right), bottom + 36.0), Anchor::Middle, "axis", name);
    }
}
