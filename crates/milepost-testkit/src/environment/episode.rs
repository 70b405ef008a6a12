use milepost_core::{Ending, Environment, Purpose, StepOutcome, Stream, StreamKey, TaskSeed};

use super::{Coverage, Options, RandomActions, Violation, observed};

/// Everything that can be told about a state from outside.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame<O> {
    pub(super) observation: O,
    pub(super) key: u64,
    pub(super) elapsed: u32,
    pub(super) ending: Option<Ending>,
    /// The step that led here; none for the first frame.
    pub(super) outcome: Option<StepOutcome>,
}

impl<O> Frame<O> {
    pub(super) fn of<E>(environment: &E, outcome: Option<StepOutcome>) -> Self
    where
        E: Environment<Observation = O>,
    {
        Self {
            observation: observed(environment),
            key: environment.state_key(),
            elapsed: environment.elapsed(),
            ending: environment.ending(),
            outcome,
        }
    }
}

/// One random walk: actions, and one frame more than there are actions.
#[derive(Debug, Clone)]
pub(super) struct Episode<A, O> {
    pub(super) actions: Vec<A>,
    pub(super) frames: Vec<Frame<O>>,
}

/// The walks of a check: their tasks, and streams for their actions.
pub(super) fn walks(options: &Options) -> impl Iterator<Item = (TaskSeed, Stream)> {
    options.tasks.iter().flat_map(move |task| {
        (0..options.walks).map(move |walk| {
            let purpose = Purpose::named("conformance walk");
            (*task, Stream::new(StreamKey { task: task.get(), step: walk, ..StreamKey::new(0, purpose) }))
        })
    })
}

/// A clone of `prototype` at the start of `task`.
pub(super) fn started<E: RandomActions>(prototype: &E, task: TaskSeed) -> Result<E, Violation> {
    let mut environment = prototype.clone();
    environment.reset(task).map_err(|error| Violation::error(task, 0, "reset", &error))?;
    Ok(environment)
}

/// Walks from the environment's current state until the episode ends. `visit` sees the state before each
/// step, the action, the state after it, what the step returned, and the step's number.
pub(super) fn walk<E: RandomActions>(
    environment: &mut E,
    task: TaskSeed,
    mut stream: Stream,
    max_steps: usize,
    mut visit: impl FnMut(&E, &E::Action, &E, StepOutcome, usize) -> Result<(), Violation>,
) -> Result<(), Violation> {
    for step in 0..max_steps {
        if environment.ending().is_some() {
            break;
        }
        let Some(action) = environment.random_action(&mut stream) else { break };
        let before = environment.clone();
        let outcome = environment.step(&action).map_err(|e| Violation::error(task, step, "step", &e))?;
        visit(&before, &action, environment, outcome, step)?;
        if outcome.ending.is_some() {
            break;
        }
    }
    Ok(())
}

/// One recorded walk.
pub(super) fn episode<E: RandomActions>(
    prototype: &E,
    task: TaskSeed,
    stream: Stream,
    options: &Options,
) -> Result<Episode<E::Action, E::Observation>, Violation> {
    let mut environment = started(prototype, task)?;
    let mut actions = Vec::new();
    let mut frames = vec![Frame::of(&environment, None)];
    walk(&mut environment, task, stream, options.max_steps, |_, action, after, outcome, _| {
        actions.push(action.clone());
        frames.push(Frame::of(after, Some(outcome)));
        Ok(())
    })?;
    Ok(Episode { actions, frames })
}

/// The frames that `actions` lead to, the current one first. Stops after an ending.
pub(super) fn replay<E: RandomActions>(
    environment: &mut E,
    task: TaskSeed,
    actions: &[E::Action],
) -> Result<Vec<Frame<E::Observation>>, Violation> {
    let mut frames = vec![Frame::of(environment, None)];
    for (step, action) in actions.iter().enumerate() {
        let outcome = environment.step(action).map_err(|e| Violation::error(task, step, "step", &e))?;
        frames.push(Frame::of(environment, Some(outcome)));
        if outcome.ending.is_some() {
            break;
        }
    }
    Ok(frames)
}

/// Counts what the walks meet.
pub(super) fn coverage<E: RandomActions>(prototype: &E, options: &Options) -> Result<Coverage, Violation> {
    let mut coverage = Coverage::default();
    for (task, stream) in walks(options) {
        let walked = episode(prototype, task, stream, options)?;
        coverage.episodes += 1;
        coverage.steps += walked.actions.len();
        coverage.endings += usize::from(walked.frames.iter().any(|frame| frame.ending.is_some()));
    }
    Ok(coverage)
}
