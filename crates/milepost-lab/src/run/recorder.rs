//! Everything a worker writes about one arm and seed, and how it is picked up again.

use std::fs;

use crate::clock;
use crate::record::RecordError;
use crate::record::checkpoint::{self, Checkpoint, Stamp};
use crate::record::counted::CountedFile;
use crate::record::directory::{TaskFolder, VERSION};
use crate::record::event::{Activity, Evaluation, Event, Iteration, Timing, WarmStart};
use crate::record::log::{FORMAT, Header, LogWriter};
use crate::record::trajectories::{self, GroupRecord};
use crate::tensorboard::EventWriter;

/// The logs of one arm and seed.
pub(crate) struct Recorder {
    folder: TaskFolder,
    config: String,
    arm: String,
    seed: u64,
    events: LogWriter,
    timing: LogWriter,
    tensorboard: EventWriter<CountedFile>,
}

impl Recorder {
    /// Starts the logs, or goes on with them where `checkpoint` was written.
    pub(crate) fn open(
        folder: &TaskFolder,
        config: &str,
        arm: &str,
        seed: u64,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Self, RecordError> {
        let header = |kind: &str| Header {
            format: FORMAT,
            kind: kind.into(),
            milepost: VERSION.into(),
            config: config.into(),
            arm: arm.into(),
            seed,
        };
        let board = folder.tensorboard();
        let (events, timing, tensorboard) = match checkpoint {
            None => {
                let file = CountedFile::create(&board).map_err(RecordError::io(&board, "created"))?;
                let writer = EventWriter::create(file, clock::unix_seconds());
                (
                    LogWriter::create(&folder.events(), &header("events"))?,
                    LogWriter::create(&folder.timing(), &header("timing"))?,
                    writer.map_err(RecordError::io(&board, "written"))?,
                )
            }
            Some(Checkpoint { stamp, .. }) => {
                stamp.check(folder.path(), config, arm, seed)?;
                let file = CountedFile::resume(&board, stamp.tensorboard);
                (
                    LogWriter::resume(&folder.events(), stamp.events)?,
                    LogWriter::resume(&folder.timing(), stamp.timing)?,
                    EventWriter::append(file.map_err(RecordError::io(&board, "opened"))?),
                )
            }
        };
        let (folder, config, arm) = (folder.clone(), config.to_owned(), arm.to_owned());
        Ok(Self { folder, config, arm, seed, events, timing, tensorboard })
    }

    /// Records what was imitated before training.
    pub(super) fn warm_start(&mut self, line: &WarmStart) -> Result<(), RecordError> {
        self.line(&Event::WarmStart(line.clone()), line.charged, &line.scalars())
    }

    /// Records one turn of the training loop.
    pub(crate) fn iteration(
        &mut self,
        line: &Iteration,
        steps: u64,
        seconds: f64,
    ) -> Result<(), RecordError> {
        let mut scalars = line.scalars();
        scalars.push(("time/training_steps_per_second".into(), steps as f64 / seconds.max(1e-9)));
        self.line(&Event::Iteration(line.clone()), line.steps, &scalars)?;
        self.time(Activity::Training, steps, seconds)
    }

    /// Records one evaluation.
    pub(crate) fn evaluation(&mut self, line: &Evaluation, seconds: f64) -> Result<(), RecordError> {
        let steps: u64 = line.gold.iter().map(|gold| u64::from(gold.length)).sum();
        self.line(&Event::Evaluation(line.clone()), line.steps, &line.scalars())?;
        self.time(Activity::Evaluation, steps, seconds)
    }

    fn line(&mut self, event: &Event, step: u64, scalars: &[(String, f64)]) -> Result<(), RecordError> {
        self.events.push(event)?;
        self.events.flush()?;
        let now = clock::unix_seconds();
        let mut write = || {
            for (tag, value) in scalars {
                self.tensorboard.scalar(now, step, tag, *value)?;
            }
            self.tensorboard.flush()
        };
        write().map_err(RecordError::io(&self.folder.tensorboard(), "written"))
    }

    fn time(&mut self, activity: Activity, steps: u64, seconds: f64) -> Result<(), RecordError> {
        self.timing.push(&Timing { activity, steps, seconds })?;
        self.timing.flush()
    }

    /// Records trajectories of the trained policy.
    pub(super) fn trajectories(&self, groups: &[GroupRecord]) -> Result<(), RecordError> {
        let header = Header {
            format: FORMAT,
            kind: trajectories::KIND.into(),
            milepost: VERSION.into(),
            config: self.config.clone(),
            arm: self.arm.clone(),
            seed: self.seed,
        };
        let mut log = LogWriter::create(&self.folder.trajectories(), &header)?;
        for group in groups {
            log.push(group)?;
        }
        log.flush()
    }

    /// Writes a checkpoint that vouches for the logs as they are now.
    pub(super) fn checkpoint(
        &mut self,
        iteration: u64,
        steps: u64,
        parts: Vec<(String, Vec<u8>)>,
    ) -> Result<(), RecordError> {
        let stamp = Stamp {
            config: self.config.clone(),
            milepost: VERSION.into(),
            arm: self.arm.clone(),
            seed: self.seed,
            iteration,
            steps,
            events: self.events.len(),
            timing: self.timing.len(),
            tensorboard: self.tensorboard.get_ref().len(),
        };
        checkpoint::write(&self.folder.checkpoints(), stamp, parts)
    }
}

/// Makes the folder of an arm and seed, and reads the checkpoint to go on from.
pub(crate) fn prepare(folder: &TaskFolder) -> Result<(), RecordError> {
    fs::create_dir_all(folder.path()).map_err(RecordError::io(folder.path(), "created"))
}
