use milepost_core::{Budget, Ending, Outcome};

use crate::state::Verdict;

/// What MiniGrid's own `step` returns, with termination and truncation apart: both can be true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawStep {
    /// The reward.
    pub reward: f64,
    /// Whether the task ended with this step.
    pub terminated: bool,
    /// Whether the step budget is spent.
    pub truncated: bool,
    /// Whether the task ended well.
    pub success: bool,
}

impl RawStep {
    pub(crate) fn new(verdict: Verdict, steps: u32, max_steps: u32) -> Self {
        let (terminated, success, reward) = match verdict {
            Verdict::Continue => (false, false, 0.0),
            Verdict::Success => (true, true, success_reward(steps, max_steps)),
            Verdict::Failure(reward) => (true, false, reward),
        };
        Self { reward, terminated, truncated: steps >= max_steps, success }
    }

    /// Termination takes precedence over truncation.
    pub(crate) fn ending(self) -> Option<Ending> {
        match self {
            Self { success: true, .. } => Some(Ending::Terminated(Outcome::Success)),
            Self { terminated: true, .. } => Some(Ending::Terminated(Outcome::Failure)),
            Self { truncated: true, .. } => Some(Ending::Truncated(Budget::Steps)),
            _ => None,
        }
    }
}

/// `1 - 0.9 * (steps / max_steps)`, evaluated in this order.
pub(crate) fn success_reward(steps: u32, max_steps: u32) -> f64 {
    1.0 - 0.9 * (f64::from(steps) / f64::from(max_steps))
}
