//! What is written about one arm and seed, and how it is read again.

use std::collections::BTreeMap;

use milepost_studies::{Measured, Table};
use serde::{Deserialize, Serialize};

use super::StudyRun;
use crate::claim::Results;
use crate::record::directory::{TaskFolder, read_json};
use crate::record::event::Timing;
use crate::record::{RecordError, log};

/// A line of the event log: a point of learning curves. Holds nothing that depends on the clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    /// Costs so far by name; the first is the usual axis.
    pub(crate) costs: Vec<(String, f64)>,
    /// Values by name; finite.
    pub(crate) values: Vec<(String, f64)>,
}

/// What `done.json` says. Holds nothing that depends on the clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StudyDone {
    /// Hash of the resolved configuration.
    pub(crate) config: String,
    /// The final number of each metric.
    pub(crate) results: Vec<(String, Measured)>,
    /// Things that a reader should know, counted.
    pub(crate) counters: BTreeMap<String, u64>,
    /// Tables for the page.
    pub(crate) tables: Vec<Table>,
}

/// One finished arm and seed.
#[derive(Debug, Clone)]
pub(crate) struct SeedRecord {
    pub(crate) seed: u64,
    pub(crate) points: Vec<Point>,
    pub(crate) done: StudyDone,
    /// Wall-clock seconds.
    pub(crate) seconds: f64,
}

/// All finished seeds of one arm.
#[derive(Debug, Clone)]
pub(crate) struct ArmRecord {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) seeds: Vec<SeedRecord>,
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

impl Results for ArmRecord {
    fn name(&self) -> &str {
        &self.name
    }

    fn results(&self, metric: &str) -> Vec<(u64, Result<f64, String>)> {
        self.seeds.iter().map(|seed| (seed.seed, seed.result(metric).map_err(str::to_owned))).collect()
    }
}

/// Reads all finished arms and seeds of a run.
pub(crate) fn read(run: &StudyRun) -> Result<Vec<ArmRecord>, RecordError> {
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
