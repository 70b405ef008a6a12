//! How rules agree.

use milepost_eval::correlation::kendall_tau_b;

use super::apply::{Credited, CreditedArm};
use super::record::{ArmRecord, Pair, RuleCounters, TrajectoryTable};
use super::rule::Rule;
use super::{EXACT, RECORDED};
use crate::config::Arm;

/// Magnitudes below this are zero.
const ZERO: f64 = 1e-12;

pub(super) fn arm(arm: &Arm, rules: &[Rule], credited: CreditedArm) -> ArmRecord {
    let CreditedArm { trajectories, counters, no_exact_values } = credited;
    let exact = trajectories.iter().any(|t| t.record.exact_advantages.is_some());
    let mut columns = vec![RECORDED.to_owned()];
    columns.extend(exact.then(|| EXACT.to_owned()));
    columns.extend(rules.iter().map(|rule| rule.label.clone()));
    let left_out = |rule: usize| trajectories.iter().filter(|t| t.advantages[rule].is_none()).count();
    let counters = counters
        .into_iter()
        .enumerate()
        .map(|(index, counts)| RuleCounters {
            rule: rules[index].label.clone(),
            left_out: left_out(index),
            counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
        })
        .collect();
    let mut seeds: Vec<u64> = trajectories.iter().map(|t| t.seed).collect();
    seeds.dedup();
    let tables: Vec<TrajectoryTable> = trajectories.into_iter().map(|t| table(t, exact)).collect();
    let mut pairs = Vec::new();
    for a in 0..columns.len() {
        for b in a + 1..columns.len() {
            pairs.push(pair(&columns, &tables, a, b));
        }
    }
    ArmRecord {
        arm: arm.name.clone(),
        seeds,
        rules: rules.to_vec(),
        counters,
        columns,
        pairs,
        no_exact_values,
        trajectories: tables,
    }
}

fn table(credited: Credited, exact: bool) -> TrajectoryTable {
    let Credited { seed, task, member, record, advantages } = credited;
    let actions = record.action_names();
    let mut credit = vec![Some(record.advantages)];
    if exact {
        credit.push(record.exact_advantages);
    }
    credit.extend(advantages);
    TrajectoryTable {
        seed,
        task,
        member,
        success: record.ending.is_success(),
        actions,
        values: record.values[..record.rewards.len()].to_vec(),
        rewards: record.rewards,
        credit,
    }
}

fn pair(columns: &[String], tables: &[TrajectoryTable], a: usize, b: usize) -> Pair {
    let both = tables.iter().filter_map(|table| Some((table.credit[a].as_ref()?, table.credit[b].as_ref()?)));
    let (mut trajectories, mut steps, mut same, mut rank, mut ranked) = (0, 0, 0, 0.0, 0);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in both {
        trajectories += 1;
        steps += x.len();
        if let Ok(tau) = kendall_tau_b(x, y) {
            rank += tau;
            ranked += 1;
        }
        for (x, y) in x.iter().zip(y) {
            xx += x * x;
            yy += y * y;
            xy += x * y;
            same += usize::from(sign(*x) == sign(*y));
        }
    }
    let norm = f64::sqrt(xx) * f64::sqrt(yy);
    Pair {
        a: columns[a].clone(),
        b: columns[b].clone(),
        trajectories,
        steps,
        cosine: (norm > 0.0).then(|| (xy / norm).clamp(-1.0, 1.0)),
        kendall: (ranked > 0).then(|| rank / f64::from(ranked)),
        kendall_trajectories: ranked as usize,
        sign: (steps > 0).then(|| same as f64 / steps as f64),
    }
}

fn sign(value: f64) -> i8 {
    if value.abs() < ZERO {
        0
    } else if value > 0.0 {
        1
    } else {
        -1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(credit: Vec<Option<Vec<f64>>>) -> TrajectoryTable {
        let steps = credit.iter().flatten().next().map_or(0, Vec::len);
        TrajectoryTable {
            seed: 0,
            task: 0,
            member: 0,
            success: false,
            actions: vec![String::new(); steps],
            rewards: vec![0.0; steps],
            values: vec![0.0; steps],
            credit,
        }
    }

    #[test]
    fn agreement_is_counted_over_trajectories_that_both_rules_use() {
        let columns = ["a".to_owned(), "b".to_owned()];
        let tables = [
            table(vec![Some(vec![1.0, -2.0, 0.0]), Some(vec![2.0, -4.0, 0.0])]),
            table(vec![Some(vec![1.0, 1.0]), Some(vec![-1.0, 1.0])]),
            table(vec![Some(vec![5.0]), None]),
        ];
        let found = pair(&columns, &tables, 0, 1);
        assert_eq!((found.trajectories, found.steps), (2, 5));
        // ⟨a, b⟩ = 2 + 8 − 1 + 1, |a|² = 5 + 2, |b|² = 20 + 2.
        assert!((found.cosine.expect("not zero") - 10.0 / (7.0f64 * 22.0).sqrt()).abs() < 1e-12);
        assert_eq!((found.kendall, found.kendall_trajectories), (Some(1.0), 1), "the second has ties only");
        assert_eq!(found.sign, Some(0.8));
        let zero = pair(&columns, &[table(vec![Some(vec![0.0]), Some(vec![1.0])])], 0, 1);
        assert_eq!((zero.cosine, zero.kendall, zero.sign), (None, None, Some(0.0)));
    }
}
