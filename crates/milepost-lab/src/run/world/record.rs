//! What is kept of the trained policy's trajectories.

use std::cmp::Reverse;

use milepost_algorithms::{Agent, Trace, TrainError, Trainer};
use milepost_core::{Ending, Level, Outcome, Provenance, SpanKind, TaskSeed, Trajectory};

use crate::record::trace::{TraceRecord, TraceStep};
use crate::record::trajectories::{GroupRecord, TrajectoryRecord};

/// Held-out tasks tried until one is solved.
const TASKS: u64 = 4;
/// Episodes on each of them, for credit rules that compare the members of a group.
const GROUP: usize = 4;

/// What is kept of the trained policy's trajectories.
pub(crate) struct Recorded {
    /// The trajectory that is shown.
    pub(crate) trace: TraceRecord,
    /// All trajectories that were drawn for it.
    pub(crate) groups: Vec<GroupRecord>,
}

/// Trajectories of the current policy on held-out tasks, drawn task by task until one is solved.
pub(super) struct Drawn<O> {
    /// Those of each task.
    pub(super) tasks: Vec<Vec<Trace<O>>>,
    /// The task and the place of the one that is shown.
    shown: (usize, usize),
}

impl<O> Drawn<O> {
    /// Draws them. The shortest success is shown, or the longest trajectory where none succeeds; of equals the first.
    pub(super) fn by<A: Agent<Observation = O>>(
        trainer: &mut Trainer<A>,
        seed: u64,
    ) -> Result<Self, TrainError> {
        let mut tasks: Vec<Vec<Trace<O>>> = Vec::new();
        let solved = |trace: &Trace<O>| trace.trajectory.ending.is_success();
        for index in 0..TASKS {
            tasks.push(trainer.trace(TaskSeed::evaluation(seed, index), GROUP)?);
            if tasks.iter().flatten().any(solved) {
                break;
            }
        }
        let places =
            || tasks.iter().enumerate().flat_map(|(t, traces)| (0..traces.len()).map(move |i| (t, i)));
        let turns = |(task, place): &(usize, usize)| tasks[*task][*place].trajectory.turns.len();
        let shown = places()
            .filter(|(task, place)| solved(&tasks[*task][*place]))
            .min_by_key(turns)
            .or_else(|| places().min_by_key(|place| Reverse(turns(place))))
            .ok_or_else(|| TrainError::Config { reason: "no trajectory was drawn".into() })?;
        Ok(Self { tasks, shown })
    }

    /// The one that is shown.
    pub(super) fn shown(&self) -> &Trace<O> {
        &self.tasks[self.shown.0][self.shown.1]
    }
}

/// A trajectory as credit rules read it again; `actions` has one entry a turn.
pub(super) fn member<O>(
    trace: &Trace<O>,
    actions: Vec<u32>,
    exact_advantages: Option<Vec<f64>>,
) -> TrajectoryRecord {
    let trajectory = &trace.trajectory;
    TrajectoryRecord {
        first_step: trajectory.first_step,
        ending: trajectory.ending,
        state_keys: trajectory.state_keys.clone(),
        actions,
        words: Vec::new(),
        provenance: provenance(trajectory),
        signals: trajectory.signals.clone(),
        rewards: trace.rewards.clone(),
        values: trace.values.clone(),
        advantages: trace.advantages.clone(),
        exact_advantages,
    }
}

/// Where the policy's part of each turn came from; empty where the policy drew all of it in its place.
fn provenance<O>(trajectory: &Trajectory<O>) -> Vec<String> {
    let mut turns = vec![Vec::new(); trajectory.turns.len()];
    for span in trajectory.spans.iter().filter(|span| matches!(span.kind, SpanKind::Policy | SpanKind::Meta))
    {
        let name = match span.provenance {
            Provenance::OnPolicy => "on-policy".to_owned(),
            Provenance::Spliced => "spliced".to_owned(),
            Provenance::Injected => "injected".to_owned(),
            Provenance::Candidate { slot, .. } => format!("candidate {slot}"),
            Provenance::Demonstrated => "demonstrated".to_owned(),
            Provenance::Forced => "forced".to_owned(),
        };
        let names = &mut turns[span.turn as usize];
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if turns.iter().flatten().all(|name| name == "on-policy") {
        return Vec::new();
    }
    turns.iter().map(|names| names.join(" + ")).collect()
}

/// One turn as the loop saw it, without exact values.
pub(super) fn step_of<O>(trace: &Trace<O>, turn: usize, action: String) -> TraceStep {
    let trajectory = &trace.trajectory;
    let spans = || trajectory.spans.iter().filter(|span| span.turn as usize == turn);
    let channels = trajectory
        .signals
        .iter()
        .map(|channel| match channel.level() {
            Level::Turn => channel.get(turn),
            Level::Token => {
                let paid = spans().flat_map(|span| span.range().filter_map(|token| channel.get(token)));
                paid.fold(None, |sum: Option<f64>, value| Some(sum.unwrap_or(0.0) + value))
            }
            Level::Trajectory => (turn + 1 == trajectory.turns.len()).then(|| channel.get(0)).flatten(),
        })
        .collect();
    TraceStep {
        action,
        channels,
        reward: trace.rewards[turn],
        advantage: trace.advantages[turn],
        value: trace.values[turn],
        exact_advantage: None,
        exact_value: None,
    }
}

/// How a trajectory ended, in words.
pub(super) const fn ending_in_words(ending: Ending) -> &'static str {
    match ending {
        Ending::Terminated(Outcome::Success) => "success",
        Ending::Terminated(Outcome::Failure) => "failure",
        Ending::Truncated(_) => "out of time",
        Ending::Cut(_) => "cut",
        Ending::Malformed => "malformed",
    }
}
