//! [`Gridworld`] as a world that can be enumerated.

use std::sync::Arc;

use milepost_core::{Branch, Ending, Enumerable, RewardLaw};

use crate::gridworld::{Episode, Gridworld};
use crate::raw_step::{RawStep, success_reward};
use crate::rules;
use crate::state::{Action, Verdict};

impl Enumerable for Gridworld {
    /// No outcomes before the first reset, after the task has ended, or for an action that does not exist.
    ///
    /// One outcome where [`Gridworld::is_deterministic`]. Each moving obstacle multiplies their number by
    /// up to 10: list those of two or three obstacles, but not of eight.
    fn outcomes(&self, action: u32) -> Vec<Branch<Self>> {
        let Some(action) = Action::ALL.get(action as usize).filter(|_| action < self.settings.action_count)
        else {
            return Vec::new();
        };
        let Some(Episode { level, state, ending }) = &self.episode else { return Vec::new() };
        if matches!(ending, Some(Ending::Terminated(_))) {
            return Vec::new();
        }
        let ways = if self.is_deterministic() {
            let mut next = state.clone();
            let verdict = rules::step(level, &mut next, &mut self.rng.clone(), *action);
            vec![(1.0, next, verdict)]
        } else {
            rules::branches(level, state, *action)
        };
        ways.into_iter()
            .map(|(probability, state, verdict)| {
                let raw = RawStep { truncated: false, ..RawStep::new(verdict, 0, level.settings.max_steps) };
                let ending = raw.ending();
                let next = Self {
                    episode: Some(Episode { level: Arc::clone(level), state, ending }),
                    ..self.clone_without_episode()
                };
                let reward = match verdict {
                    Verdict::Success => {
                        let per_step = -0.9 / f64::from(level.settings.max_steps);
                        RewardLaw { base: success_reward(1, level.settings.max_steps), per_step }
                    }
                    Verdict::Failure(reward) => RewardLaw::constant(reward),
                    Verdict::Continue => RewardLaw::constant(0.0),
                };
                Branch { probability, reward, next, ending }
            })
            .collect()
    }

    fn horizon(&self) -> Option<u32> {
        Some(self.settings.max_steps)
    }
}

impl Gridworld {
    fn clone_without_episode(&self) -> Self {
        Self {
            source: Arc::clone(&self.source),
            settings: self.settings,
            max_steps: self.max_steps,
            rng: self.rng.clone(),
            episode: None,
        }
    }
}
