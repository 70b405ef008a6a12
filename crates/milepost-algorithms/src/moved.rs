//! What moved tokens are to the update: those that a sampler took out of the context in which they were drawn.

use crate::agent::{Rollout, Scores};
use crate::config::MovedWeight;

/// What the policy loss of moved tokens is multiplied by: a factor for each decision, `[D]`; `None` where all are 1.
/// `offsets` are those of the decisions' table: the decisions of a trajectory are its trained tokens, in order.
pub(crate) fn correction<O>(
    weight: MovedWeight,
    rollout: &Rollout<O>,
    offsets: &[usize],
) -> Option<Vec<f64>> {
    if weight.keeps_loss() || rollout.moved.is_empty() {
        return None;
    }
    let mut factors = vec![1.0; offsets.last().copied().unwrap_or(0)];
    each(rollout, offsets, |decision, log_ratio| factors[decision] = weight.of(log_ratio));
    Some(factors)
}

/// The scores with which the update compares, if moved tokens are to be compared with what they were where they were drawn.
pub(crate) fn stale<O>(
    weight: MovedWeight,
    rollout: &Rollout<O>,
    offsets: &[usize],
    scores: &Scores,
) -> Option<Scores> {
    if !matches!(weight, MovedWeight::Stale) || rollout.moved.is_empty() {
        return None;
    }
    let mut stale = scores.clone();
    each(rollout, offsets, |decision, log_ratio| stale.logp[decision] -= log_ratio as f32);
    Some(stale)
}

/// Says the decision and the log-ratio of each moved token that is trained.
fn each<O>(rollout: &Rollout<O>, offsets: &[usize], mut say: impl FnMut(usize, f64)) {
    for (place, trajectory) in rollout.batch.trajectories().enumerate() {
        let moved = rollout.moved.iter().filter(|moved| moved.trajectory == place);
        let mut moved = moved.peekable();
        if moved.peek().is_none() {
            continue;
        }
        let trained = trajectory.policy_mask();
        for token in moved.filter(|moved| trained[moved.token]) {
            let before = trained[..token.token].iter().filter(|trained| **trained).count();
            say(offsets[place] + before, token.log_ratio);
        }
    }
}
