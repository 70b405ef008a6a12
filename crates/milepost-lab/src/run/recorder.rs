//! Everything a worker writes about one arm and seed, and how it is picked up again.

use std::fs;
use std::time::Duration;

use crate::clock::{self, Stopwatch};
use crate::record::RecordError;
use crate::record::checkpoint::{self, Checkpoint, Stamp};
use crate::record::counted::CountedFile;
use crate::record::directory::{TaskFolder, VERSION};
use crate::record::event::{Activity, Evaluation, Event, Iteration, Teacher, Timing, WarmStart};
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
    /// Since when timing and TensorBoard keep what they are told.
    kept_since: Stopwatch,
}

/// How long timing and TensorBoard, which nothing goes on from, may keep what they are told.
const KEEP: Duration = Duration::from_secs(1);

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
        let kept_since = Stopwatch::start();
        Ok(Self { folder, config, arm, seed, events, timing, tensorboard, kept_since })
    }

    /// Records what was imitated before training.
    pub(super) fn warm_start(&mut self, line: WarmStart) -> Result<(), RecordError> {
        let (step, scalars) = (line.charged, line.scalars());
        self.line(&Event::WarmStart(line), step, &scalars)
    }

    /// Records the teacher that the method distils from.
    pub(super) fn teacher(&mut self, line: Teacher) -> Result<(), RecordError> {
        let scalars = line.scalars();
        self.line(&Event::Teacher(line), 0, &scalars)
    }

    /// Records one turn of the training loop.
    pub(crate) fn iteration(&mut self, line: Iteration, steps: u64, seconds: f64) -> Result<(), RecordError> {
        let (step, mut scalars) = (line.steps, line.scalars());
        scalars.push(("time/training_steps_per_second".into(), steps as f64 / seconds.max(1e-9)));
        self.timing.push(&Timing { activity: Activity::Training, steps, seconds })?;
        self.line(&Event::Iteration(line), step, &scalars)
    }

    /// Records one evaluation.
    pub(crate) fn evaluation(&mut self, line: Evaluation, seconds: f64) -> Result<(), RecordError> {
        let (step, scalars) = (line.steps, line.scalars());
        let steps: u64 = line.gold.iter().map(|gold| u64::from(gold.length)).sum();
        self.timing.push(&Timing { activity: Activity::Evaluation, steps, seconds })?;
        self.line(&Event::Evaluation(line), step, &scalars)
    }

    fn line(&mut self, event: &Event, step: u64, scalars: &[(String, f64)]) -> Result<(), RecordError> {
        self.events.push(event)?;
        self.events.flush()?;
        let now = clock::unix_seconds();
        scalars
            .iter()
            .try_for_each(|(tag, value)| self.tensorboard.scalar(now, step, tag, *value))
            .map_err(RecordError::io(&self.folder.tensorboard(), "written"))?;
        if self.kept_since.elapsed() >= KEEP { self.hand_over() } else { Ok(()) }
    }

    /// Writes what timing and TensorBoard keep.
    fn hand_over(&mut self) -> Result<(), RecordError> {
        self.kept_since = Stopwatch::start();
        self.timing.flush()?;
        self.tensorboard.flush().map_err(RecordError::io(&self.folder.tensorboard(), "written"))
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
        self.hand_over()?;
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
