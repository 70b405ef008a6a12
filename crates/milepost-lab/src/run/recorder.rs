//! Everything a worker writes about one arm and seed, and how it is picked up again.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};

use crate::clock;
use crate::record::RecordError;
use crate::record::checkpoint::{self, Checkpoint, Stamp};
use crate::record::directory::{TaskFolder, VERSION};
use crate::record::event::{Activity, Evaluation, Event, Iteration, Timing, WarmStart};
use crate::record::log::{FORMAT, Header, LogWriter};
use crate::record::trajectories::{self, GroupRecord};
use crate::tensorboard::EventWriter;

/// The logs of one arm and seed.
pub(super) struct Recorder {
    folder: TaskFolder,
    config: String,
    arm: String,
    seed: u64,
    events: LogWriter,
    timing: LogWriter,
    tensorboard: EventWriter<CountedFile>,
}

/// A file that knows how long it is.
struct CountedFile {
    file: File,
    length: u64,
}

impl Write for CountedFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.length += written as u64;
        Ok(written)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Recorder {
    /// Starts the logs, or goes on with them where `checkpoint` was written.
    pub(super) fn open(
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
                let file = File::create(&board).map_err(RecordError::io(&board, "created"))?;
                let file = CountedFile { file, length: 0 };
                let writer = EventWriter::create(file, clock::unix_seconds());
                (
                    LogWriter::create(&folder.events(), &header("events"))?,
                    LogWriter::create(&folder.timing(), &header("timing"))?,
                    writer.map_err(RecordError::io(&board, "written"))?,
                )
            }
            Some(Checkpoint { stamp, .. }) => {
                check_stamp(folder, stamp, config, arm, seed)?;
                let open = || {
                    let mut file = OpenOptions::new().write(true).open(&board)?;
                    file.set_len(stamp.tensorboard)?;
                    file.seek(SeekFrom::End(0))?;
                    Ok(CountedFile { file, length: stamp.tensorboard })
                };
                (
                    LogWriter::resume(&folder.events(), stamp.events)?,
                    LogWriter::resume(&folder.timing(), stamp.timing)?,
                    EventWriter::append(open().map_err(RecordError::io(&board, "opened"))?),
                )
            }
        };
        let (folder, config, arm) = (folder.clone(), config.to_owned(), arm.to_owned());
        Ok(Self { folder, config, arm, seed, events, timing, tensorboard })
    }

    /// Records what was imitated before training: one scalar for each epoch, then the share that was solved.
    pub(super) fn warm_start(&mut self, line: &WarmStart) -> Result<(), RecordError> {
        let solved = line.solved as f64 / line.demonstrations.max(1) as f64;
        let losses = line.losses.iter().map(|loss| ("warm-start/loss".to_owned(), *loss));
        let scalars: Vec<_> = losses.chain([("warm-start/solved".to_owned(), solved)]).collect();
        self.line(&Event::WarmStart(line.clone()), line.charged, &scalars)
    }

    /// Records one turn of the training loop.
    pub(super) fn iteration(
        &mut self,
        line: &Iteration,
        steps: u64,
        seconds: f64,
    ) -> Result<(), RecordError> {
        let mut scalars: Vec<(String, f64)> = line
            .metrics
            .iter()
            .map(|(name, value)| (format!("train/{name}"), value.unwrap_or(f64::NAN)))
            .collect();
        let episodes = line.episodes.len();
        if episodes > 0 {
            let mean = |total: f64| total / episodes as f64;
            scalars.push((
                "episode/return".into(),
                mean(line.episodes.iter().map(|e| e.environment_return).sum()),
            ));
            scalars.push((
                "episode/length".into(),
                mean(line.episodes.iter().map(|e| f64::from(e.length)).sum()),
            ));
            let solved = line.episodes.iter().filter(|episode| episode.success()).count();
            scalars.push(("episode/success".into(), mean(solved as f64)));
        }
        scalars.extend(line.channels.iter().map(|channel| (format!("reward/{}", channel.name), channel.sum)));
        scalars.push(("time/training_steps_per_second".into(), steps as f64 / seconds.max(1e-9)));
        self.line(&Event::Iteration(line.clone()), line.steps, &scalars)?;
        self.time(Activity::Training, steps, seconds)
    }

    /// Records one evaluation.
    pub(super) fn evaluation(&mut self, line: &Evaluation, seconds: f64) -> Result<(), RecordError> {
        let steps: u64 = line.gold.iter().map(|gold| u64::from(gold.length)).sum();
        let scalars = [
            ("gold/success".to_owned(), line.success()),
            ("gold/return".to_owned(), line.mean_return()),
            ("gold/length".to_owned(), line.mean_length()),
        ];
        self.line(&Event::Evaluation(line.clone()), line.steps, &scalars)?;
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
            tensorboard: self.tensorboard.get_ref().length,
        };
        checkpoint::write(&self.folder.checkpoints(), stamp, parts)
    }
}

/// Makes the folder of an arm and seed, and reads the checkpoint to go on from.
pub(crate) fn prepare(folder: &TaskFolder) -> Result<(), RecordError> {
    fs::create_dir_all(folder.path()).map_err(RecordError::io(folder.path(), "created"))
}

fn check_stamp(
    folder: &TaskFolder,
    stamp: &Stamp,
    config: &str,
    arm: &str,
    seed: u64,
) -> Result<(), RecordError> {
    let differs = [
        ("configuration", stamp.config.as_str(), config),
        ("version of Milepost", stamp.milepost.as_str(), VERSION),
        ("arm", stamp.arm.as_str(), arm),
        ("seed", &stamp.seed.to_string(), &seed.to_string()),
    ]
    .into_iter()
    .find(|(_, found, wanted)| found != wanted)
    .map(|(what, found, wanted)| {
        format!(
            "the {what} of its checkpoint is {found}, but this run's is {wanted}; start a new run instead"
        )
    });
    match differs {
        None => Ok(()),
        Some(reason) => Err(RecordError::Mismatch { path: folder.path().to_owned(), reason }),
    }
}
