//! Lines over a shared horizontal axis: learning curves, performance profiles, proxy against gold.

use super::axes::{Axes, Size};
use super::scale::{Linear, extent, padded};
use super::svg::{Anchor, Svg};
use crate::report::number;
use crate::report::palette::Style;

/// Room right of the lines for a marker, a name of [`NAME`] letters in bold, and a value.
const END_LABELS: f64 = 226.0;
/// Letters of a name.
const NAME: usize = 18;

/// One line.
#[derive(Debug, Clone)]
pub(in crate::report) struct Series {
    /// Shown at the end of the line and as its tooltip.
    pub label: String,
    /// Colour, dash and marker.
    pub style: Style,
    /// Data points.
    pub points: Vec<(f64, f64)>,
    /// `(x, lower, upper)`, or empty.
    pub band: Vec<(f64, f64, f64)>,
    /// A single seed behind the main line: thin, unlabelled, without markers.
    pub faint: bool,
}

/// A chart of lines.
#[derive(Debug, Clone)]
pub(in crate::report) struct LineChart {
    /// Unique within the page.
    pub id: String,
    /// Name for those who cannot see it.
    pub title: String,
    /// What it shows, in words.
    pub desc: String,
    /// Horizontal axis.
    pub x_name: String,
    /// Vertical axis.
    pub y_name: String,
    /// Fixed horizontal extent, else that of the data.
    pub x_range: Option<(f64, f64)>,
    /// Fixed vertical extent, else that of the data with a margin.
    pub y_range: Option<(f64, f64)>,
    /// Horizontal guide with a label, e.g. a threshold.
    pub guide: Option<(f64, String)>,
    /// Whether wide drawings name the lines at their right ends, with the last value.
    pub end_labels: bool,
    /// Drawn in order; later lines lie on top.
    pub series: Vec<Series>,
}

struct Margins {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl LineChart {
    /// Draws the chart, or `None` when nothing finite is there to draw.
    pub(in crate::report) fn draw(&self, size: Size) -> Option<String> {
        let xs = self.series.iter().flat_map(|s| s.points.iter().filter(|p| p.1.is_finite()).map(|p| p.0));
        let x_extent = extent(xs)?;
        let bands = self.series.iter().flat_map(|s| s.band.iter().flat_map(|b| [b.1, b.2]));
        let ys = self.series.iter().flat_map(|s| s.points.iter().map(|p| p.1)).chain(bands);
        let y_extent = extent(ys.chain(self.guide.iter().map(|g| g.0)))?;
        let labelled = size == Size::Wide && self.end_labels;
        let margins = Margins {
            left: if size == Size::Wide { 50.0 } else { 42.0 },
            right: if labelled { END_LABELS } else { 14.0 },
            top: 28.0,
            bottom: 44.0,
        };
        let height = match size {
            Size::Wide => 430.0,
            Size::Narrow => 300.0,
            Size::Small => 230.0,
        };
        let width = size.width();
        let axes = Axes {
            x: Linear::new(self.x_range.unwrap_or(x_extent), (margins.left, width - margins.right)),
            y: Linear::new(
                self.y_range.unwrap_or_else(|| padded(y_extent)),
                (height - margins.bottom, margins.top),
            ),
        };
        let id = format!("{}-{}", self.id, if size == Size::Narrow { "n" } else { "w" });
        // Many bands on one chart would hide each other.
        let many = self.series.iter().filter(|s| !s.band.is_empty()).count() > 5;
        let class = format!("{}{}", size.class(), if many { " many" } else { "" });
        let mut svg = Svg::new(&id, &class, (width, height), &self.title, &self.desc);
        axes.draw_y(&mut svg, 5, &self.y_name);
        axes.draw_x(&mut svg, if size == Size::Wide { 6 } else { 4 }, &self.x_name);
        if let Some((level, _)) = &self.guide {
            let y = axes.y.at(*level);
            svg.line((margins.left, y), (width - margins.right, y), "guide");
        }
        for s in &self.series {
            self.draw_series(&mut svg, &axes, s);
        }
        if let Some((level, label)) = &self.guide {
            svg.text((margins.left + 4.0, axes.y.at(*level) - 5.0), Anchor::Start, "note halo", label);
        }
        if labelled {
            self.draw_labels(&mut svg, &axes, height);
        }
        if self.end_labels {
            svg.hover(&axes.x, &axes.y, &self.x_name);
        }
        Some(svg.finish())
    }

    fn draw_series(&self, svg: &mut Svg, axes: &Axes, s: &Series) {
        svg.open_styled(s.style, if s.faint { "series faint" } else { "series" }, &s.label);
        let edge = |(x, low, high): &(f64, f64, f64)| {
            let (px, py) = axes.at(*x, *low);
            (px, py, axes.at(*x, *high).1)
        };
        svg.area(&s.band.iter().map(edge).collect::<Vec<_>>(), "band");
        let points: Vec<_> = s.points.iter().map(|(x, y)| axes.at(*x, *y)).collect();
        svg.polyline(&points, "ln");
        if !s.faint {
            // A few markers per line, shifted from line to line so that they do not pile up.
            let lane = self.series.iter().filter(|o| !o.faint).position(|o| o.label == s.label).unwrap_or(0);
            let n = points.len();
            let mut seen = Vec::new();
            for k in 0..6 {
                let at = (n * (2 * k + 1) / 12 + lane * n / 40).min(n.saturating_sub(1));
                if n > 0 && !seen.contains(&at) && points[at].0.is_finite() && points[at].1.is_finite() {
                    seen.push(at);
                    svg.marker(s.style, points[at], 4.0, "mk", "");
                }
            }
        }
        svg.close();
    }

    /// Names at the right ends of the lines, moved apart where they would collide.
    fn draw_labels(&self, svg: &mut Svg, axes: &Axes, height: f64) {
        let last = |s: &Series| s.points.iter().rev().copied().find(|p| p.0.is_finite() && p.1.is_finite());
        let mut labels: Vec<(&Series, (f64, f64), f64)> = self
            .series
            .iter()
            .filter(|s| !s.faint)
            .filter_map(|s| last(s).map(|p| (s, axes.at(p.0, p.1), p.1)))
            .collect();
        labels.sort_by(|a, b| a.1.1.total_cmp(&b.1.1));
        let wanted: Vec<f64> = labels.iter().map(|l| l.1.1).collect();
        let placed = spread(&wanted, 17.0, (20.0, height - 46.0));
        let edge = axes.x.range().1;
        for ((s, end, value), y) in labels.iter().zip(placed) {
            svg.open_styled(s.style, "series label", "");
            svg.polyline(&[*end, (edge + 8.0, y), (edge + 14.0, y)], "leader");
            svg.marker(s.style, (edge + 20.0, y), 4.5, "mk", "");
            svg.text((edge + 30.0, y + 4.0), Anchor::Start, "name", &number::shorten(&s.label, NAME));
            let (lo, hi) = axes.y.domain();
            let digits = number::digits_for(hi - lo).saturating_sub(1);
            svg.text((edge + END_LABELS - 2.0, y + 4.0), Anchor::End, "tick", &number::fixed(*value, digits));
            svg.close();
        }
    }
}

/// Positions at least `gap` apart and inside `bounds`, close to `wanted` (ascending) and in its order.
fn spread(wanted: &[f64], gap: f64, (low, high): (f64, f64)) -> Vec<f64> {
    let mut placed = wanted.to_vec();
    for i in 0..placed.len() {
        let floor = if i == 0 { low } else { placed[i - 1] + gap };
        placed[i] = placed[i].max(floor);
    }
    for i in (0..placed.len()).rev() {
        let ceiling = if i + 1 == placed.len() { high } else { placed[i + 1] - gap };
        placed[i] = placed[i].min(ceiling);
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_never_overlap_when_there_is_room() {
        let placed = spread(&[50.0, 51.0, 52.0, 200.0], 17.0, (0.0, 210.0));
        assert!(placed.windows(2).all(|w| w[1] - w[0] >= 17.0 - 1e-9), "{placed:?}");
        assert!(placed[0] >= 0.0 && placed[3] <= 210.0);
    }
}
