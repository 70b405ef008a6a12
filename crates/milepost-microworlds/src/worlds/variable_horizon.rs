use serde::{Deserialize, Serialize};

use super::verdict;
use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of a [`VariableHorizon`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct VariableHorizonConfig {
    /// What stopping pays at each step. The last entry is the last step, at which stopping is forced.
    /// Default 0, 2, 1, 3, 0.
    pub stop_rewards: Vec<f64>,
    /// What going on pays. Default 0.
    pub continue_reward: f64,
    /// Probability with which the reference policy stops where it may go on. Default 0.5.
    pub stop_probability: f64,
    /// Whether the policy cannot see how many steps were taken, only whether it may go on: every visit looks
    /// the same although stopping is worth something else each time. Default false.
    pub hide_clock: bool,
}

impl Default for VariableHorizonConfig {
    fn default() -> Self {
        Self {
            stop_rewards: vec![0.0, 2.0, 1.0, 3.0, 0.0],
            continue_reward: 0.0,
            stop_probability: 0.5,
            hide_clock: false,
        }
    }
}

impl VariableHorizonConfig {
    /// Eight steps that pay 0, 2, 1, 3, 0, 2, 1, 0 (Milepost's extension of the published five).
    #[must_use]
    pub fn eight_steps() -> Self {
        Self { stop_rewards: vec![0.0, 2.0, 1.0, 3.0, 0.0, 2.0, 1.0, 0.0], ..Self::default() }
    }

    /// The published rewards without a clock: anchor groups keyed by the observation mix all steps.
    #[must_use]
    pub fn loop_alias() -> Self {
        Self { hide_clock: true, ..Self::default() }
    }
}

/// Stop now for a known reward, or go on: the actions decide how many steps there are.
///
/// Isolates estimators that compare trajectories of different lengths. After the variable-horizon environment
/// of AgentCreditBench. A stop that pays counts as success.
#[derive(Debug, Clone)]
pub struct VariableHorizon {
    config: VariableHorizonConfig,
}

/// State of a [`VariableHorizon`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VariableHorizonState {
    /// Steps taken before this one.
    pub step: u32,
    /// Whether the episode was stopped at this step.
    pub stopped: bool,
}

const CHECK: Check = Check("variable-horizon");

impl VariableHorizon {
    /// Ends the episode.
    pub const STOP: u32 = 0;
    /// Goes on; not legal in the last step.
    pub const CONTINUE: u32 = 1;

    /// The world with these parameters.
    pub fn new(config: VariableHorizonConfig) -> Result<Self, TaskError> {
        let steps = config.stop_rewards.len();
        CHECK.that(
            (2..=1 << 16).contains(&steps),
            "stop-rewards (their number)",
            steps,
            "from 2 to 65536",
        )?;
        for reward in &config.stop_rewards {
            CHECK.finite("stop-rewards", *reward)?;
        }
        CHECK.finite("continue-reward", config.continue_reward)?;
        CHECK.probability("stop-probability", config.stop_probability)?;
        Ok(Self { config })
    }

    /// The parameters.
    pub const fn config(&self) -> &VariableHorizonConfig {
        &self.config
    }

    fn must_stop(&self, step: u32) -> bool {
        step + 1 >= self.horizon()
    }
}

impl Dynamics for VariableHorizon {
    type State = VariableHorizonState;

    fn name(&self) -> &'static str {
        "variable-horizon"
    }

    fn actions(&self) -> usize {
        2
    }

    fn horizon(&self) -> u32 {
        self.config.stop_rewards.len() as u32
    }

    fn starts(&self) -> Vec<(f64, VariableHorizonState)> {
        vec![(1.0, VariableHorizonState { step: 0, stopped: false })]
    }

    fn is_legal(&self, state: &VariableHorizonState, action: u32) -> bool {
        action == Self::STOP || (action == Self::CONTINUE && !self.must_stop(state.step))
    }

    fn outcomes(
        &self,
        state: &VariableHorizonState,
        action: u32,
        into: &mut Vec<Transition<VariableHorizonState>>,
    ) {
        into.push(if action == Self::STOP {
            let reward = self.config.stop_rewards[state.step as usize];
            Transition::end(
                1.0,
                reward,
                VariableHorizonState { stopped: true, ..*state },
                verdict(reward > 0.0),
            )
        } else {
            let next = VariableHorizonState { step: state.step + 1, ..*state };
            Transition::step(1.0, self.config.continue_reward, next)
        });
    }

    fn state_key(&self, state: &VariableHorizonState) -> u64 {
        u64::from(state.step) << 1 | u64::from(state.stopped)
    }

    fn observation_key(&self, state: &VariableHorizonState) -> u64 {
        if self.config.hide_clock {
            u64::from(self.must_stop(state.step)) << 1 | u64::from(state.stopped)
        } else {
            self.state_key(state)
        }
    }

    fn features(&self) -> usize {
        3
    }

    /// Share of the steps taken (0 if hidden), whether stopping is forced, whether the episode was stopped.
    fn observe(&self, state: &VariableHorizonState, into: &mut [f32]) {
        let clock = state.step as f32 / self.horizon() as f32;
        into[0] = if self.config.hide_clock { 0.0 } else { clock };
        into[1] = f32::from(u8::from(self.must_stop(state.step)));
        into[2] = f32::from(u8::from(state.stopped));
    }

    /// Stops with the given probability, and where it must.
    fn reference_policy(&self, state: &VariableHorizonState, into: &mut [f64]) {
        let stop = if self.must_stop(state.step) { 1.0 } else { self.config.stop_probability };
        into[Self::STOP as usize] = stop;
        into[Self::CONTINUE as usize] = 1.0 - stop;
    }
}
