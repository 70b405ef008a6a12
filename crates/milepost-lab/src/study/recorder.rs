//! A study's recorder that writes files.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use milepost_studies::{Interrupted, Measured, Memory, Metric, Recorder, StudyError, Table, split_finite};

use super::records::{Point, StudyDone};
use crate::clock::{self, Stopwatch};
use crate::record::directory::{TaskFolder, VERSION, write_json};
use crate::record::event::{Activity, Timing};
use crate::record::log::{FORMAT, Header, LogWriter};
use crate::record::shared::Shared;
use crate::record::{RecordError, STUDY_PARTS};
use crate::tensorboard::EventWriter;

/// Writes what one arm and seed reports. Points go to the logs at once; the rest is written at the end, so
/// that a folder without `done.json` holds nothing that a reader could mistake for a result.
pub(super) struct FileRecorder<'a> {
    folder: TaskFolder,
    shared: Shared,
    header: Header,
    points: LogWriter,
    tensorboard: EventWriter<File>,
    memory: Memory,
    watch: Stopwatch,
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

impl<'a> FileRecorder<'a> {
    /// Starts the files of an arm and seed afresh.
    pub(super) fn create(
        place: Place<'_>,
        metrics: &[Metric],
        stop: &'a AtomicBool,
        calls_left: Option<u64>,
        tell: &'a mut dyn FnMut(u64),
    ) -> Result<Self, RecordError> {
        let Place { folder, shared, config, arm, seed } = place;
        let header = Header {
            format: FORMAT,
            kind: "points".into(),
            milepost: VERSION.into(),
            config: config.into(),
            arm: arm.into(),
            seed,
        };
        let board = folder.tensorboard();
        let file = File::create(&board).map_err(RecordError::io(&board, "created"))?;
        let tensorboard = EventWriter::create(file, clock::unix_seconds());
        Ok(Self {
            points: LogWriter::create(&folder.events(), &header)?,
            tensorboard: tensorboard.map_err(RecordError::io(&board, "written"))?,
            memory: Memory::new(metrics),
            watch: Stopwatch::start(),
            folder,
            shared: Shared::below(shared),
            header,
            stop,
            calls_left,
            told: 0,
            tell,
        })
    }

    /// Writes what is known at the end. Fails if a metric was not reported.
    pub(super) fn finish(self) -> Result<(), StudyError> {
        self.memory.finish()?;
        let timing = Header { kind: "timing".into(), ..self.header.clone() };
        let line = Timing { activity: Activity::Training, steps: 0, seconds: self.watch.seconds() };
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

    fn write_point(&mut self, point: &Point) -> Result<(), RecordError> {
        self.points.push(point)?;
        self.points.flush()?;
        let step = point.costs.first().map_or(0, |(_, cost)| *cost as u64);
        let now = clock::unix_seconds();
        let mut write = || {
            for (name, value) in &point.values {
                self.tensorboard.scalar(now, step, name, *value)?;
            }
            self.tensorboard.flush()
        };
        write().map_err(RecordError::io(&self.folder.tensorboard(), "written"))
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
        self.write_point(&Point { costs, values }).map_err(StudyError::part("the run's files"))
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
}
