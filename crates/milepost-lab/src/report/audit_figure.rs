//! The picture of an audit: how far each arm's reward is from gold, and where it misleads.

use super::chart::svg::{Anchor, Svg};
use super::number;
use super::palette;
use crate::audit::{ArmOutcome, AuditRecord, Map, Numbers};

const WIDTH: f64 = 980.0;
const LEFT: f64 = 14.0;
const LABEL: f64 = 134.0;
const TRACK: f64 = 130.0;
const PITCH: f64 = 34.0;
const TOP: f64 = 62.0;
const CELL: f64 = 24.0;

/// Colours by role, and the text of a figure that stands alone.
const STYLE: &str = "svg{background:var(--paper);font:13px system-ui,sans-serif}text{fill:var(--a0)}\
    .name{font-weight:600}.h{font-weight:600}.note{font-size:11px}.track{fill:var(--a0);fill-opacity:.13}\
    .bar{fill:var(--a1)}.good{fill:var(--a3)}.cell{fill:var(--a3);fill-opacity:.16}\
    .start{fill:none;stroke:var(--a1);stroke-width:2}.b1{fill:var(--a2);fill-opacity:.25}\
    .b2{fill:var(--a2);fill-opacity:.5}.b3{fill:var(--a2);fill-opacity:.75}.b4{fill:var(--a2)}\
    .frame{fill:var(--a0);fill-opacity:.28}.pct{font-size:8px;fill:var(--ink)}";

/// One bar of an arm.
struct Measure {
    name: &'static str,
    hint: &'static str,
    class: &'static str,
    of: fn(&Numbers) -> Option<f64>,
}

const MEASURES: [Measure; 5] = [
    Measure { name: "EPIC", hint: "distance to gold", class: "bar", of: |n| n.epic.value },
    Measure { name: "DARD", hint: "distance to gold", class: "bar", of: |n| n.dard.value },
    Measure { name: "misled", hint: "share of states", class: "bar", of: |n| Some(misled(n)) },
    Measure { name: "hover", hint: "share of steps", class: "bar", of: |n| n.hover.value },
    Measure { name: "success", hint: "of its best agent", class: "good", of: |n| Some(n.success) },
];

fn misled(n: &Numbers) -> f64 {
    n.states_misled as f64 / (n.states_same + n.states_narrower + n.states_misled).max(1) as f64
}

/// A self-contained SVG that reads well in light and dark.
pub(crate) fn audit_figure(audit: &AuditRecord) -> String {
    let shown: Vec<(&str, &Numbers)> = audit
        .arms
        .iter()
        .filter_map(|arm| match &arm.outcome {
            ArmOutcome::Audited(numbers) => Some((arm.arm.as_str(), numbers.as_ref())),
            ArmOutcome::Refused { .. } => None,
        })
        .collect();
    let refused: Vec<&str> = audit
        .arms
        .iter()
        .filter(|arm| matches!(arm.outcome, ArmOutcome::Refused { .. }))
        .map(|arm| arm.arm.as_str())
        .collect();
    let bars = TOP + PITCH * shown.len() as f64 + if refused.is_empty() { 0.0 } else { 22.0 };
    let first = shown.first().map(|(_, numbers)| &numbers.map);
    let (across, down) = first.map_or((1.0, 1.0), |map| (f64::from(map.width), f64::from(map.height)));
    let columns = ((WIDTH - 2.0 * LEFT + 24.0) / (across * CELL + 24.0)).floor().max(1.0) as usize;
    let lines = shown.len().div_ceil(columns) as f64;
    let height = bars + 46.0 + lines * (down * CELL + 40.0);
    let title = format!("Audit of {}: rewards on {}", audit.experiment, audit.environment);
    let desc = "Bars: distances of each arm's reward to the gold reward, and what an agent does that maximises it. \
                Maps: for each cell, the share of states in which such an agent is misled.";
    let mut svg = Svg::new("audit", "audit", (WIDTH, height), &title, desc);
    svg.text((LEFT, 18.0), Anchor::Start, "h", &title);
    draw_bars(&mut svg, &shown);
    if !refused.is_empty() {
        let text = format!("{}: depends on history, not a reward on transitions", refused.join(", "));
        svg.text((LEFT, TOP + PITCH * shown.len() as f64 + 14.0), Anchor::Start, "note", &text);
    }
    svg.text((LEFT, bars + 22.0), Anchor::Start, "h", "Where a best action is not best for gold");
    let note =
        "% of the states with the agent in a cell, over directions and what it has done; outlined: the start";
    svg.text((LEFT, bars + 38.0), Anchor::Start, "note", note);
    for (index, (arm, numbers)) in shown.iter().enumerate() {
        let x = LEFT + (index % columns) as f64 * (across * CELL + 24.0);
        let y = bars + 62.0 + (index / columns) as f64 * (down * CELL + 40.0);
        svg.text((x, y), Anchor::Start, "name", &number::shorten(arm, 20));
        draw_map(&mut svg, (x, y + 8.0), &numbers.map);
    }
    let style = format!(
        "<style>{}{STYLE}:root{{--ink:#000}}@media screen and (prefers-color-scheme:dark){{:root{{--ink:#fff}}}}</style>",
        palette::css()
    );
    let drawn = svg.finish().replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1);
    drawn.replacen("</desc>", &format!("</desc>{style}"), 1) + "\n"
}

fn draw_bars(svg: &mut Svg, shown: &[(&str, &Numbers)]) {
    for (column, measure) in MEASURES.iter().enumerate() {
        let x = LABEL + (TRACK + 40.0) * column as f64;
        svg.text((x, TOP - 20.0), Anchor::Start, "name", measure.name);
        svg.text((x, TOP - 7.0), Anchor::Start, "note", measure.hint);
        for (row, (arm, numbers)) in shown.iter().enumerate() {
            let y = TOP + PITCH * row as f64;
            if column == 0 {
                svg.text((LEFT, y + 16.0), Anchor::Start, "name", &number::shorten(arm, 16));
            }
            svg.rect((x, y + 4.0), (TRACK - 34.0, 16.0), "track");
            let text = match (measure.of)(numbers) {
                Some(value) => {
                    svg.rect((x, y + 4.0), (value.clamp(0.0, 1.0) * (TRACK - 34.0), 16.0), measure.class);
                    number::fixed(value, 2)
                }
                None => number::ABSENT.to_owned(),
            };
            svg.text((x + TRACK - 28.0, y + 16.0), Anchor::Start, "note", &text);
        }
    }
}

fn draw_map(svg: &mut Svg, (left, top): (f64, f64), map: &Map) {
    let size = (f64::from(map.width) * CELL, f64::from(map.height) * CELL);
    svg.rect((left, top), size, "frame");
    for cell in &map.cells {
        let (x, y) = (left + f64::from(cell.x) * CELL, top + f64::from(cell.y) * CELL);
        let (corner, side) = ((x + 0.5, y + 0.5), (CELL - 1.0, CELL - 1.0));
        let share = cell.misled as f64 / cell.states.max(1) as f64;
        svg.rect(corner, side, "cell");
        if cell.misled > 0 {
            let shade = ["b1", "b2", "b3", "b4"][((share * 4.0) as usize).min(3)];
            svg.rect(corner, side, shade);
            let text = format!("{:.0}", (100.0 * share).max(1.0));
            svg.text((x + CELL / 2.0, y + CELL / 2.0 + 3.0), Anchor::Middle, "pct", &text);
        }
        if cell.start {
            svg.rect((x + 2.0, y + 2.0), (CELL - 4.0, CELL - 4.0), "start");
        }
    }
}
