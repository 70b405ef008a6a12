//! What went wrong, and what it cost.

use crate::report::context::Context;
use crate::report::number::{ABSENT, compact, count, duration, fixed, significant};
use crate::report::page::{Block, Cell, Section, Table};

pub(in crate::report) fn section(context: &Context) -> Section {
    let mut blocks = vec![counters(context).map_or_else(
        || Block::Missing { text: "No arm recorded counters of failures or fallbacks.".to_owned() },
        Block::Table,
    )];
    blocks.push(
        throughput(context)
            .map_or_else(|| Block::Missing { text: "No arm recorded its speed.".to_owned() }, Block::Table),
    );
    Section {
        id: "cost",
        title: "Failures and cost",
        lead: "Everything that was dropped, repaired or skipped on the way, and what the budget bought."
            .to_owned(),
        blocks,
    }
}

fn counters(context: &Context) -> Option<Table> {
    let mut names: Vec<&str> = Vec::new();
    for c in context.data.arms.iter().flat_map(|a| &a.counters) {
        if !names.contains(&c.name.as_str()) {
            names.push(&c.name);
        }
    }
    if names.is_empty() {
        return None;
    }
    let mut head = vec![Cell::text("event")];
    head.extend(context.arms().map(|(arm, style)| Cell { class: "num", ..Context::arm_cell(arm, style) }));
    let rows = names.iter().map(|name| {
        let mut row = vec![Cell::text(*name)];
        for arm in &context.data.arms {
            row.push(match arm.counters.iter().find(|c| c.name == *name) {
                None => Cell { text: ABSENT.to_owned(), class: "num dim", ..Cell::default() },
                Some(c) => Cell {
                    text: count(c.count),
                    sub: c.total.filter(|t| *t > 0).map(|t| share(c.count, t)).unwrap_or_default(),
                    class: if c.count == 0 { "num dim" } else { "num" },
                    ..Cell::default()
                },
            });
        }
        row
    });
    Some(Table {
        title: "Counters".to_owned(),
        caption: "Events over the whole run, all seeds together; percentages where the total is known. A dash means \
                  that the arm does not have this part; a zero means that it was watched and did not happen."
            .to_owned(),
        head,
        rows: rows.collect(),
        ..Table::default()
    })
}

fn share(n: u64, total: u64) -> String {
    format!("{} % of {}", fixed(100.0 * n as f64 / total as f64, 1), compact(total as f64))
}

fn throughput(context: &Context) -> Option<Table> {
    if context.data.arms.iter().all(|a| a.throughput.is_none()) {
        return None;
    }
    let or_absent = |v: Option<f64>, print: fn(f64) -> String| v.map_or_else(|| ABSENT.to_owned(), print);
    let rows = context.arms().map(|(arm, style)| {
        let t = arm.throughput.as_ref();
        let cells = [
            or_absent(t.and_then(|t| t.budget_used), compact),
            or_absent(t.and_then(|t| t.iterations), compact),
            or_absent(t.and_then(|t| t.wall_clock_seconds), duration),
            or_absent(t.and_then(|t| t.training_seconds), duration),
            or_absent(t.and_then(|t| t.seconds_per_credited_turn).map(|seconds| 1e3 * seconds), significant),
            or_absent(t.map(|t| t.training_steps_per_second), compact),
            or_absent(t.map(|t| t.evaluation_steps_per_second), compact),
        ];
        let mut row = vec![Context::arm_cell(arm, style)];
        row.extend(cells.map(|text| Cell::number(text, "")));
        row
    });
    Some(Table {
        title: "Budget and speed".to_owned(),
        caption: "Per seed, averaged over seeds. The budget is what the protocol holds equal; iterations of the loop and \
                  wall-clock are shown so that a cheap win can be told from an expensive one. A credited turn is one that \
                  is learned from and whose mean advantage is not 0; what it took is over all seeds together."
            .to_owned(),
        head: vec![
            Cell::text("arm"),
            Cell::number("budget used", ""),
            Cell::number("iterations", ""),
            Cell::number("wall-clock", ""),
            Cell::number("training time", "without evaluation"),
            Cell::number("per credited turn", "milliseconds of training"),
            Cell::number("training", "steps per second"),
            Cell::number("evaluation", "steps per second"),
        ],
        rows: rows.collect(),
        ..Table::default()
    })
}
