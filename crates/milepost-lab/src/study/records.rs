//! What is written about one arm and seed, and how it is read again.

use std::collections::BTreeMap;

use milepost_studies::{Measured, Table};
use serde::{Deserialize, Serialize};

use super::StudyRun;
use crate::record::directory::{TaskFolder, read_json};
use crate::record::event::Timing;
use crate::record::{RecordError, log};

/// A line of the event log: a point of learning curves. Holds nothing that depends on the clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Point {
    /// Costs so far by name; the first is the usual axis.
    pub(super) costs: Vec<(String, f64)>,
    /// Values by name; finite.
    pub(super) values: Vec<(String, f64)>,
}

/// What `done.json` says. Holds nothing that depends on the clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StudyDone {
    /// Hash of the resolved configuration.
    pub(super) config: String,
    /// The final number of each metric.
    pub(super) results: Vec<(String, Measured)>,
    /// Things that a reader should know, counted.
    pub(super) counters: BTreeMap<String, u64>,
    /// Tables for the page.
    pub(super) tables: Vec<Table>,
}

/// One finished arm and seed.
#[derive(Debug, Clone)]
pub(super) struct SeedRecord {
    pub(super) seed: u64,
    pub(super) points: Vec<Point>,
    pub(super) done: StudyDone,
    /// Wall-clock seconds.
    pub(super) seconds: f64,
}

/// All finished seeds of one arm.
#[derive(Debug, Clone)]
pub(super) struct ArmRecord {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) seeds: Vec<SeedRecord>,
}

impl SeedRecord {
    /// The value of a metric, or why there is none.
    pub(super) fn result(&self, metric: &str) -> Result<f64, &str> {
        match self.done.results.iter().find(|(name, _)| name == metric) {
            Some((_, Measured::Value(value))) => Ok(*value),
            Some((_, Measured::Undefined(reason))) => Err(reason),
            None => Err("it was not reported"),
        }
    }
}

impl ArmRecord {
    /// The seeds for which a metric is defined, with its values.
    pub(super) fn scores(&self, metric: &str) -> Vec<(u64, f64)> {
        self.seeds.iter().filter_map(|seed| Some((seed.seed, seed.result(metric).ok()?))).collect()
    }
}

/// Reads all finished arms and seeds of a run.
pub(super) fn read(run: &StudyRun) -> Result<Vec<ArmRecord>, RecordError> {
    let experiment = run.experiment();
    let read_arm = |arm: &crate::config::StudyArm| {
        let seeds = (0..experiment.settings.seeds).map(|seed| (seed, run.task(&arm.name, seed)));
        let seeds = seeds
            .filter(|(_, folder)| folder.is_done())
            .map(|(seed, folder)| read_seed(&run.meta().config, seed, &folder))
            .collect::<Result<_, _>>()?;
        Ok(ArmRecord { name: arm.name.clone(), about: arm.about.clone(), seeds })
    };
    experiment.arms.iter().map(read_arm).collect()
}

fn read_seed(config: &str, seed: u64, folder: &TaskFolder) -> Result<SeedRecord, RecordError> {
    let done: StudyDone = read_json(&folder.done())?;
    if done.config != config {
        let reason =
            "it belongs to a run of another configuration; remove this arm and seed's folder and resume";
        return Err(RecordError::Mismatch { path: folder.done(), reason: reason.into() });
    }
    let points: log::Log<Point> = log::read(&folder.events())?;
    let timing: log::Log<Timing> = log::read(&folder.timing())?;
    let seconds = timing.lines.iter().map(|line| line.seconds).sum();
    Ok(SeedRecord { seed, points: points.lines, done, seconds })
}
