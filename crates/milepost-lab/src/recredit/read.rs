//! The recorded trajectories of a run.

use std::path::PathBuf;

use milepost_core::{Ending, Outcome, Signals};

use super::RecreditError;
use crate::record::directory::{TaskFolder, read_json};
use crate::record::trace::TraceRecord;
use crate::record::trajectories::{GroupRecord, KIND, TrajectoryRecord};
use crate::record::{RunDirectory, log};

/// The groups of one arm and seed.
pub(super) struct Recorded {
    pub(super) seed: u64,
    pub(super) path: PathBuf,
    pub(super) groups: Vec<GroupRecord>,
}

/// Every finished seed of an arm.
pub(super) fn arm(run: &RunDirectory, arm: &str, seeds: &[u64]) -> Result<Vec<Recorded>, RecreditError> {
    let all = 0..run.experiment().settings.seeds;
    let mut recorded = Vec::new();
    for seed in all.filter(|seed| seeds.is_empty() || seeds.contains(seed)) {
        let folder = run.task(arm, seed);
        if !folder.is_done() {
            continue;
        }
        recorded.push(if folder.trajectories().is_file() {
            current(&folder, &run.meta().config, seed)?
        } else {
            before_trajectories(&folder, seed)?
        });
    }
    Ok(recorded)
}

fn current(folder: &TaskFolder, config: &str, seed: u64) -> Result<Recorded, RecreditError> {
    let path = folder.trajectories();
    let log::Log { header, lines: groups, cut } = log::read::<GroupRecord>(&path)?;
    let damaged = |reason: String| Err(RecreditError::Damaged { path: path.clone(), reason });
    if header.kind != KIND {
        return damaged(format!("it is a log of {}, not of {KIND}", header.kind));
    }
    if header.config != config {
        return damaged("it belongs to a run of another configuration".into());
    }
    if cut > 0 {
        return damaged(format!("its last {cut} bytes were not completely written"));
    }
    for member in groups.iter().flat_map(|group| &group.members) {
        check(member).map_err(|reason| RecreditError::Damaged { path: path.clone(), reason })?;
    }
    Ok(Recorded { seed, path, groups })
}

fn check(member: &TrajectoryRecord) -> Result<(), String> {
    let steps = member.actions.len();
    let columns = [
        ("state_keys", member.state_keys.len(), steps + 1),
        ("rewards", member.rewards.len(), steps),
        ("values", member.values.len(), steps + 1),
        ("advantages", member.advantages.len(), steps),
        ("exact_advantages", member.exact_advantages.as_ref().map_or(steps, Vec::len), steps),
    ];
    match columns.into_iter().find(|(_, found, expected)| found != expected) {
        Some((what, found, expected)) => {
            Err(format!("{what} has {found} entries where {expected} are needed"))
        }
        None => Ok(()),
    }
}

/// Runs that were made before whole trajectories were recorded have one trajectory, shown in the report. It
/// can be used if all its steps are there and nothing follows the last.
fn before_trajectories(folder: &TaskFolder, seed: u64) -> Result<Recorded, RecreditError> {
    let path = folder.traces();
    let refuse = |reason: &str| {
        let reason = format!(
            "it was made before whole trajectories were recorded, and {reason}; run the experiment again with this version"
        );
        Err(RecreditError::NoTrajectories { path: folder.path().to_owned(), reason })
    };
    if !path.is_file() {
        return refuse("traces.json is missing too");
    }
    let trace: TraceRecord = read_json(&path)?;
    let ending = match trace.ending.as_str() {
        "success" => Ending::Terminated(Outcome::Success),
        "failure" => Ending::Terminated(Outcome::Failure),
        _ => return refuse("the value after the last step of its one trajectory is not known"),
    };
    if trace.steps.len() != trace.length {
        return refuse("only the first steps of its one trajectory are there");
    }
    let column =
        |read: fn(&crate::record::trace::TraceStep) -> f64| trace.steps.iter().map(read).collect::<Vec<_>>();
    let action = |name: &str| (0..64).find(|token| crate::run::action_name(*token) == name).unwrap_or(0);
    let member = TrajectoryRecord {
        first_step: 0,
        ending,
        // The keys were not recorded; no rule reads those of other trajectories.
        state_keys: (0..=trace.length as u64).collect(),
        actions: trace.steps.iter().map(|step| action(&step.action)).collect(),
        words: Vec::new(),
        provenance: Vec::new(),
        signals: Signals::default(),
        rewards: column(|step| step.reward),
        values: column(|step| step.value).into_iter().chain([0.0]).collect(),
        advantages: column(|step| step.advantage),
        exact_advantages: trace.steps.iter().map(|step| step.exact_advantage).collect(),
    };
    let group =
        GroupRecord { task: trace.task, members: vec![member], no_exact_values: trace.no_exact_values };
    Ok(Recorded { seed, path, groups: vec![group] })
}
