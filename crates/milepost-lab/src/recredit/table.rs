//! The comparison on the terminal, and every step as CSV.

use std::fmt::Write as _;

use super::record::{ArmRecord, Pair, RecreditRecord, TrajectoryTable};
use crate::analysis::aligned;

/// Steps of a trajectory that are printed.
const SHOWN: usize = 24;

/// All results as text.
pub(crate) fn render(found: &RecreditRecord) -> String {
    let mut text = String::new();
    for arm in &found.arms {
        let steps: usize = arm.trajectories.iter().map(|t| t.rewards.len()).sum();
        let _ = writeln!(
            text,
            "{} · {}: {} trajectories of {} seed{}, {steps} steps",
            found.experiment,
            arm.arm,
            arm.trajectories.len(),
            arm.seeds.len(),
            if arm.seeds.len() == 1 { "" } else { "s" },
        );
        if let Some(reason) = &arm.no_exact_values {
            let _ = writeln!(text, "some exact advantages are missing: {reason}");
        }
        for counters in &arm.counters {
            let mut notes: Vec<String> =
                counters.counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
            if counters.left_out > 0 {
                notes.insert(0, format!("{} trajectories left out", counters.left_out));
            }
            if !notes.is_empty() {
                let _ = writeln!(text, "{}: {}", counters.rule, notes.join(", "));
            }
        }
        let _ = writeln!(text, "\ncosine below the diagonal, τ_b within trajectories above");
        text.push_str(&matrix(arm, |pair, above| if above { pair.kendall } else { pair.cosine }));
        let _ = writeln!(text, "\n\nshare of steps with the same sign");
        text.push_str(&matrix(arm, |pair, _| pair.sign));
        text.push_str("\n\n");
        if let Some(table) = example(arm) {
            text.push_str(&steps_of(arm, table));
            text.push_str("\n\n");
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn matrix(arm: &ArmRecord, read: impl Fn(&Pair, bool) -> Option<f64>) -> String {
    let names = &arm.columns;
    let mut rows = vec![std::iter::once(String::new()).chain(names.iter().cloned()).collect::<Vec<_>>()];
    for (i, name) in names.iter().enumerate() {
        let cell = |j: usize| {
            if i == j {
                return "·".to_owned();
            }
            let (a, b) = (&names[i.min(j)], &names[i.max(j)]);
            let pair = arm.pairs.iter().find(|pair| &pair.a == a && &pair.b == b);
            number(pair.and_then(|pair| read(pair, j > i)), 2)
        };
        rows.push(std::iter::once(name.clone()).chain((0..names.len()).map(cell)).collect());
    }
    aligned(&rows)
}

/// The shortest success, or the first trajectory.
fn example(arm: &ArmRecord) -> Option<&TrajectoryTable> {
    let solved = arm.trajectories.iter().filter(|table| table.success);
    solved.min_by_key(|table| table.rewards.len()).or_else(|| arm.trajectories.first())
}

fn steps_of(arm: &ArmRecord, table: &TrajectoryTable) -> String {
    let mut rows = vec![
        ["step", "action", "reward", "value"]
            .into_iter()
            .map(str::to_owned)
            .chain(arm.columns.iter().cloned())
            .collect::<Vec<_>>(),
    ];
    let steps = table.rewards.len();
    for step in 0..steps.min(SHOWN) {
        let mut row = vec![
            step.to_string(),
            table.actions[step].clone(),
            number(Some(table.rewards[step]), 3),
            number(Some(table.values[step]), 3),
        ];
        row.extend(table.credit.iter().map(|column| number(column.as_ref().map(|c| c[step]), 3)));
        rows.push(row);
    }
    let mut text = format!(
        "seed {}, task {}, trajectory {} ({}, {steps} steps)\n{}",
        table.seed,
        table.task,
        table.member,
        if table.success { "success" } else { "no success" },
        aligned(&rows)
    );
    if steps > SHOWN {
        let _ = write!(text, "\n… {} more in steps.csv", steps - SHOWN);
    }
    text
}

fn number(value: Option<f64>, digits: usize) -> String {
    let Some(value) = value else { return "–".into() };
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        _ => text,
    }
}

/// Every step of every trajectory: one line each, columns of all arms together, empty where there is none.
pub(crate) fn csv(found: &RecreditRecord) -> String {
    let mut columns: Vec<&String> = Vec::new();
    for column in found.arms.iter().flat_map(|arm| &arm.columns) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let mut out = String::from("arm,seed,task,trajectory,step,action,reward,value");
    for column in &columns {
        let _ = write!(out, ",{}", quoted(column));
    }
    out.push('\n');
    for arm in &found.arms {
        let places: Vec<Option<usize>> =
            columns.iter().map(|column| arm.columns.iter().position(|own| own == *column)).collect();
        for table in &arm.trajectories {
            for step in 0..table.rewards.len() {
                let _ = write!(
                    out,
                    "{},{},{},{},{step},{},{},{}",
                    arm.arm,
                    table.seed,
                    table.task,
                    table.member,
                    quoted(&table.actions[step]),
                    table.rewards[step],
                    table.values[step]
                );
                for place in &places {
                    match place.and_then(|place| table.credit[place].as_ref()) {
                        Some(credit) => {
                            let _ = write!(out, ",{}", credit[step]);
                        }
                        None => out.push(','),
                    }
                }
                out.push('\n');
            }
        }
    }
    out
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
