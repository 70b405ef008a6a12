//! The audit on the terminal.

use std::fmt::Write as _;

use super::record::{ArmOutcome, AuditRecord, Number, Numbers};
use crate::analysis::aligned;

/// Rounding that a sum of rewards may leave.
const ZERO: f64 = 5e-10;

/// All results as text: a table, then what needs words.
pub(crate) fn render(audit: &AuditRecord) -> String {
    let mut text = format!(
        "{}: {} ({} task{}), {} states, {} transitions, {} steps, problem: {}\n\n",
        audit.experiment,
        audit.environment,
        audit.tasks.len(),
        if audit.tasks.len() == 1 { "" } else { "s" },
        audit.states,
        audit.transitions,
        audit.horizon,
        audit.problem,
    );
    let header = [
        "arm", "γ", "pays", "uniform", "misled", "narrower", "regret", "(mean)", "residual", "cycle", "EPIC",
        "DARD", "RMS", "r", "ρ", "hover", "success",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(audit.arms.iter().filter_map(|arm| match &arm.outcome {
        ArmOutcome::Audited(numbers) => Some(row(&arm.arm, numbers)),
        ArmOutcome::Refused { .. } => None,
    }));
    text.push_str(&aligned(&rows));
    text.push('\n');
    for arm in &audit.arms {
        if let ArmOutcome::Refused { reason } = &arm.outcome {
            let _ = writeln!(text, "{}  {reason}", arm.arm);
        }
    }
    text.push('\n');
    for arm in &audit.arms {
        if let ArmOutcome::Audited(numbers) = &arm.outcome {
            for remark in remarks(audit, numbers) {
                let _ = writeln!(text, "{}: {remark}", arm.arm);
            }
        }
    }
    text.push_str(LEGEND);
    text
}

const LEGEND: &str = "
pays       share of transitions with a reward; uniform: share of steps of a random agent
misled     states in which an action is best for this reward but not for gold; narrower: fewer, all best for gold
regret     gold value lost by the agent that is best for this reward, ties at their worst; (mean): at random
residual   least distance from gold plus potential shaping, in reward per step
cycle      mean reward per step of the best loop that never ends; above 0 it can be farmed
EPIC DARD  distance to gold, 0 to 1; RMS: root mean square of the difference
r ρ        Pearson and Spearman correlation of returns
hover      share of the best agent's steps spent going over states again while success was possible
success    of the agent that is best for this reward, within the budget
";

fn row(arm: &str, n: &Numbers) -> Vec<String> {
    let states = (n.states_same + n.states_narrower + n.states_misled).max(1) as f64;
    vec![
        arm.to_owned(),
        fixed(n.discount, 3),
        percent(n.density_transitions),
        percent(n.density_uniform),
        percent(n.states_misled as f64 / states),
        percent(n.states_narrower as f64 / states),
        fixed(n.regret_worst, 3),
        fixed(n.regret_mean, 3),
        fixed(n.residual, 3),
        n.cycle_mean.map_or_else(|| "–".into(), |mean| fixed(mean, 3)),
        number(&n.epic, 3),
        number(&n.dard, 3),
        number(&n.direct, 3),
        number(&n.return_pearson, 2),
        number(&n.return_spearman, 2),
        n.hover.value.map_or_else(|| "–".into(), percent),
        percent(n.success),
    ]
}

fn remarks(audit: &AuditRecord, n: &Numbers) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(mean) = n.cycle_mean.filter(|mean| *mean > ZERO) {
        let steps: Vec<String> = n
            .cycle
            .iter()
            .map(|step| match step.at {
                Some((x, y)) => format!("{} at ({x}, {y})", step.action),
                None => step.action.clone(),
            })
            .collect();
        remarks.push(format!("a loop pays {mean:.4} per step for ever: {}", steps.join(", then ")));
    }
    if let Some(mean) =
        n.possible_cycle_mean.filter(|mean| *mean > n.cycle_mean.unwrap_or(0.0).max(0.0) + ZERO)
    {
        remarks.push(format!("with luck, a loop pays {mean:.4} per step for ever"));
    }
    if let (Some(steps), Some(reward)) = (n.hover.value.filter(|share| *share > ZERO), n.hover_reward.value) {
        let gold = n.hover_gold.value.unwrap_or(0.0);
        let beside =
            if gold > ZERO { format!(" (gold's best agent: {})", percent(gold)) } else { String::new() };
        remarks.push(format!(
            "its best agent hovers for {} of its steps{beside} and collects {} of its reward there",
            percent(steps),
            percent(reward)
        ));
    }
    if n.success < n.success_gold - ZERO {
        remarks.push(format!(
            "its best agent succeeds in {} of episodes; gold's in {}",
            percent(n.success),
            percent(n.success_gold)
        ));
    }
    if n.states_misled > 0 && n.regret_worst < ZERO {
        remarks.push(format!(
            "no regret from the start within {} steps, although {} states mislead",
            audit.horizon, n.states_misled
        ));
    }
    if n.missing > 0 {
        remarks.push(format!("{} values were missing and pay nothing", n.missing));
    }
    for (name, number) in [
        ("EPIC", &n.epic),
        ("DARD", &n.dard),
        ("RMS", &n.direct),
        ("r", &n.return_pearson),
        ("ρ", &n.return_spearman),
        ("hover", &n.hover),
    ] {
        if let Some(reason) = &number.undefined {
            remarks.push(format!("{name}: {reason}"));
        }
    }
    remarks
}

fn number(number: &Number, digits: usize) -> String {
    number.value.map_or_else(|| "–".into(), |value| fixed(value, digits))
}

/// A value without a sign on zero.
fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        _ => text,
    }
}

fn percent(share: f64) -> String {
    let digits = if share > 0.0 && share < 0.0995 { 2 } else { 1 };
    format!("{:.digits$} %", 100.0 * share)
}
