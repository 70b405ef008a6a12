use serde::{Deserialize, Serialize};

use crate::error::{Check, TaskError};

/// What a step in the arena pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ArenaReward {
    /// Minus the distance to the goal after the step; the episode goes on at the goal.
    #[default]
    Dense,
    /// 1 on reaching the goal, which ends the episode in success; 0 before.
    Sparse,
}

/// Parameters of the arena.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Arena2dConfig {
    /// What a step pays. Default dense.
    pub reward: ArenaReward,
    /// Whether the observation leaves out the velocity. Default no.
    pub hide_velocity: bool,
    /// Steps after which an episode is truncated. Default 200.
    pub horizon: u32,
    /// Drag: the deceleration per unit of speed. Default 0.1.
    pub drag: f64,
}

impl Default for Arena2dConfig {
    fn default() -> Self {
        Self { reward: ArenaReward::Dense, hide_velocity: false, horizon: 200, drag: 0.1 }
    }
}

impl Arena2dConfig {
    pub(super) fn check(&self) -> Result<(), TaskError> {
        let check = Check("arena2d");
        check.between("horizon", self.horizon, 1, 1 << 16)?;
        check.not_negative("drag", self.drag)?;
        check.that(
            self.drag <= 10.0,
            "drag",
            self.drag,
            "at most 10, so that a step cannot reverse the speed",
        )
    }
}
