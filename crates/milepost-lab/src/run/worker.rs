//! One arm and seed, in a process of its own.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use milepost_algorithms::TrainError;
use milepost_core::TaskSeed;
use milepost_policies::DeviceChoice;

use super::protocol::Message;
use super::recorder::{self, Recorder};
use super::world::{self, Judged, SetupError, World, WorldError};
use crate::clock::Stopwatch;
use crate::config::{BudgetUnit, ConfigError, Experiment};
use crate::record::checkpoint;
use crate::record::directory::{Done, write_json};
use crate::record::event::{Evaluation, GoldRecord, Iteration};
use crate::record::lock::FolderLock;
use crate::record::shared::Shared;
use crate::record::{RecordError, RunDirectory};

/// A worker whose parent was killed stops after its iteration; its successor waits for that.
pub(crate) const ORPHAN_PATIENCE: Duration = Duration::from_mins(1);

/// The folder of a run in which lies what its arms have in common.
pub(crate) const SHARED: &str = "shared";

/// Which part of a run a worker does.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The arm.
    pub arm: String,
    /// The seed.
    pub seed: u64,
    /// The device.
    pub device: DeviceChoice,
    /// Stop, as if asked to, after so many iterations.
    pub stop_after: Option<u64>,
}

/// How a worker ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// The budget is spent.
    Done,
    /// It was asked to stop, and wrote a checkpoint.
    Stopped,
}

/// Why a worker failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The run's files.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The arm does not exist.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The parts do not fit.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Training failed.
    #[error("training: {0}")]
    Train(#[from] TrainError),
    /// Evaluating or recording failed.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A study failed.
    #[error(transparent)]
    Study(#[from] milepost_studies::StudyError),
}

/// Trains one arm and seed of a run until its budget is spent or `stop` is set, telling `out` about it in
/// JSON lines. Goes on from the latest checkpoint.
pub fn work(
    run: &RunDirectory,
    assignment: &Assignment,
    stop: &Arc<AtomicBool>,
    out: impl Write,
) -> Result<Finished, WorkerError> {
    let Assignment { arm, seed, device, stop_after } = assignment;
    let folder = run.task(arm, *seed);
    recorder::prepare(&folder)?;
    let _lock = FolderLock::acquire_within(folder.path(), ORPHAN_PATIENCE)?;
    let checkpoint = checkpoint::latest(&folder.checkpoints())?;
    let recorder = Recorder::open(&folder, &run.meta().config, arm, *seed, checkpoint.as_ref())?;
    let parts = checkpoint.as_ref().map(|checkpoint| checkpoint.parts.as_slice());
    let shared = Shared::below(run.path().join(SHARED));
    let world = world::build(run.experiment(), run.experiment().arm(arm)?, *seed, *device, parts, &shared)?;
    let fresh = checkpoint.is_none();
    let mut task = Task { experiment: run.experiment(), seed: *seed, world, recorder, out, success: None };
    task.tell(&Message::Started { steps: task.spent() }, stop);

    if fresh {
        if let Some(line) = task.world.warm_start() {
            task.recorder.warm_start(line)?;
        }
        let held_out = task.held_out();
        if let Some(line) = task.world.teacher(&held_out)? {
            task.recorder.teacher(line)?;
        }
        task.evaluate()?;
    }
    let last = stop_after.map(|count| task.world.iterations() + count);
    while task.spent() < task.budget() {
        if stop.load(Ordering::Relaxed) || last.is_some_and(|last| task.world.iterations() >= last) {
            task.checkpoint()?;
            task.tell(&Message::Stopped { steps: task.spent() }, stop);
            return Ok(Finished::Stopped);
        }
        task.iterate()?;
        let steps = task.spent();
        task.tell(&Message::Progress { steps, success: task.success }, stop);
    }
    let traced = task.world.record(*seed)?;
    write_json(&folder.traces(), &traced.trace)?;
    task.recorder.trajectories(&traced.groups)?;
    task.checkpoint()?;
    let steps = task.spent();
    let done = Done {
        config: run.meta().config.clone(),
        iterations: task.world.iterations(),
        steps,
        overflows: task.world.overflows(),
    };
    write_json(&folder.done(), &done)?;
    task.tell(&Message::Done { steps, success: task.success }, stop);
    Ok(Finished::Done)
}

/// A worker's state.
struct Task<'a, W> {
    experiment: &'a Experiment,
    seed: u64,
    world: Box<dyn World>,
    recorder: Recorder,
    out: W,
    success: Option<f64>,
}

impl<W: Write> Task<'_, W> {
    fn budget(&self) -> u64 {
        self.experiment.settings.budget.amount()
    }

    /// What of the budget is spent.
    fn spent(&self) -> u64 {
        match self.experiment.settings.budget.unit() {
            BudgetUnit::EnvironmentSteps => self.world.environment_steps(),
            BudgetUnit::DrawnTokens => self.world.drawn_tokens(),
        }
    }

    /// One turn of the loop, an evaluation if one is due, a checkpoint if one is due. All of them depend
    /// on the counters alone, so that a resumed run does the same.
    fn iterate(&mut self) -> Result<(), WorkerError> {
        let watch = Stopwatch::start();
        let (before, spent) = (self.world.environment_steps(), self.spent());
        let report = self.world.iterate()?;
        let (iteration, steps) = (self.world.iterations(), self.world.environment_steps());
        let line = Iteration::new(iteration, steps, report);
        self.recorder.iteration(line, steps - before, watch.seconds())?;
        let every = self.experiment.settings.evaluation.every;
        if spent / every != self.spent() / every || self.spent() >= self.budget() {
            self.evaluate()?;
        }
        if iteration.is_multiple_of(self.experiment.settings.checkpoint.every) {
            self.checkpoint()?;
        }
        Ok(())
    }

    /// The held-out tasks, the same at every evaluation.
    fn held_out(&self) -> Vec<TaskSeed> {
        let tasks = self.experiment.settings.evaluation.tasks;
        (0..tasks).map(|index| TaskSeed::evaluation(self.seed, index)).collect()
    }

    fn evaluate(&mut self) -> Result<(), WorkerError> {
        let watch = Stopwatch::start();
        let settings = &self.experiment.settings.evaluation;
        let tasks = self.held_out();
        let Judged { gold, mut measures } = self.world.evaluate(&tasks, settings.greedy)?;
        if settings.credit_tasks > 0 {
            let looked_at = (0..settings.credit_tasks).map(|index| TaskSeed::evaluation(self.seed, index));
            measures.extend(self.world.credit_order(&looked_at.collect::<Vec<_>>())?);
        }
        let line = Evaluation {
            iteration: self.world.iterations(),
            steps: self.world.environment_steps(),
            tokens: self.world.drawn_tokens(),
            gold: gold.into_iter().map(GoldRecord::from).collect(),
            measures,
        };
        self.success = Some(line.success());
        Ok(self.recorder.evaluation(line, watch.seconds())?)
    }

    fn checkpoint(&mut self) -> Result<(), WorkerError> {
        let parts = self.world.checkpoint()?;
        Ok(self.recorder.checkpoint(self.world.iterations(), self.world.environment_steps(), parts)?)
    }

    /// Tells the parent. If nobody listens any more, the parent is gone: stop at the next chance.
    fn tell(&mut self, message: &Message, stop: &AtomicBool) {
        let line = serde_json::to_string(message).unwrap_or_default();
        if writeln!(self.out, "{line}").and_then(|()| self.out.flush()).is_err() {
            stop.store(true, Ordering::Relaxed);
        }
    }
}
