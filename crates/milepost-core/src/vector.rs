use crate::{EnvError, Environment, StepOutcome, TaskSeed};

/// What happens around each environment's step in [`VectorEnv::step`].
pub trait StepHook<E: Environment> {
    /// Sees an environment right after its step, still in its final state if its episode ended.
    fn after_step(&mut self, slot: usize, environment: &E, outcome: &StepOutcome);

    /// Names the task with which an ended slot starts again.
    fn next_task(&mut self, slot: usize) -> TaskSeed;
}

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
        let running = tasks
            .into_iter()
            .map(|task| {
                let mut environment = prototype.clone();
                environment.reset(task)?;
                Ok((environment, task))
            })
            .collect::<Result<_, EnvError>>()?;
        Ok(Self::resume(running))
    }

    /// Goes on with environments that are in the middle of their tasks.
    #[must_use]
    pub fn resume(running: Vec<(E, TaskSeed)>) -> Self {
        let (environments, tasks): (Vec<E>, Vec<TaskSeed>) = running.into_iter().unzip();
        let observations: Vec<_> = environments
            .iter()
            .map(|environment| {
                let mut observation = environment.new_observation();
                environment.observe(&mut observation);
                observation
            })
            .collect();
        let final_observations = observations.clone();
        let outcomes = vec![StepOutcome { reward: 0.0, ending: None }; tasks.len()];
        Self { environments, observations, final_observations, outcomes, tasks }
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

    /// Steps every environment once; `hook` watches, and names the next task of each slot that ended.
    pub fn step(&mut self, actions: &[E::Action], hook: &mut impl StepHook<E>) -> Result<(), EnvError> {
        if actions.len() != self.environments.len() {
            return Err(EnvError::BatchSize {
                actions: actions.len(),
                environments: self.environments.len(),
            });
        }
        for (slot, (environment, action)) in self.environments.iter_mut().zip(actions).enumerate() {
            let outcome = environment.step(action)?;
            hook.after_step(slot, environment, &outcome);
            if outcome.ending.is_some() {
                environment.observe(&mut self.final_observations[slot]);
                self.tasks[slot] = hook.next_task(slot);
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

    struct Watch(Vec<(usize, u32)>);

    impl StepHook<Counter> for Watch {
        fn after_step(&mut self, slot: usize, environment: &Counter, _: &StepOutcome) {
            self.0.push((slot, environment.elapsed()));
        }
        fn next_task(&mut self, _: usize) -> TaskSeed {
            TaskSeed::literal(300)
        }
    }

    #[test]
    fn an_ended_slot_starts_again_and_keeps_its_final_observation() {
        let tasks = vec![TaskSeed::literal(100), TaskSeed::literal(200)];
        let mut vector = VectorEnv::new(&Counter::default(), tasks).expect("resets");
        let mut hook = Watch(Vec::new());
        vector.step(&[0, 1], &mut hook).expect("legal");
        let seen = hook.0.clone();
        assert_eq!(seen, [(0, 1), (1, 1)], "the hook sees the state before the reset");
        assert_eq!(vector.observations(), [101, 300]);
        assert_eq!((vector.final_observation(0), vector.final_observation(1)), (None, Some(&201)));
        assert_eq!(vector.tasks()[1], TaskSeed::literal(300));
        assert!(matches!(
            vector.step(&[0], &mut hook),
            Err(EnvError::BatchSize { actions: 1, environments: 2 })
        ));
    }
}
