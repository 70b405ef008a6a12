//! The files of one arm and seed of a study while it runs.

use crate::clock;
use crate::record::RecordError;
use crate::record::checkpoint::{self, Checkpoint, Stamp};
use crate::record::counted::CountedFile;
use crate::record::directory::{TaskFolder, VERSION};
use crate::record::log::{FORMAT, Header, LogWriter};
use crate::tensorboard::EventWriter;

use super::records::Point;

/// Points of learning curves, for readers and for TensorBoard, and the states kept beside them.
pub(super) struct Files {
    folder: TaskFolder,
    header: Header,
    points: LogWriter,
    tensorboard: EventWriter<CountedFile>,
    /// How many states were kept.
    kept: u64,
}

/// The first line of the points.
pub(super) fn header(config: &str, arm: &str, seed: u64) -> Header {
    Header {
        format: FORMAT,
        kind: "points".into(),
        milepost: VERSION.into(),
        config: config.into(),
        arm: arm.into(),
        seed,
    }
}

impl Files {
    /// Starts afresh.
    pub(super) fn create(folder: TaskFolder, header: Header) -> Result<Self, RecordError> {
        let board = folder.tensorboard();
        let file = CountedFile::create(&board).map_err(RecordError::io(&board, "created"))?;
        let tensorboard = EventWriter::create(file, clock::unix_seconds());
        Ok(Self {
            points: LogWriter::create(&folder.events(), &header)?,
            tensorboard: tensorboard.map_err(RecordError::io(&board, "written"))?,
            folder,
            header,
            kept: 0,
        })
    }

    /// Goes on where a state was kept.
    pub(super) fn resume(folder: TaskFolder, header: Header, stamp: &Stamp) -> Result<Self, RecordError> {
        let board = folder.tensorboard();
        let file = CountedFile::resume(&board, stamp.tensorboard);
        Ok(Self {
            points: LogWriter::resume(&folder.events(), stamp.events)?,
            tensorboard: EventWriter::append(file.map_err(RecordError::io(&board, "opened"))?),
            folder,
            header,
            kept: stamp.iteration,
        })
    }

    /// The state kept last, if there is one of this very run.
    pub(super) fn kept(folder: &TaskFolder, header: &Header) -> Result<Option<Checkpoint>, RecordError> {
        let Some(checkpoint) = checkpoint::latest(&folder.checkpoints())? else { return Ok(None) };
        checkpoint.stamp.check(folder.path(), &header.config, &header.arm, header.seed)?;
        Ok(Some(checkpoint))
    }

    pub(super) fn point(&mut self, point: &Point) -> Result<(), RecordError> {
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

    /// Keeps a state that vouches for the files as they are now; `done` says how far the work is.
    pub(super) fn keep(&mut self, done: u64, parts: Vec<(String, Vec<u8>)>) -> Result<(), RecordError> {
        self.kept += 1;
        let Header { config, arm, seed, .. } = self.header.clone();
        let stamp = Stamp {
            config,
            milepost: VERSION.into(),
            arm,
            seed,
            iteration: self.kept,
            steps: done,
            events: self.points.len(),
            timing: 0,
            tensorboard: self.tensorboard.get_ref().len(),
        };
        checkpoint::write(&self.folder.checkpoints(), stamp, parts)
    }
}
