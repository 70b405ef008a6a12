//! A small SVG writer: escaped text, one decimal, no styles of its own (classes are in `report.css`).

use std::fmt::Write as _;

use super::scale::Linear;
use crate::report::palette::Style;

/// `text` with the five characters that matter in XML replaced, and control characters dropped.
pub(in crate::report) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A coordinate with one decimal, trailing zero removed.
pub(in crate::report) fn px(v: f64) -> String {
    let text = format!("{v:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Which end of a text sits at its position.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) enum Anchor {
    /// Left end.
    Start,
    /// Centre.
    Middle,
    /// Right end.
    End,
}

/// An `<svg>` under construction.
#[derive(Debug)]
pub(in crate::report) struct Svg {
    out: String,
}

impl Svg {
    /// Opens an image of `width` × `height` units with a name and a description for those who cannot see it.
    pub(in crate::report) fn new(
        id: &str,
        class: &str,
        (width, height): (f64, f64),
        title: &str,
        desc: &str,
    ) -> Self {
        let (id, w, h) = (escape(id), px(width), px(height));
        let (title, desc) = (escape(title), escape(desc));
        Self {
            out: format!(
                "<svg class=\"{class}\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" \
                 aria-labelledby=\"{id}-t {id}-d\"><title id=\"{id}-t\">{title}</title>\
                 <desc id=\"{id}-d\">{desc}</desc>"
            ),
        }
    }

    /// Closes the image.
    pub(in crate::report) fn finish(mut self) -> String {
        self.out.push_str("</svg>");
        self.out
    }

    /// Opens a group; `hint` becomes its tooltip.
    pub(in crate::report) fn open(&mut self, class: &str, hint: &str) {
        let _ = write!(self.out, "<g class=\"{class}\">");
        if !hint.is_empty() {
            let _ = write!(self.out, "<title>{}</title>", escape(hint));
        }
    }

    /// Opens the group of an arm or other styled series.
    pub(in crate::report) fn open_styled(&mut self, style: Style, class: &str, hint: &str) {
        self.open(&format!("a{} d{} {class}", style.color, style.dash), hint);
    }

    /// Closes the innermost group.
    pub(in crate::report) fn close(&mut self) {
        self.out.push_str("</g>");
    }

    /// An invisible plot area that tells the page which data its pixels stand for.
    pub(in crate::report) fn hover(&mut self, x: &Linear, y: &Linear, unit: &str) {
        let ((left, right), (bottom, top), (from, to)) = (x.range(), y.range(), x.domain());
        let (x, y, w, h) = (px(left), px(top), px(right - left), px(bottom - top));
        let unit = escape(unit);
        let _ = write!(
            self.out,
            "<rect class=\"plot\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" data-from=\"{from}\" data-to=\"{to}\" \
             data-unit=\"{unit}\"/>"
        );
    }

    /// Text at a baseline position.
    pub(in crate::report) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (x, y, text) = (px(x), px(y), escape(text));
        let _ = write!(self.out, "<text x=\"{x}\" y=\"{y}\"{anchor} class=\"{class}\">{text}</text>");
    }

    /// A straight line.
    pub(in crate::report) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        let (x1, y1, x2, y2) = (px(x1), px(y1), px(x2), px(y2));
        let _ = write!(self.out, "<path class=\"{class}\" d=\"M{x1} {y1}L{x2} {y2}\"/>");
    }

    /// A rectangle.
    pub(in crate::report) fn rect(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), class: &str) {
        let (x, y, w, h) = (px(x), px(y), px(w.max(0.0)), px(h.max(0.0)));
        let _ =
            write!(self.out, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/>");
    }

    /// A line through `points`, broken at those that are not finite. A lone point becomes a short dash.
    pub(in crate::report) fn polyline(&mut self, points: &[(f64, f64)], class: &str) {
        let mut d = String::new();
        for run in points.split(|(x, y)| !(x.is_finite() && y.is_finite())).filter(|run| !run.is_empty()) {
            for (i, (x, y)) in run.iter().enumerate() {
                let _ = write!(d, "{}{} {}", if i == 0 { 'M' } else { 'L' }, px(*x), px(*y));
            }
            if run.len() == 1 {
                d.push_str("h3");
            }
        }
        if !d.is_empty() {
            let _ = write!(self.out, "<path class=\"{class}\" d=\"{d}\"/>");
        }
    }

    /// The area between two edges given as `(x, low, high)`, broken where any is not finite.
    pub(in crate::report) fn area(&mut self, edges: &[(f64, f64, f64)], class: &str) {
        let mut d = String::new();
        let broken = |(x, a, b): &(f64, f64, f64)| !(x.is_finite() && a.is_finite() && b.is_finite());
        for run in edges.split(broken).filter(|run| run.len() > 1) {
            let there = run.iter().map(|(x, low, _)| (x, low));
            let back = run.iter().rev().map(|(x, _, high)| (x, high));
            for (i, (x, y)) in there.chain(back).enumerate() {
                let _ = write!(d, "{}{} {}", if i == 0 { 'M' } else { 'L' }, px(*x), px(*y));
            }
            d.push('Z');
        }
        if !d.is_empty() {
            let _ = write!(self.out, "<path class=\"{class}\" d=\"{d}\"/>");
        }
    }

    /// A marker of the series' shape, `r` units in radius, with an optional tooltip.
    pub(in crate::report) fn marker(
        &mut self,
        style: Style,
        at: (f64, f64),
        r: f64,
        class: &str,
        hint: &str,
    ) {
        let d = marker_outline(style.marker, at, r);
        if hint.is_empty() {
            let _ = write!(self.out, "<path class=\"{class}\" d=\"{d}\"/>");
        } else {
            let _ =
                write!(self.out, "<path class=\"{class}\" d=\"{d}\"><title>{}</title></path>", escape(hint));
        }
    }
}

/// Path data of marker shape number `shape` around a centre.
pub(in crate::report) fn marker_outline(shape: usize, (x, y): (f64, f64), r: f64) -> String {
    let corners: &[(f64, f64)] = match shape {
        0 => {
            let (r2, left, across) = (px(r), px(x - r), px(2.0 * r));
            return format!("M{left} {}a{r2} {r2} 0 1 0 {across} 0a{r2} {r2} 0 1 0 -{across} 0Z", px(y));
        }
        1 => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        2 => &[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)],
        3 => &[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)],
        4 => &[(0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)],
        5 => &PLUS,
        _ => &[(0.0, -1.2), (1.15, -0.35), (0.7, 1.0), (-0.7, 1.0), (-1.15, -0.35)],
    };
    let at = |(dx, dy): &(f64, f64)| format!("{} {}", px(x + dx * r), px(y + dy * r));
    format!("M{}Z", corners.iter().map(at).collect::<Vec<_>>().join("L"))
}

/// Corners of a plus sign.
const PLUS: [(f64, f64); 12] = [
    (-0.4, -1.2),
    (0.4, -1.2),
    (0.4, -0.4),
    (1.2, -0.4),
    (1.2, 0.4),
    (0.4, 0.4),
    (0.4, 1.2),
    (-0.4, 1.2),
    (-0.4, 0.4),
    (-1.2, 0.4),
    (-1.2, -0.4),
    (-0.4, -0.4),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_breaks_the_line_and_text_is_escaped() {
        let mut svg = Svg::new("f", "c", (10.0, 10.0), "a<b", "d");
        svg.polyline(&[(0.0, 1.0), (1.0, 2.0), (2.0, f64::NAN), (3.0, 4.0)], "ln");
        svg.text((1.0, 2.0), Anchor::End, "t", "<script>");
        let text = svg.finish();
        assert!(text.contains("<title id=\"f-t\">a&lt;b</title>"));
        assert!(text.contains("d=\"M0 1L1 2M3 4h3\""));
        assert!(text.contains("&lt;script&gt;</text></svg>"));
        assert_eq!(px(-0.04), "0");
    }
}
