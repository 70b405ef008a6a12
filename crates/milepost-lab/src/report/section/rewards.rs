//! Who paid over training, and whether the paid reward still means what evaluation means.

use crate::report::chart::axes::Size;
use crate::report::chart::lines::{LineChart, Series};
use crate::report::chart::scale::{even_indices, extent};
use crate::report::chart::{ledger as stack, swatch};
use crate::report::context::Context;
use crate::report::csv::{Download, cell};
use crate::report::data::{Arm, HackingGap, Ledger};
use crate::report::number::{fixed, signed};
use crate::report::page::{Block, LegendEntry, Multiples, Panel, Section};
use crate::report::palette::Style;
use milepost_sheet::Sheet;

pub(super) fn ledger(context: &Context) -> Section {
    let recorded: Vec<(&Arm, Style, &Ledger)> =
        context.arms().filter_map(|(a, s)| a.ledger.as_ref().map(|l| (a, s, l))).collect();
    let mut blocks = Vec::new();
    if recorded.is_empty() {
        blocks.push(Block::Missing { text: "No arm recorded its reward ledger.".to_owned() });
    } else {
        let paid =
            |name: &&&str| recorded.iter().any(|(_, _, l)| l.channels.iter().any(|c| c.name == **name));
        let names = context.channel_names().iter().filter(paid).copied();
        blocks.push(Block::Legend { entries: context.channel_legend(names) });
        blocks.push(Block::Multiples(ledger_figure(context, &recorded)));
    }
    Section {
        id: "ledger",
        title: "Reward ledger",
        lead: "Which reward channel paid for the learning, and when.".to_owned(),
        blocks,
    }
}

fn ledger_figure(context: &Context, recorded: &[(&Arm, Style, &Ledger)]) -> Multiples {
    let mut csv = Sheet::new(&["arm", "step", "channel", "share"]);
    let mut panels = Vec::new();
    for (i, (arm, style, ledger)) in recorded.iter().enumerate() {
        for k in even_indices(ledger.steps.len()) {
            for c in &ledger.channels {
                csv.row([(&arm.name).into(), cell(ledger.steps[k]), (&c.name).into(), cell(c.share[k])]);
            }
        }
        let last = ledger.channels.iter().filter_map(|c| {
            let share = c.share.iter().rev().find(|s| s.is_finite())?;
            Some(format!("{} {} %", c.name, fixed(100.0 * share, 0)))
        });
        let last = last.collect::<Vec<_>>().join(", ");
        panels.push(Panel {
            title: arm.name.clone(),
            swatch: swatch::arm(*style, &arm.name),
            svg: stack::draw(
                &format!("ledger-{i}"),
                &format!("{}: share of reward paid by each channel", arm.name),
                &format!("At the end: {last}."),
                context.x_name(),
                ledger,
                |name| context.channel_color(name),
            ),
            note: format!("at the end: {last}"),
        });
    }
    Multiples {
        number: 0,
        title: "Who paid".to_owned(),
        caption: "The height of a layer is the share of that channel in all reward (by absolute size) paid at that \
                  point of training; layers add up to one. A shaping channel that never gives way to the outcome \
                  is worth a second look. Gaps are updates without a sound record."
            .to_owned(),
        panels,
        csv: Some(Download::of(&csv, "reward-ledger")),
    }
}

const PROXY: Style = Style { color: 2, dash: 2, marker: 3 };
const GOLD: Style = Style { color: 1, dash: 0, marker: 0 };

pub(super) fn gap(context: &Context) -> Section {
    let recorded: Vec<(&Arm, Style, &HackingGap)> =
        context.arms().filter_map(|(a, s)| a.hacking_gap.as_ref().map(|g| (a, s, g))).collect();
    let entry = |name: &str, style: Style| LegendEntry {
        name: name.to_owned(),
        note: String::new(),
        swatch: swatch::arm(style, name),
        key: String::new(),
    };
    let blocks = if recorded.is_empty() {
        vec![Block::Missing { text: "No arm recorded its training reward beside the gold score.".to_owned() }]
    } else {
        let entries = vec![entry("training reward (proxy)", PROXY), entry("gold score", GOLD)];
        vec![Block::Legend { entries }, Block::Multiples(gap_figure(context, &recorded))]
    };
    Section {
        id: "gap",
        title: "Hacking gap",
        lead: "Is the reward that was trained on still a good stand-in for the score that counts?".to_owned(),
        blocks,
    }
}

fn gap_figure(context: &Context, recorded: &[(&Arm, Style, &HackingGap)]) -> Multiples {
    let all =
        |of: fn(&HackingGap) -> &Vec<f64>| recorded.iter().flat_map(move |(_, _, g)| of(g).iter().copied());
    let y_range = extent(all(|g| &g.proxy).chain(all(|g| &g.gold)).chain([0.0]));
    let y_range = y_range.map(|(lo, hi)| (lo, if hi > lo { hi * 1.04 } else { 1.0 }));
    let mut csv = Sheet::new(&["arm", "step", "proxy", "gold"]);
    let mut panels = Vec::new();
    for (i, (arm, style, gap)) in recorded.iter().enumerate() {
        let kept = even_indices(gap.steps.len());
        for k in &kept {
            csv.row([(&arm.name).into(), cell(gap.steps[*k]), cell(gap.proxy[*k]), cell(gap.gold[*k])]);
        }
        let band = kept.iter().map(|k| (gap.steps[*k], gap.gold[*k], gap.proxy[*k])).collect();
        let line = |of: &[f64]| kept.iter().map(|k| (gap.steps[*k], of[*k])).collect();
        let end = gap.proxy.iter().zip(&gap.gold).rev().map(|(p, g)| p - g).find(|d| d.is_finite());
        let note = end.map_or_else(
            || "no finite values".to_owned(),
            |d| format!("gap at the end: {}", signed(d, context.digits.min(2))),
        );
        let chart = LineChart {
            id: format!("gap-{i}"),
            title: format!("{}: training reward against gold", arm.name),
            desc: format!("{note}."),
            x_name: context.x_name().to_owned(),
            y_name: "mean per episode".to_owned(),
            x_range: None,
            y_range,
            guide: None,
            end_labels: false,
            series: vec![
                Series {
                    label: "proxy".to_owned(),
                    style: PROXY,
                    points: line(&gap.proxy),
                    band,
                    faint: false,
                },
                Series {
                    label: "gold".to_owned(),
                    style: GOLD,
                    points: line(&gap.gold),
                    band: vec![],
                    faint: false,
                },
            ],
        };
        panels.push(Panel {
            title: arm.name.clone(),
            swatch: swatch::arm(*style, &arm.name),
            svg: chart.draw(Size::Small),
            note,
        });
    }
    Multiples {
        number: 0,
        title: "Proxy against gold".to_owned(),
        caption: "The shaded area between the two lines is the gap. Trouble looks like a proxy that keeps rising while gold stands still \
                  or falls: the policy has learned to please the reward instead of solving the task."
            .to_owned(),
        panels,
        csv: Some(Download::of(&csv, "hacking-gap")),
    }
}
