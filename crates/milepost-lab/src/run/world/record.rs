//! What is kept of the trained policy's trajectories.

use milepost_algorithms::Trace;
use milepost_core::{Ending, Level, Outcome};

use crate::record::trace::{TraceRecord, TraceStep};
use crate::record::trajectories::{GroupRecord, TrajectoryRecord};

/// What is kept of the trained policy's trajectories.
pub(crate) struct Recorded {
    /// The shortest success on the first held-out tasks, or the first trajectory where none succeeds.
    pub(crate) trace: TraceRecord,
    /// All trajectories that were drawn for it.
    pub(crate) groups: Vec<GroupRecord>,
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
        signals: trajectory.signals.clone(),
        rewards: trace.rewards.clone(),
        values: trace.values.clone(),
        advantages: trace.advantages.clone(),
        exact_advantages,
    }
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
