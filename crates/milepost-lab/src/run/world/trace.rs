//! The credit x-ray: what each channel paid for each step, what the credit rule made of it, and what the
//! step was really worth.

use milepost_algorithms::{ActionMode, MethodConfig, Trace, TrainError};
use milepost_core::{Environment, TaskSeed, Trajectory};
use milepost_eval::exact::finite::{self, Episode, FiniteValues};
use milepost_eval::exact::{SolveError, StateGraph};
use milepost_gridworld::{Action, GridObservation, Gridworld, SvgOptions};

use super::grid::GridWorld;
use super::record::{Drawn, Recorded, ending_in_words, member, step_of};
use crate::record::trace::{TraceRecord, TraceStep};
use crate::record::trajectories::GroupRecord;

/// Worlds with more states than this are not solved.
const MOST_STATES: usize = 50_000;
/// A trajectory's first steps are recorded; the page stays readable.
const MOST_STEPS: usize = 80;

/// Draws trajectories of the current policy, with exact values where the world can be solved.
pub(super) fn record(world: &mut GridWorld, seed: u64) -> Result<Recorded, TrainError> {
    let drawn = Drawn::by(&mut world.trainer, seed)?;
    let shown = drawn.shown();
    let (mut groups, mut exact_of_shown) = (Vec::with_capacity(drawn.tasks.len()), None);
    for traces in &drawn.tasks {
        let Some(first) = traces.first() else { continue };
        let task = solve(world, first.trajectory.task);
        let mut members = Vec::with_capacity(traces.len());
        let mut failure = task.as_ref().err().map(ToString::to_string);
        for trace in traces {
            let exact = match &task {
                Ok(task) => task.along(&trace.trajectory),
                Err(error) => Err(ExactError::Task(error.to_string())),
            };
            let advantages = exact.as_ref().ok().map(|exact| exact.advantages.clone());
            if let Err(error) = &exact {
                failure.get_or_insert_with(|| error.to_string());
            }
            members.push(member(trace, trace.trajectory.tokens.clone(), advantages));
            if std::ptr::eq(trace, shown) {
                exact_of_shown = Some(exact);
            }
        }
        groups.push(GroupRecord { task: first.trajectory.task.get(), members, no_exact_values: failure });
    }
    let exact = exact_of_shown.unwrap_or_else(|| Err(ExactError::Task("its task was not solved".into())));
    Ok(Recorded { trace: describe(world, shown, exact)?, groups })
}

fn describe(
    world: &GridWorld,
    trace: &Trace<GridObservation>,
    exact: Result<Exact, ExactError>,
) -> Result<TraceRecord, TrainError> {
    let trajectory = &trace.trajectory;
    let shown = trajectory.turns.len().min(MOST_STEPS);
    let steps = (0..shown)
        .map(|turn| TraceStep {
            exact_advantage: exact.as_ref().ok().map(|exact| exact.advantages[turn]),
            exact_value: exact.as_ref().ok().map(|exact| exact.values[turn]),
            ..step_of(trace, turn, action_name(trajectory.tokens[turn]))
        })
        .collect();
    Ok(TraceRecord {
        task: trajectory.task.get(),
        ending: ending_in_words(trajectory.ending).into(),
        success: trajectory.ending.is_success(),
        length: trajectory.turns.len(),
        channels: trajectory.signals.iter().map(|channel| channel.name().to_owned()).collect(),
        steps,
        frames: frames(&world.environment, trajectory, shown)?,
        no_exact_values: exact.err().map(|error| error.to_string()),
    })
}

/// Exact values and advantages along a trajectory, `[T]` each.
struct Exact {
    advantages: Vec<f64>,
    values: Vec<f64>,
}

/// Why a world has no exact values.
#[derive(Debug, thiserror::Error)]
enum ExactError {
    #[error(transparent)]
    Solve(#[from] SolveError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Environment(#[from] milepost_core::EnvError),
    #[error("{0}")]
    Task(String),
}

/// A task solved for the acting policy.
struct SolvedTask {
    graph: StateGraph<Gridworld>,
    values: FiniteValues,
}

fn solve(world: &GridWorld, task: TaskSeed) -> Result<SolvedTask, ExactError> {
    let mut start = world.environment.clone();
    start.reset(task)?;
    let graph = StateGraph::enumerate(&start, MOST_STATES)?;
    let policy = world.trainer.evaluation_policy(ActionMode::Sampled);
    let mut failure = None;
    let acting = graph.policy(256, |observations, keys, out| match policy.logits(observations, keys) {
        Ok(logits) => softmax_rows(&logits, out, keys.len()),
        Err(error) => failure = Some(error),
    });
    if let Some(error) = failure {
        return Err(error.into());
    }
    let episode = Episode { discount: discount(world.trainer.method()), ..graph.episode()? };
    let values = finite::evaluate(graph.mdp(), &acting?, episode)?;
    Ok(SolvedTask { graph, values })
}

impl SolvedTask {
    fn along(&self, trajectory: &Trajectory<GridObservation>) -> Result<Exact, ExactError> {
        let Self { graph, values } = self;
        let first = trajectory.first_step;
        let advantages = graph.advantages(values, first, &trajectory.state_keys, &trajectory.tokens)?;
        let states = &trajectory.state_keys[..trajectory.turns.len()];
        let values = states
            .iter()
            .zip(first..)
            .map(|(key, elapsed)| Ok(values.value(elapsed, graph.index_of(*key)?)))
            .collect::<Result<_, SolveError>>()?;
        Ok(Exact { advantages, values })
    }
}

/// The discount of the credit rule, so that learned and exact values are comparable.
pub(crate) const fn discount(method: &MethodConfig) -> f64 {
    method.credit.gamma()
}

fn softmax_rows(logits: &[f32], out: &mut [f64], rows: usize) {
    let actions = logits.len() / rows.max(1);
    for (logits, out) in logits.chunks(actions.max(1)).zip(out.chunks_mut(actions.max(1))) {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for (p, logit) in out.iter_mut().zip(logits) {
            *p = f64::from(logit - largest).exp();
        }
        let sum: f64 = out.iter().sum();
        for p in out.iter_mut() {
            *p /= sum;
        }
    }
}

fn frames(
    prototype: &Gridworld,
    trajectory: &Trajectory<GridObservation>,
    shown: usize,
) -> Result<Vec<String>, TrainError> {
    let mut world = prototype.clone();
    world.reset(trajectory.task)?;
    let mut frames = vec![world.to_svg(SvgOptions::default())];
    for action in &trajectory.tokens[..shown] {
        world.step(action)?;
        frames.push(world.to_svg(SvgOptions::default()));
    }
    Ok(frames)
}

pub(crate) fn action_name(token: u32) -> String {
    Action::ALL
        .get(token as usize)
        .map_or_else(|| token.to_string(), |action| format!("{action:?}").to_lowercase())
}
