//! The credit x-ray: one trajectory per arm, step by step.

use std::fmt::Write as _;

use crate::report::chart::axes::Size;
use crate::report::chart::{swatch, xray as drawing};
use crate::report::context::Context;
use crate::report::csv::{Download, cell, percent_encode};
use crate::report::data::{Arm, CreditXray, Frame, XrayStep};
use crate::report::error::ReportError;
use crate::report::number::{ABSENT, fixed, signed};
use crate::report::page::{Block, Cell, Section, Table, XrayPanel};
use crate::report::palette::Style;
use milepost_sheet::Sheet;

/// Steps shown per trajectory; a longer one shows its end.
const MAX_STEPS: usize = 200;
/// `<` inside JSON text.
const ESCAPED_LESS_THAN: &str = "\\u003c";
/// Bytes of frames carried by the whole page.
const MAX_FRAME_BYTES: usize = 1_500_000;

pub(super) fn section(context: &Context) -> Result<Section, ReportError> {
    let recorded: Vec<(&Arm, Style, &CreditXray)> = context
        .arms()
        .filter_map(|(a, s)| a.xray.as_ref().map(|x| (a, s, x)))
        .filter(|(_, _, x)| !x.steps.is_empty())
        .collect();
    let mut panels = Vec::new();
    for (i, (arm, style, x)) in recorded.iter().enumerate() {
        panels.extend(panel(context, i, arm, *style, x, MAX_FRAME_BYTES / recorded.len())?);
    }
    let block = if panels.is_empty() {
        Block::Missing { text: "No arm recorded a trajectory for the credit x-ray.".to_owned() }
    } else {
        Block::Xray {
            panels,
            caption: "Top: what each reward channel paid at each step. Below: the advantage that the credit rule \
                      assigned to the action (filled dots on stems, left scale) and, where the world is small \
                      enough to solve, the exact advantage (hollow diamonds, right scale). Good credit rises and \
                      falls with the diamonds: compare signs and order, not heights, since assigned advantages \
                      are usually normalised. Step through with the buttons, the slider, the ← → keys, or a click on \
                      the chart."
                .to_owned(),
            number: 0,
        }
    };
    Ok(Section {
        id: "credit",
        title: "Credit x-ray",
        lead: "One trajectory, step by step: what was paid, and which decisions got the credit.".to_owned(),
        blocks: vec![block],
    })
}

fn panel(
    context: &Context,
    i: usize,
    arm: &Arm,
    style: Style,
    whole: &CreditXray,
    frame_bytes: usize,
) -> Result<Option<XrayPanel>, ReportError> {
    let left_out = whole.steps.len().saturating_sub(MAX_STEPS);
    let x = &CreditXray {
        steps: whole.steps[left_out..].to_vec(),
        frames: whole.frames.get(left_out..).unwrap_or_default().to_vec(),
        ..whole.clone()
    };
    let (frames, surplus) = thin(&x.frames, frame_bytes);
    let title = format!("{}: reward and credit at each step", arm.name);
    let agreement = agreement(&x.steps);
    let draw = |size| {
        drawing::draw(&format!("xray-{i}"), size, &title, &agreement, x, |name| context.channel_color(name))
    };
    let (Some(wide), Some(narrow)) = (draw(Size::Wide), draw(Size::Narrow)) else { return Ok(None) };
    let mut caption = x.caption.clone();
    if left_out > 0 {
        let _ = write!(caption, " The first {left_out} steps are left out.");
    }
    if surplus {
        caption += " Some pictures are left out to keep the page small; the one before is shown instead.";
    }
    let (image, text) = match frames.first() {
        Some(Some(Frame::Svg(svg))) => (Some(format!("data:image/svg+xml,{}", percent_encode(svg))), None),
        Some(Some(Frame::Text(text))) => (None, Some(text.clone())),
        _ => (None, None),
    };
    Ok(Some(XrayPanel {
        arm: arm.name.clone(),
        swatch: swatch::arm(style, &arm.name),
        caption,
        rule: x.credit_rule.clone(),
        agreement,
        wide,
        narrow,
        image,
        text,
        // No markup may appear inside a script element.
        frames: serde_json::to_string(&frames)?.replace('<', ESCAPED_LESS_THAN),
        steps: x.steps.len(),
        legend: context.channel_legend(x.channels.iter().map(String::as_str)),
        table: table(arm, x, left_out),
    }))
}

/// Frames as embedded: a namespace on every picture, repeats and surplus left out as `None`. Also says whether
/// there was a surplus.
fn thin(frames: &[Frame], budget: usize) -> (Vec<Option<Frame>>, bool) {
    let size = |f: &Frame| match f {
        Frame::Svg(s) | Frame::Text(s) => s.len() + s.matches('<').count() * (ESCAPED_LESS_THAN.len() - 1),
    };
    let total: usize = frames.iter().map(size).sum();
    let every = total.div_ceil(budget.max(1)).max(1);
    let keep = |i: usize| i.is_multiple_of(every) && (i == 0 || frames[i] != frames[i - every]);
    (frames.iter().enumerate().map(|(i, f)| keep(i).then(|| with_namespace(f))).collect(), every > 1)
}

/// An image address needs the SVG namespace that inline SVG can do without.
fn with_namespace(frame: &Frame) -> Frame {
    match frame {
        Frame::Svg(s) if s.contains("<svg") && !s.contains("xmlns=") => {
            Frame::Svg(s.replacen("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"", 1))
        }
        other => other.clone(),
    }
}

/// How often assigned and exact advantage point the same way.
fn agreement(steps: &[XrayStep]) -> String {
    let both = steps.iter().filter_map(|s| s.exact_advantage.map(|e| (s.advantage, e)));
    let decided: Vec<(f64, f64)> =
        both.filter(|(a, e)| a.is_finite() && e.is_finite() && e.abs() > 1e-9).collect();
    if decided.is_empty() {
        return "No exact advantage is known for this trajectory.".to_owned();
    }
    let same = decided.iter().filter(|(a, e)| a * e > 0.0).count();
    format!("Assigned and exact advantage point the same way on {same} of {} steps.", decided.len())
}

fn table(arm: &Arm, x: &CreditXray, left_out: usize) -> Table {
    let exact = x.steps.iter().any(|s| s.exact_advantage.is_some());
    let value = x.steps.iter().any(|s| s.value.is_some());
    let exact_value = x.steps.iter().any(|s| s.exact_value.is_some());
    let mut names = vec!["step".to_owned(), "action".to_owned()];
    names.extend(x.channels.iter().cloned());
    names.extend(["reward".to_owned(), "advantage".to_owned()]);
    for (shown, name) in [(exact, "exact advantage"), (value, "value"), (exact_value, "exact value")] {
        names.extend(shown.then(|| name.to_owned()));
    }
    let mut csv = Sheet::new(&names);
    let mut rows = Vec::new();
    for (t, s) in x.steps.iter().enumerate() {
        let mut numbers: Vec<(f64, bool)> =
            s.channels.iter().map(|c| (c.unwrap_or(f64::NAN), true)).collect();
        numbers.extend([(s.reward, true), (s.advantage, true)]);
        let optional =
            [(exact, s.exact_advantage, true), (value, s.value, false), (exact_value, s.exact_value, false)];
        numbers.extend(optional.iter().filter(|o| o.0).map(|o| (o.1.unwrap_or(f64::NAN), o.2)));
        let mut row = vec![Cell::number((left_out + t + 1).to_string(), ""), Cell::text(s.action.clone())];
        row.extend(numbers.iter().map(|(v, sign)| Cell {
            text: if *sign { signed(*v, 3) } else { fixed(*v, 3) },
            class: if v.is_finite() && *v != 0.0 { "num" } else { "num dim" },
            ..Cell::default()
        }));
        rows.push(row);
        let start = [(left_out + t + 1).into(), (&s.action).into()];
        csv.row(start.into_iter().chain(numbers.iter().map(|n| cell(n.0))));
    }
    let head = names.iter().enumerate();
    let head =
        head.map(|(i, n)| if i == 1 { Cell::text(n.clone()) } else { Cell::number(n.clone(), "") }).collect();
    Table {
        number: 0,
        title: format!("Numbers of the x-ray of {}", arm.name),
        caption: format!(
            "A dash ({ABSENT}) means that the channel said nothing at that step, which is not a zero."
        ),
        head,
        rows,
        csv: Some(Download::of(&csv, &format!("credit-x-ray-{}", file_name(&arm.name)))),
    }
}

/// `name` with everything but letters, digits, dots and dashes replaced by a dash.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_over_budget_are_thinned_and_get_a_namespace() {
        let frame = |n: usize| Frame::Svg(format!("<svg>{n:0>95}</svg>"));
        let frames: Vec<Frame> = (0..10).map(frame).collect();
        let (kept, surplus) = thin(&frames, 600);
        assert!(surplus);
        assert_eq!(kept.iter().filter(|f| f.is_some()).count(), 5);
        assert!(matches!(&kept[0], Some(Frame::Svg(s)) if s.contains("xmlns")));
        let same = vec![frame(1), frame(1), frame(2)];
        let (kept, surplus) = thin(&same, 10_000);
        assert!(kept[1].is_none() && !surplus);
    }

    #[test]
    fn agreement_counts_only_steps_where_the_exact_advantage_decides() {
        let step = |advantage, exact| XrayStep { advantage, exact_advantage: exact, ..XrayStep::default() };
        let steps = [step(1.0, Some(0.5)), step(1.0, Some(-0.5)), step(1.0, Some(0.0)), step(1.0, None)];
        assert!(agreement(&steps).contains("on 1 of 2 steps"));
    }
}
