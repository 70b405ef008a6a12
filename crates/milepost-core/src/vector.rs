use crate::{EnvError, Environment, StepOutcome, TaskSeed};

/// Environments stepped together. An episode that ends is reset at once to its slot's next task; the
/// final observation is kept beside the new episode's first one, so that truncation can bootstrap.
#[derive(Debug, Clone)]
pub struct VectorEnv<E: Environment> {
    environments: Vec<E>,
    observations: Vec<E::Observation>,
    final_observations: Vec<E::Observation>,
    outcomes: Vec<StepOutcome>,
    tasks: Vec<TaskSeed>,
}

impl<E: Environment> VectorEnv<E> {
    /// Clones `prototype` once for each task and resets every clone.
    pub fn new(prototype: &E, tasks: Vec<TaskSeed>) -> Result<Self, EnvError> {
        let mut environments = vec![prototype.clone(); tasks.len()];
        let mut observations = Vec::with_capacity(tasks.len());
        for (environment, task) in environments.iter_mut().zip(&tasks) {
            environment.reset(*task)?;
            let mut observation = environment.new_observation();
            environment.observe(&mut observation);
            observations.push(observation);
        }
        let final_observations = observations.clone();
        let outcomes = vec![StepOutcome { reward: 0.0, ending: None }; tasks.len()];
        Ok(Self { environments, observations, final_observations, outcomes, tasks })
    }

    /// Number of environments.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.environments.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.environments.is_empty()
    }

    /// Steps every environment once. `after` sees each environment right after its step, still in its
    /// final state if it ended; `next_task` names the task with which an ended slot starts again.
    pub fn step(
        &mut self,
        actions: &[E::Action],
        mut after: impl FnMut(usize, &E, &StepOutcome),
        mut next_task: impl FnMut(usize) -> TaskSeed,
    ) -> Result<(), EnvError> {
        if actions.len() != self.environments.len() {
            return Err(EnvError::BatchSize {
                actions: actions.len(),
                environments: self.environments.len(),
            });
        }
        for (slot, (environment, action)) in self.environments.iter_mut().zip(actions).enumerate() {
            let outcome = environment.step(action)?;
            after(slot, environment, &outcome);
            if outcome.ending.is_some() {
                environment.observe(&mut self.final_observations[slot]);
                self.tasks[slot] = next_task(slot);
                environment.reset(self.tasks[slot])?;
            }
            environment.observe(&mut self.observations[slot]);
            self.outcomes[slot] = outcome;
        }
        Ok(())
    }

    /// The environments themselves.
    #[must_use]
    pub fn environments(&self) -> &[E] {
        &self.environments
    }

    /// What the policy sees next, one for each slot; after an ending, the new episode's first observation.
    #[must_use]
    pub fn observations(&self) -> &[E::Observation] {
        &self.observations
    }

    /// The last step's reward and ending, one for each slot.
    #[must_use]
    pub fn outcomes(&self) -> &[StepOutcome] {
        &self.outcomes
    }

    /// The last observation of the episode that ended in the last step, if one did.
    #[must_use]
    pub fn final_observation(&self, slot: usize) -> Option<&E::Observation> {
        self.outcomes[slot].ending.map(|_| &self.final_observations[slot])
    }

    /// The task that each slot is now working on.
    #[must_use]
    pub fn tasks(&self) -> &[TaskSeed] {
        &self.tasks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Budget, DiscreteEnvironment, Ending, Outcome};

    /// Counts up from the task seed; ends after three steps, or when told to.
    #[derive(Debug, Clone, Default)]
    struct Counter {
        start: u64,
        steps: u32,
        ending: Option<Ending>,
    }

    impl Environment for Counter {
        type Observation = u64;
        type Action = u32;
        fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
            *self = Self { start: seed.get(), ..Self::default() };
            Ok(())
        }
        fn step(&mut self, action: &u32) -> Result<StepOutcome, EnvError> {
            self.steps += 1;
            self.ending = match (action, self.steps) {
                (1, _) => Some(Ending::Terminated(Outcome::Success)),
                (_, 3) => Some(Ending::Truncated(Budget::Steps)),
                _ => None,
            };
            Ok(StepOutcome { reward: f64::from(*action), ending: self.ending })
        }
        fn new_observation(&self) -> u64 {
            0
        }
        fn observe(&self, into: &mut u64) {
            *into = self.start + u64::from(self.steps);
        }
        fn ending(&self) -> Option<Ending> {
            self.ending
        }
        fn elapsed(&self) -> u32 {
            self.steps
        }
        fn state_key(&self) -> u64 {
            self.start
        }
    }

    impl DiscreteEnvironment for Counter {
        fn action_count(&self) -> usize {
            2
        }
    }

    #[test]
    fn an_ended_slot_starts_again_and_keeps_its_final_observation() {
        let tasks = vec![TaskSeed::literal(100), TaskSeed::literal(200)];
        let mut vector = VectorEnv::new(&Counter::default(), tasks).expect("resets");
        let mut seen = Vec::new();
        vector
            .step(&[0, 1], |slot, env, _| seen.push((slot, env.elapsed())), |_| TaskSeed::literal(300))
            .expect("legal");
        assert_eq!(seen, [(0, 1), (1, 1)], "the hook sees the state before the reset");
        assert_eq!(vector.observations(), [101, 300]);
        assert_eq!((vector.final_observation(0), vector.final_observation(1)), (None, Some(&201)));
        assert_eq!(vector.tasks()[1], TaskSeed::literal(300));
        assert!(matches!(
            vector.step(&[0], |_, _, _| {}, |_| TaskSeed::literal(0)),
            Err(EnvError::BatchSize { actions: 1, environments: 2 })
        ));
    }
}
