//! The credit x-ray: what was paid at each step, and what the credit rule made of it.

use super::axes::Size;
use super::scale::{Linear, extent, tick_digits, tick_step, ticks};
use super::svg::{Anchor, Svg};
use crate::report::data::{CreditXray, XrayStep};
use crate::report::number;
use crate::report::palette::Style;

/// Where the columns of the drawing are, for the step cursor.
#[derive(Debug, Clone, Copy)]
struct Columns {
    left: f64,
    pitch: f64,
}

/// One panel: a symmetric or free vertical scale in a horizontal strip.
struct Panel<'a> {
    title: &'a str,
    top: f64,
    bottom: f64,
}

impl Panel<'_> {
    fn frame(&self, svg: &mut Svg, y: &Linear, (left, right): (f64, f64)) {
        svg.text((0.0, self.top - 9.0), Anchor::Start, "axis", self.title);
        let domain = y.domain();
        let digits = tick_digits(tick_step(domain.1 - domain.0, 3));
        for v in ticks(domain, 3) {
            svg.line((left, y.at(v)), (right, y.at(v)), if v.abs() < 1e-12 { "zero" } else { "grid" });
            svg.text((left - 7.0, y.at(v) + 4.0), Anchor::End, "tick", &number::fixed(v, digits));
        }
    }
}

const ASSIGNED: Style = Style { color: 1, dash: 0, marker: 0 };
const EXACT: Style = Style { color: 2, dash: 2, marker: 3 };

/// Draws the x-ray; `color_of` gives a channel its colour index. `None` without steps.
pub(in crate::report) fn draw(
    id: &str,
    size: Size,
    title: &str,
    desc: &str,
    xray: &CreditXray,
    color_of: impl Fn(&str) -> usize,
) -> Option<String> {
    if xray.steps.is_empty() {
        return None;
    }
    let learned = xray.steps.iter().any(|s| s.value.is_some());
    let known = xray.steps.iter().any(|s| s.exact_value.is_some());
    let values = learned || known;
    let exact = xray.steps.iter().any(|s| s.exact_advantage.is_some());
    let wide = size == Size::Wide;
    let (width, tall) = if wide { (700.0, 118.0) } else { (360.0, 96.0) };
    let pitch = tall + 40.0;
    let panels = if values { 3.0 } else { 2.0 };
    let height = 24.0 + panels * pitch + 12.0;
    let (left, right) = (42.0, width - if exact { 42.0 } else { 10.0 });
    let columns = Columns { left, pitch: (right - left) / xray.steps.len() as f64 };
    let id = format!("{id}-{}", if wide { "w" } else { "n" });
    let mut svg = Svg::new(&id, &format!("{} xray-chart", size.class()), (width, height), title, desc);
    svg.rect((left, 20.0), (columns.pitch, height - 42.0), "cursor");

    let paid = Panel { title: "reward paid, by channel", top: 24.0, bottom: 24.0 + tall };
    draw_channels(&mut svg, &paid, xray, columns, right, color_of);
    let credit = Panel {
        title: if exact { "advantage: ● assigned (left)  ◇ exact (right)" } else { "advantage assigned" },
        top: 24.0 + pitch,
        bottom: 24.0 + pitch + tall,
    };
    draw_advantages(&mut svg, &credit, &xray.steps, columns, right);
    if values {
        let panel = Panel {
            title: match (learned, known) {
                (true, true) => "value of the state: ● learned  ◇ exact",
                (true, false) => "value of the state, learned",
                _ => "value of the state, exact (◇)",
            },
            top: 24.0 + 2.0 * pitch,
            bottom: 24.0 + 2.0 * pitch + tall,
        };
        draw_values(&mut svg, &panel, &xray.steps, columns, right);
    }
    let n = xray.steps.len();
    let every = (n / if wide { 12 } else { 6 }).max(1);
    for i in (0..n).step_by(every) {
        let x = left + columns.pitch * (i as f64 + 0.5);
        svg.text((x, height - 6.0), Anchor::Middle, "tick", &(i + 1).to_string());
    }
    svg.text((0.0, height - 6.0), Anchor::Start, "axis", "step");
    Some(svg.finish())
}

fn draw_channels(
    svg: &mut Svg,
    panel: &Panel,
    xray: &CreditXray,
    columns: Columns,
    right: f64,
    color_of: impl Fn(&str) -> usize,
) {
    let sums = xray.steps.iter().flat_map(|s| {
        let paid = s.channels.iter().flatten().filter(|v| v.is_finite());
        [paid.clone().filter(|v| **v > 0.0).sum::<f64>(), paid.filter(|v| **v < 0.0).sum::<f64>()]
    });
    let (lo, hi) = extent(sums.chain([0.0])).unwrap_or((0.0, 1.0));
    let y = Linear::new((lo * 1.05, if hi > lo { hi * 1.05 } else { 1.0 }), (panel.bottom, panel.top));
    panel.frame(svg, &y, (columns.left, right));
    for (i, step) in xray.steps.iter().enumerate() {
        let (mut up, mut down) = (0.0, 0.0);
        for (name, v) in xray.channels.iter().zip(&step.channels) {
            let Some(v) = v.filter(|v| v.is_finite() && *v != 0.0) else { continue };
            let base = if v > 0.0 { &mut up } else { &mut down };
            let (from, to) = (y.at(*base), y.at(*base + v));
            *base += v;
            svg.open(
                &format!("c{}", color_of(name)),
                &format!("step {}: {name} {}", i + 1, number::signed(v, 3)),
            );
            let gap = (columns.pitch * 0.14).min(3.0);
            let x = columns.left + columns.pitch * i as f64 + gap;
            svg.rect((x, from.min(to)), (columns.pitch - 2.0 * gap, (from - to).abs()), "bar");
            svg.close();
        }
    }
}

/// A scale with zero in the middle.
fn symmetric(values: impl Iterator<Item = f64>, panel: &Panel) -> Linear {
    let (lo, hi) = extent(values).unwrap_or((-1.0, 1.0));
    let reach = lo.abs().max(hi.abs()) * 1.08;
    let reach = if reach > 0.0 { reach } else { 1.0 };
    Linear::new((-reach, reach), (panel.bottom, panel.top))
}

fn draw_advantages(svg: &mut Svg, panel: &Panel, steps: &[XrayStep], columns: Columns, right: f64) {
    let y = symmetric(steps.iter().map(|s| s.advantage), panel);
    panel.frame(svg, &y, (columns.left, right));
    let x = |i: usize| columns.left + columns.pitch * (i as f64 + 0.5);
    let r = (columns.pitch * 0.3).clamp(1.5, 4.0);
    if steps.iter().any(|s| s.exact_advantage.is_some()) {
        let y2 = symmetric(steps.iter().filter_map(|s| s.exact_advantage), panel);
        let digits = tick_digits(tick_step(y2.domain().1 * 2.0, 3));
        for v in ticks(y2.domain(), 3) {
            svg.text((right + 7.0, y2.at(v) + 4.0), Anchor::Start, "tick", &number::fixed(v, digits));
        }
        let exact = |s: &XrayStep| s.exact_advantage.unwrap_or(f64::NAN);
        draw_dots(svg, EXACT, steps, exact, &y2, x, r + 0.5, false);
    }
    draw_dots(svg, ASSIGNED, steps, |s| s.advantage, &y, x, r, true);
}

fn draw_values(svg: &mut Svg, panel: &Panel, steps: &[XrayStep], columns: Columns, right: f64) {
    let all = steps.iter().flat_map(|s| [s.value, s.exact_value]).flatten();
    let (lo, hi) = extent(all).unwrap_or((0.0, 1.0));
    let y = Linear::new((lo.min(0.0), hi.max(lo + 1e-6) * 1.05), (panel.bottom, panel.top));
    panel.frame(svg, &y, (columns.left, right));
    let x = |i: usize| columns.left + columns.pitch * (i as f64 + 0.5);
    let r = (columns.pitch * 0.3).clamp(1.5, 3.5);
    draw_dots(svg, EXACT, steps, |s| s.exact_value.unwrap_or(f64::NAN), &y, x, r + 0.5, false);
    draw_dots(svg, ASSIGNED, steps, |s| s.value.unwrap_or(f64::NAN), &y, x, r, false);
}

#[allow(clippy::too_many_arguments, reason = "one private drawing call, four of them scales")]
fn draw_dots(
    svg: &mut Svg,
    style: Style,
    steps: &[XrayStep],
    of: impl Fn(&XrayStep) -> f64,
    y: &Linear,
    x: impl Fn(usize) -> f64,
    r: f64,
    stems: bool,
) {
    let at = |i: usize, v: f64| if v.is_finite() { (x(i), y.at(v)) } else { (x(i), f64::NAN) };
    let points: Vec<_> = steps.iter().enumerate().map(|(i, s)| at(i, of(s))).collect();
    svg.open_styled(style, "trace", "");
    if stems {
        for p in points.iter().filter(|p| p.1.is_finite()) {
            svg.line((p.0, y.at(0.0)), *p, "stem");
        }
    } else {
        svg.polyline(&points, "ln");
    }
    for (i, p) in points.iter().enumerate().filter(|(_, p)| p.1.is_finite()) {
        let class = if style == EXACT { "hollow" } else { "mk" };
        let name = if style == EXACT { "exact" } else { "assigned" };
        svg.marker(
            style,
            *p,
            r,
            class,
            &format!("step {}: {name} {}", i + 1, number::signed(of(&steps[i]), 3)),
        );
    }
    svg.close();
}
