//! A study's recorder that writes files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use milepost_studies::{
    Interrupted, Measured, Memory, Metric, Recorder, State, StudyError, Table, split_finite,
};
use serde::{Deserialize, Serialize};

use super::files::{Files, header};
use super::records::{Point, StudyDone};
use crate::clock::Stopwatch;
use crate::record::checkpoint::Checkpoint;
use crate::record::directory::{TaskFolder, write_json};
use crate::record::event::{Activity, Timing};
use crate::record::log::{Header, LogWriter};
use crate::record::shared::Shared;
use crate::record::{RecordError, STUDY_PARTS};

/// Between two states that are kept.
const KEEP_EVERY: Duration = Duration::from_secs(30);
/// The part of a kept state that is the recorder's own.
const RECORDED: &str = "recorded.json";

/// Writes what one arm and seed reports. Points go to the logs at once; the rest is written at the end, so
/// that a folder without `done.json` holds nothing that a reader could mistake for a result.
pub(super) struct FileRecorder<'a> {
    folder: TaskFolder,
    shared: Shared,
    header: Header,
    /// The files; none as long as there is a state to go on from, which knows where they stood.
    files: Option<Files>,
    kept: Option<Checkpoint>,
    memory: Memory,
    /// Seconds spent before this process.
    earlier: f64,
    watch: Stopwatch,
    since_kept: Stopwatch,
    stop: &'a AtomicBool,
    /// As if asked to stop after so many calls of `advance`.
    calls_left: Option<u64>,
    told: u64,
    tell: &'a mut dyn FnMut(u64),
}

/// What a recorder is told about its place.
pub(super) struct Place<'a> {
    pub(super) folder: TaskFolder,
    /// What arms of a run share.
    pub(super) shared: PathBuf,
    pub(super) config: &'a str,
    pub(super) arm: &'a str,
    pub(super) seed: u64,
}

/// What was recorded apart from points.
#[derive(Debug, Serialize, Deserialize)]
struct Recorded {
    results: Vec<(String, Measured)>,
    counters: BTreeMap<String, u64>,
    tables: Vec<Table>,
    seconds: f64,
}

impl<'a> FileRecorder<'a> {
    /// Starts the files of an arm and seed afresh, unless it kept a state to go on from.
    pub(super) fn open(
        place: Place<'_>,
        metrics: &[Metric],
        stop: &'a AtomicBool,
        calls_left: Option<u64>,
        tell: &'a mut dyn FnMut(u64),
    ) -> Result<Self, RecordError> {
        let Place { folder, shared, config, arm, seed } = place;
        let header = header(config, arm, seed);
        let kept = Files::kept(&folder, &header)?;
        let files = match kept {
            None => Some(Files::create(folder.clone(), header.clone())?),
            Some(_) => None,
        };
        let watch = Stopwatch::start();
        let (shared, memory) = (Shared::below(shared), Memory::new(metrics));
        Ok(Self {
            folder,
            shared,
            header,
            files,
            kept,
            memory,
            earlier: 0.0,
            watch,
            since_kept: watch,
            stop,
            calls_left,
            told: 0,
            tell,
        })
    }

    /// Writes what is known at the end. Fails if a metric was not reported.
    pub(super) fn finish(self) -> Result<(), StudyError> {
        if self.kept.is_some() {
            let reason = "the study kept a state and did not go on from it, which is a bug of the study";
            return Err(StudyError::part("the kept state")(reason));
        }
        self.memory.finish()?;
        let seconds = self.earlier + self.watch.seconds();
        let timing = Header { kind: "timing".into(), ..self.header.clone() };
        let line = Timing { activity: Activity::Training, steps: 0, seconds };
        let done = StudyDone {
            config: self.header.config,
            results: self.memory.results,
            counters: self.memory.counters,
            tables: self.memory.tables,
        };
        let write = || {
            let mut log = LogWriter::create(&self.folder.timing(), &timing)?;
            log.push(&line)?;
            log.flush()?;
            write_json(&self.folder.done(), &done)
        };
        write().map_err(StudyError::part("the run's files"))
    }

    /// Whether a state should be stored now: somebody asked to stop, or the last one is old.
    fn is_due(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self.calls_left == Some(0)
            || self.since_kept.elapsed() >= KEEP_EVERY
    }
}

impl Recorder for FileRecorder<'_> {
    fn advance(&mut self, done: u64, total: u64) -> Result<(), Interrupted> {
        if let Some(left) = &mut self.calls_left {
            if *left == 0 {
                return Err(Interrupted);
            }
            *left -= 1;
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(Interrupted);
        }
        let part = (u128::from(done) * u128::from(STUDY_PARTS) / u128::from(total.max(1))) as u64;
        if part > self.told {
            self.told = part;
            (self.tell)(part.min(STUDY_PARTS));
        }
        Ok(())
    }

    fn point(&mut self, costs: &[(&str, f64)], values: &[(&str, f64)]) -> Result<(), StudyError> {
        let (values, other) = split_finite(values);
        for name in other {
            self.count(&format!("{name} not finite"), 1);
        }
        let costs = costs.iter().map(|(name, cost)| ((*name).to_owned(), *cost)).collect();
        // Before the study goes on from its state, what it says has been written already.
        let Some(files) = &mut self.files else { return Ok(()) };
        files.point(&Point { costs, values }).map_err(StudyError::part("the run's files"))
    }

    fn result(&mut self, metric: &str, value: Measured) -> Result<(), StudyError> {
        self.memory.result(metric, value)
    }

    fn count(&mut self, what: &str, times: u64) {
        self.memory.count(what, times);
    }

    fn table(&mut self, table: Table) -> Result<(), StudyError> {
        self.memory.table(table)
    }

    fn shared(
        &mut self,
        key: &str,
        make: &mut dyn FnMut() -> Result<Vec<u8>, StudyError>,
    ) -> Result<Vec<u8>, StudyError> {
        /// A failure of the files, or of the making.
        enum Failure {
            Files(RecordError),
            Making(StudyError),
        }
        impl From<RecordError> for Failure {
            fn from(error: RecordError) -> Self {
                Self::Files(error)
            }
        }
        self.shared.get(key, || make().map_err(Failure::Making)).map_err(|failure| match failure {
            Failure::Files(error) => StudyError::part("what arms share")(error),
            Failure::Making(error) => error,
        })
    }

    fn resume(&mut self) -> Result<Option<State>, StudyError> {
        let Some(Checkpoint { stamp, mut parts }) = self.kept.take() else { return Ok(None) };
        let missing = || StudyError::part("the kept state")(format!("{RECORDED} is missing"));
        let own = parts.iter().position(|(name, _)| name == RECORDED).ok_or_else(missing)?;
        let recorded: Recorded =
            serde_json::from_slice(&parts.remove(own).1).map_err(StudyError::part("the kept state"))?;
        let files = Files::resume(self.folder.clone(), self.header.clone(), &stamp);
        self.files = Some(files.map_err(StudyError::part("the run's files"))?);
        self.memory.results = recorded.results;
        self.memory.counters = recorded.counters;
        self.memory.tables = recorded.tables;
        self.earlier = recorded.seconds;
        self.told = stamp.steps;
        (self.tell)(self.told);
        Ok(Some(parts))
    }

    fn keep(&mut self, state: &mut dyn FnMut() -> Result<State, StudyError>) -> Result<(), StudyError> {
        if !self.is_due() {
            return Ok(());
        }
        let recorded = Recorded {
            results: self.memory.results.clone(),
            counters: self.memory.counters.clone(),
            tables: self.memory.tables.clone(),
            seconds: self.earlier + self.watch.seconds(),
        };
        let mut parts = state()?;
        let own = serde_json::to_vec(&recorded).map_err(StudyError::part("the kept state"))?;
        parts.push((RECORDED.to_owned(), own));
        if let Some(files) = &mut self.files {
            files.keep(self.told, parts).map_err(StudyError::part("the run's files"))?;
        }
        self.since_kept = Stopwatch::start();
        Ok(())
    }
}
