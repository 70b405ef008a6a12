use milepost_core::Outcome;
use serde::{Deserialize, Serialize};

use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of a [`DelayedSum`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DelayedSumConfig {
    /// Steps of an episode. Default 50.
    pub horizon: u32,
    /// Positions go from `−bound` to `bound`. Default 6.
    pub bound: i32,
    /// The position that pays. Default 2.
    pub target: i32,
    /// Whether all is paid with the last step. If not, each visit pays at once: the task before its rewards were
    /// delayed, which a redistribution should recover. Default true.
    pub delayed: bool,
}

impl Default for DelayedSumConfig {
    fn default() -> Self {
        Self { horizon: 50, bound: 6, target: 2, delayed: true }
    }
}

/// A walk on a line that is paid at the end for the time it spent in one place.
///
/// Starting at 0, each step moves one position left or right, held at the bounds. Being at the target when a step
/// begins earns 1, all of it paid with the last step; the policy does not see how much it has earned. After the
/// tutorial of RUDDER (Arjona-Medina et al., arXiv 1806.07857), following its text: its notebook starts one
/// position off the middle.
#[derive(Debug, Clone)]
pub struct DelayedSum {
    config: DelayedSumConfig,
}

/// State of a [`DelayedSum`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DelayedSumState {
    /// Steps taken.
    pub step: u32,
    /// Where it is.
    pub position: i32,
    /// Earned and not yet paid.
    pub owed: u32,
}

impl DelayedSum {
    /// One position down.
    pub const LEFT: u32 = 0;
    /// One position up.
    pub const RIGHT: u32 = 1;

    /// The walk with these parameters.
    pub fn new(config: DelayedSumConfig) -> Result<Self, TaskError> {
        let check = Check("delayed-sum");
        check.between("horizon", config.horizon, 1, 1 << 16)?;
        let bound = config.bound;
        check.that((1..1 << 16).contains(&bound), "bound", bound, "from 1 to 65535")?;
        let inside = config.target.abs() <= bound;
        check.that(inside, "target", config.target, format!("from {} to {bound}", -bound))?;
        Ok(Self { config })
    }
}

impl Dynamics for DelayedSum {
    type State = DelayedSumState;

    fn name(&self) -> &'static str {
        "delayed-sum"
    }

    fn actions(&self) -> usize {
        2
    }

    fn horizon(&self) -> u32 {
        self.config.horizon
    }

    fn starts(&self) -> Vec<(f64, DelayedSumState)> {
        vec![(1.0, DelayedSumState { step: 0, position: 0, owed: 0 })]
    }

    fn outcomes(&self, state: &DelayedSumState, action: u32, into: &mut Vec<Transition<DelayedSumState>>) {
        let DelayedSumConfig { horizon, bound, target, delayed } = self.config;
        let move_by = if action == Self::RIGHT { 1 } else { -1 };
        let position = (state.position + move_by).clamp(-bound, bound);
        let earned = state.owed + u32::from(state.position == target);
        let step = state.step + 1;
        let pays = !delayed || step == horizon;
        let (reward, owed) = if pays { (f64::from(earned), 0) } else { (0.0, earned) };
        let next = DelayedSumState { step, position, owed };
        into.push(if step == horizon {
            Transition::end(1.0, reward, next, Outcome::Success)
        } else {
            Transition::step(1.0, reward, next)
        });
    }

    fn state_key(&self, state: &DelayedSumState) -> u64 {
        u64::from(state.owed) << 40 | self.observation_key(state)
    }

    fn observation_key(&self, state: &DelayedSumState) -> u64 {
        u64::from(state.step) << 20 | (state.position + self.config.bound) as u64
    }

    fn features(&self) -> usize {
        2
    }

    /// Share of the steps taken, position relative to the bound. What is owed is not shown.
    fn observe(&self, state: &DelayedSumState, into: &mut [f32]) {
        into[0] = state.step as f32 / self.config.horizon as f32;
        into[1] = state.position as f32 / self.config.bound as f32;
    }
}
