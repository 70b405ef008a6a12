//! What the policy loss of moved tokens is multiplied by.

use crate::agent::Rollout;
use crate::config::MovedWeight;

/// A factor for each decision, `[D]`; `None` where all are 1. `offsets` are those of the decisions' table: the decisions
/// of a trajectory are its trained tokens, in order.
pub(crate) fn correction<O>(
    weight: MovedWeight,
    rollout: &Rollout<O>,
    offsets: &[usize],
) -> Option<Vec<f64>> {
    if weight.is_one() || rollout.moved.is_empty() {
        return None;
    }
    let mut factors = vec![1.0; offsets.last().copied().unwrap_or(0)];
    for (place, trajectory) in rollout.batch.trajectories().enumerate() {
        let moved = rollout.moved.iter().filter(|moved| moved.trajectory == place);
        let mut moved = moved.peekable();
        if moved.peek().is_none() {
            continue;
        }
        let trained = trajectory.policy_mask();
        for token in moved.filter(|moved| trained[moved.token]) {
            let before = trained[..token.token].iter().filter(|trained| **trained).count();
            factors[offsets[place] + before] = weight.of(token.log_ratio);
        }
    }
    Some(factors)
}
