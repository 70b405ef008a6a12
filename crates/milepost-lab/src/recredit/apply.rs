//! Rules on recorded trajectories.

use milepost_algorithms::{CreditAssigner as _, StandardCredit};
use milepost_core::{
    Batch, Group, Provenance, SpanKind, StateRecords, TaskSeed, Trajectory, TrajectoryBuilder, Version,
};

use super::RecreditError;
use super::read::Recorded;
use super::rule::{Rule, has_critic};
use crate::config::Arm;
use crate::record::trajectories::TrajectoryRecord;

/// A recorded trajectory with what every rule makes of it.
pub(super) struct Credited {
    pub(super) seed: u64,
    pub(super) task: u64,
    pub(super) member: usize,
    pub(super) record: TrajectoryRecord,
    /// For each rule, `[T]`; `None` if the rule leaves the trajectory out.
    pub(super) advantages: Vec<Option<Vec<f64>>>,
}

/// All trajectories of an arm, and what the rules counted.
pub(super) struct CreditedArm {
    pub(super) trajectories: Vec<Credited>,
    /// For each rule.
    pub(super) counters: Vec<Vec<(String, u64)>>,
    /// Why some trajectories have no exact advantage.
    pub(super) no_exact_values: Option<String>,
}

pub(super) fn apply(
    arm: &Arm,
    rules: &[Rule],
    recorded: Vec<Recorded>,
) -> Result<CreditedArm, RecreditError> {
    let critic = has_critic(&arm.method);
    let smallest =
        recorded.iter().flat_map(|r| &r.groups).map(|group| group.members.len()).min().unwrap_or(0);
    for rule in rules {
        let (label, name) = (rule.label.clone(), arm.name.clone());
        if rule.config.needs_values() && !critic {
            return Err(RecreditError::NeedsValues { rule: label, arm: name });
        }
        if rule.config.needs_group() && smallest < 2 {
            return Err(RecreditError::NeedsGroup { rule: label, arm: name });
        }
    }
    let mut all = CreditedArm {
        trajectories: Vec::new(),
        counters: vec![Vec::new(); rules.len()],
        no_exact_values: recorded
            .iter()
            .flat_map(|r| &r.groups)
            .find_map(|group| group.no_exact_values.clone()),
    };
    for Recorded { seed, path, groups } in recorded {
        let of = |record: &TrajectoryRecord, task| {
            rebuild(record, task).map_err(|source| RecreditError::Trajectory { path: path.clone(), source })
        };
        let batch = groups
            .iter()
            .map(|group| {
                group.members.iter().map(|member| of(member, group.task)).collect::<Result<Vec<_>, _>>()
            })
            .collect::<Result<Vec<_>, _>>()?;
        let batch =
            Batch { groups: batch.into_iter().filter_map(|members| Group::new(members).ok()).collect() };
        let members = || groups.iter().flat_map(|group| &group.members);
        let rewards: Vec<Vec<f64>> = members().map(|member| member.rewards.clone()).collect();
        let values: Vec<Vec<f64>> = members().map(|member| member.values.clone()).collect();
        let mut of_rules = Vec::with_capacity(rules.len());
        for (rule, counters) in rules.iter().zip(&mut all.counters) {
            let assigner = StandardCredit {
                credit: rule.config.credit.clone(),
                normalize: rule.config.normalize,
                drop_zero_variance: rule.config.drop_zero_variance,
                critic,
            };
            let credits =
                assigner.assign(&batch, &rewards, &values).map_err(|source| RecreditError::Assign {
                    rule: rule.label.clone(),
                    arm: arm.name.clone(),
                    source: Box::new(source),
                })?;
            for (name, count) in &credits.counters {
                match counters.iter_mut().find(|(known, _)| known == name) {
                    Some((_, total)) => *total += count,
                    None => counters.push(((*name).to_owned(), *count)),
                }
            }
            of_rules.push(credits);
        }
        let mut index = 0;
        for group in groups {
            for (member, record) in group.members.into_iter().enumerate() {
                let kept = |credits: &milepost_algorithms::Credits| {
                    credits.keep[index].then(|| credits.advantages[index].clone())
                };
                let advantages = of_rules.iter().map(kept).collect();
                all.trajectories.push(Credited { seed, task: group.task, member, record, advantages });
                index += 1;
            }
        }
    }
    Ok(all)
}

/// A trajectory as credit rules see it: they read no observation and no probability.
fn rebuild(record: &TrajectoryRecord, task: u64) -> Result<Trajectory<()>, milepost_core::TrajectoryError> {
    let (task, none) = (TaskSeed::literal(task), StateRecords::default());
    let mut builder = TrajectoryBuilder::new(task, 0, record.first_step, Version(0), none);
    for (turn, key) in record.state_keys.iter().enumerate() {
        builder.state((), *key, &[]);
        if let (Some(action), Some(reward)) = (record.actions.get(turn), record.rewards.get(turn)) {
            builder.span(SpanKind::Policy, Provenance::OnPolicy, &[*action], &[0.0]);
            builder.end_turn(*reward);
        }
    }
    builder.finish(record.ending)
}
