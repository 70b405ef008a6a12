//! [`Gridworld`] as an environment.

use milepost_core::{DiscreteEnvironment, Ending, EnvError, Environment, StepOutcome, TaskSeed};

use crate::gridworld::{Episode, Gridworld};
use crate::observation::GridObservation;
use crate::rng::NumpyRng;
use crate::rules;
use crate::state::Action;
use crate::view;

impl Environment for Gridworld {
    type Observation = GridObservation;
    type Action = u32;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        self.rng = NumpyRng::new(seed.get());
        self.generate().map_err(|reason| EnvError::Task {
            environment: self.source.name.clone(),
            seed: seed.get(),
            reason: reason.to_string(),
        })
    }

    fn step(&mut self, action: &u32) -> Result<StepOutcome, EnvError> {
        let count = self.settings.action_count;
        let Some(action) = Action::ALL.get(*action as usize).filter(|_| *action < count) else {
            return Err(EnvError::ActionOutOfRange {
                environment: self.source.name.clone(),
                action: u64::from(*action),
                count: count as usize,
            });
        };
        if let Some(ending) = self.ending() {
            return Err(EnvError::StepAfterEnd { environment: self.source.name.clone(), ending });
        }
        let raw = self.step_raw(*action)?;
        Ok(StepOutcome { reward: raw.reward, ending: raw.ending() })
    }

    fn new_observation(&self) -> GridObservation {
        let side = self.settings.view_size;
        GridObservation { image: vec![0; side * side * 3], direction: 0 }
    }

    /// Before the first reset there is nothing to see: all zeros.
    fn observe(&self, into: &mut GridObservation) {
        let side = self.settings.view_size;
        into.image.resize(side * side * 3, 0);
        if let Some(Episode { level, state, .. }) = &self.episode {
            view::image(level, state, &mut into.image);
            into.direction = state.direction as u8;
        } else {
            into.image.fill(0);
            into.direction = 0;
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.episode.as_ref().and_then(|episode| episode.ending)
    }

    fn elapsed(&self) -> u32 {
        self.episode.as_ref().map_or(0, |episode| episode.state.steps)
    }

    fn state_key(&self) -> u64 {
        self.episode.as_ref().map_or(0, |episode| rules::state_key(&episode.state))
    }
}

impl DiscreteEnvironment for Gridworld {
    fn action_count(&self) -> usize {
        self.settings.action_count as usize
    }
}
