//! Rules that compare trajectories of one task.

use milepost_core::Batch;
use milepost_credit::{
    GiGpo, Groups, Hgpo, Normalize, Rows, Singleton, StepGroupsReport, TurnBatch, opo_advantages,
    prefix_tree_advantages, step_position_advantages, turn_loo_advantages,
};

use super::{Credits, to_go};
use crate::TrainError;
use crate::config::{AloneConfig, CreditConfig};

/// Credit by a rule that needs groups, all groups of the batch at once.
pub(super) fn assign<O>(
    rule: &CreditConfig,
    normalize: &Normalize,
    batch: &Batch<O>,
    rewards: &[Vec<f64>],
) -> Result<Credits, TrainError> {
    let sizes: Vec<usize> = batch.groups.iter().map(|group| group.members().len()).collect();
    let lengths: Vec<usize> = rewards.iter().map(Vec::len).collect();
    let (groups, turns) = (Groups::from_sizes(&sizes), Rows::ragged(&lengths));
    let outcomes: Vec<f64> = rewards.iter().map(|row| row.iter().sum()).collect();
    let flat: Vec<f64> = rewards.concat();
    let mut out = vec![0.0; flat.len()];
    let mut counters = Vec::new();
    match rule {
        CreditConfig::TurnLeaveOneOut { gamma, alone } => {
            let singleton = match alone {
                AloneConfig::Raw => Singleton::Raw,
                AloneConfig::Zero => Singleton::Drop,
            };
            let report = turn_loo_advantages(&groups, &turns, &flat, *gamma, singleton, &mut out)?;
            counters.push(("turns_without_peers", report.dropped as u64));
        }
        CreditConfig::GiGpo { gamma, omega, shrinkage } => {
            let (gamma, omega, shrinkage) = (*gamma, *omega, *shrinkage);
            let rule = GiGpo { episode: *normalize, step: *normalize, omega, gamma, shrinkage };
            let anchors = anchors(batch, &lengths);
            let batch = turn_batch(&groups, &turns, &outcomes, &flat, &anchors);
            counters.extend(pools(rule.assign(&batch, &mut out)?));
        }
        CreditConfig::Hgpo { gamma, omega, depth, alpha } => {
            let (gamma, omega, depth, alpha) = (*gamma, *omega, *depth, *alpha);
            let rule = Hgpo { episode: *normalize, step: *normalize, omega, gamma, depth, alpha };
            let anchors = anchors(batch, &lengths);
            let batch = turn_batch(&groups, &turns, &outcomes, &flat, &anchors);
            counters.extend(pools(rule.assign(&batch, &mut out)?));
        }
        CreditConfig::StepPosition { gamma } => {
            let alone = Singleton::Drop;
            let report =
                step_position_advantages(normalize, &groups, &turns, &flat, *gamma, alone, &mut out)?;
            counters.push(("positions_without_variance", report.zero_range as u64));
            counters.push(("turns_without_peers", report.dropped as u64));
        }
        CreditConfig::PrefixTree => {
            let rows: Vec<usize> = lengths.iter().map(|length| length + 1).collect();
            let keys = prefixes(batch, rewards);
            prefix_tree_advantages(&outcomes, &Rows::ragged(&rows), &keys, &mut out)?;
        }
        CreditConfig::Opo => {
            let mut advantages = vec![0.0; outcomes.len()];
            opo_advantages(&groups, &outcomes, &lengths, Singleton::Drop, &mut advantages)?;
            turns.broadcast(&advantages, None, &mut out)?;
        }
        other => return Err(TrainError::Config { reason: format!("{other:?} compares no groups") }),
    }
    let mut credits = Credits { counters, ..Credits::default() };
    for (row, rewards) in turns.iter().zip(rewards) {
        credits.push(out[row].to_vec(), to_go(rewards, rule.gamma())?);
    }
    let truncated = batch.trajectories().filter(|trajectory| trajectory.ending.bootstraps()).count();
    credits.counters.push(("truncations_without_bootstrap", truncated as u64));
    Ok(credits)
}

/// The state in which each turn starts, flat.
fn anchors<O>(batch: &Batch<O>, lengths: &[usize]) -> Vec<u64> {
    let rows = batch.trajectories().zip(lengths);
    rows.flat_map(|(trajectory, length)| trajectory.state_keys[..*length].iter().copied()).collect()
}

const fn turn_batch<'a>(
    groups: &'a Groups,
    turns: &'a Rows,
    outcomes: &'a [f64],
    turn_rewards: &'a [f64],
    anchors: &'a [u64],
) -> TurnBatch<'a> {
    TurnBatch { groups, turns, outcomes, turn_rewards, anchors }
}

/// What happened to groups and anchor groups.
const fn pools(report: StepGroupsReport) -> [(&'static str, u64); 4] {
    [
        ("groups_without_variance", report.episode.zero_range as u64),
        ("groups_of_one_dropped", report.episode.dropped as u64),
        ("anchor_groups_without_variance", report.step.zero_range as u64),
        ("anchor_groups_of_one", report.step.dropped as u64),
    ]
}

/// A key of everything before each turn, and one of the whole: group, states, actions and rewards.
fn prefixes<O>(batch: &Batch<O>, rewards: &[Vec<f64>]) -> Vec<u64> {
    let mut keys = Vec::new();
    let mut rows = rewards.iter();
    for (number, group) in batch.groups.iter().enumerate() {
        for (trajectory, rewards) in group.members().iter().zip(rows.by_ref()) {
            let mut key = mix(number as u64);
            for (turn, reward) in rewards.iter().enumerate() {
                key = mix(key ^ trajectory.state_keys[turn]);
                keys.push(key);
                key = mix(key ^ u64::from(trajectory.tokens[turn])).rotate_left(1);
                key = mix(key ^ reward.to_bits());
            }
            keys.push(key);
        }
    }
    keys
}

/// SplitMix64's output function (Steele, Lea and Flood, OOPSLA 2014).
const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
