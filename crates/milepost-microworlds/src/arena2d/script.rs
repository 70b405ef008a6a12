use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::motion::{ArenaState, GOAL, WALLS, length};

/// The force of a controller that knows the way: it steers to a point before each opening, through it, and
/// brakes at the goal. A function of the state alone.
///
/// F = clip(4 (v* − v)), where v* points to the next waypoint with speed 1, or twice the distance to the goal
/// if that is less.
#[must_use]
pub fn expert_force(state: &ArenaState) -> [f64; 2] {
    let [x, y] = state.position;
    let [first, second] = WALLS;
    let (target, speed) = if x < first.x {
        let through = y > first.high + 0.05;
        ([if through { first.x + 0.2 } else { first.x - 0.12 }, first.high + 0.25], 1.0)
    } else if x < second.x {
        let through = y < second.low - 0.05;
        ([if through { second.x + 0.2 } else { second.x - 0.12 }, second.low - 0.25], 1.0)
    } else {
        let away = length([GOAL[0] - x, GOAL[1] - y]);
        (GOAL, (2.0 * away).min(1.0))
    };
    let way = [target[0] - x, target[1] - y];
    let distance = length(way).max(1e-9);
    [0, 1].map(|axis| (4.0 * (speed * way[axis] / distance - state.velocity[axis])).clamp(-1.0, 1.0))
}

/// Who records an episode.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Script {
    /// Stretches of 8 steps on average; each is a constant uniform force with probability `1 − skill`, else
    /// [`expert_force`] plus Gaussian noise of standard deviation 0.1. Skill 0 is a random policy, 1 an expert.
    Skill(f64),
}

/// The named data sets, in the manner of D4RL's; every one is made by scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ArenaData {
    /// Skill 0.
    Random,
    /// Skill 0.5: the stand-in for a policy whose training stopped early.
    Medium,
    /// Skill rises from 0 to 0.5 over the data set: the stand-in for that policy's replay buffer.
    MediumReplay,
    /// Skill rises from 0 to 1: the widest range of returns.
    FullReplay,
    /// Skill 1.
    Expert,
    /// Every tenth trajectory has skill 1, the others skill 0.
    Mixed,
}

impl ArenaData {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Random, Self::Medium, Self::MediumReplay, Self::FullReplay, Self::Expert, Self::Mixed];

    /// The name that files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Medium => "medium",
            Self::MediumReplay => "medium-replay",
            Self::FullReplay => "full-replay",
            Self::Expert => "expert",
            Self::Mixed => "mixed",
        }
    }

    /// The script of each of `trajectories` episodes.
    #[must_use]
    pub fn scripts(self, trajectories: usize) -> Vec<Script> {
        let progress = |index: usize| index as f64 / trajectories.saturating_sub(1).max(1) as f64;
        (0..trajectories)
            .map(|index| match self {
                Self::Random => 0.0,
                Self::Medium => 0.5,
                Self::MediumReplay => 0.5 * progress(index),
                Self::FullReplay => progress(index),
                Self::Expert => 1.0,
                Self::Mixed => f64::from(u8::from(index % 10 == 9)),
            })
            .map(Script::Skill)
            .collect()
    }
}

/// A script at work: it remembers which stretch it is in.
#[derive(Debug, Clone)]
pub struct ScriptedBehaviour {
    script: Script,
    /// The force held in a random stretch.
    held: Option<[f64; 2]>,
    started: bool,
}

impl ScriptedBehaviour {
    /// At the beginning of an episode.
    #[must_use]
    pub const fn new(script: Script) -> Self {
        Self { script, held: None, started: false }
    }

    /// The next force, within `[−1, 1]²`.
    pub fn act(&mut self, state: &ArenaState, stream: &mut Stream) -> [f64; 2] {
        let Script::Skill(skill) = self.script;
        if !self.started || stream.uniform() < 0.125 {
            self.started = true;
            let random = stream.uniform() >= skill;
            self.held = random.then(|| [2.0 * stream.uniform() - 1.0, 2.0 * stream.uniform() - 1.0]);
        }
        self.held.unwrap_or_else(|| {
            expert_force(state).map(|force| (force + 0.1 * stream.normal()).clamp(-1.0, 1.0))
        })
    }
}
