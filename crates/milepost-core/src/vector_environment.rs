use crate::{EnvError, Environment, StepHook, StepOutcome, TaskSeed, VectorEnv};

/// Environments stepped together, however they are held: one by one ([`VectorEnv`]), or by an engine
/// that lays their states side by side.
///
/// Laws: slots do not influence one another, and a slot behaves as its environment alone would. An
/// episode that ends is followed at once by the slot's next task; its last observation is kept.
pub trait VectorEnvironment {
    /// What the policy does in one slot.
    type Action;
    /// What the policy sees of one slot.
    type Observation<'a>
    where
        Self: 'a;

    /// Number of environments.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Steps every environment once. `next_task` is asked, slot by slot in order, with which task each
    /// slot whose episode ended starts again.
    fn step_all(
        &mut self,
        actions: &[Self::Action],
        next_task: &mut dyn FnMut(usize) -> TaskSeed,
    ) -> Result<(), EnvError>;

    /// What the policy sees next; after an ending, the new episode's first observation.
    fn observation(&self, slot: usize) -> Self::Observation<'_>;

    /// The last observation of the episode that ended in the last step, if one did.
    fn final_observation(&self, slot: usize) -> Option<Self::Observation<'_>>;

    /// The last step's reward and ending, one for each slot.
    fn outcomes(&self) -> &[StepOutcome];

    /// The task that each slot is now working on.
    fn tasks(&self) -> &[TaskSeed];

    /// The key of a slot's present state, as [`Environment::state_key`] gives it.
    fn state_key(&self, slot: usize) -> u64;
}

/// Names tasks, and watches nothing.
struct Unwatched<'a>(&'a mut dyn FnMut(usize) -> TaskSeed);

impl<E: Environment> StepHook<E> for Unwatched<'_> {
    fn after_step(&mut self, _: usize, _: &E, _: &StepOutcome) {}
    fn next_task(&mut self, slot: usize) -> TaskSeed {
        (self.0)(slot)
    }
}

impl<E: Environment> VectorEnvironment for VectorEnv<E> {
    type Action = E::Action;
    type Observation<'a>
        = &'a E::Observation
    where
        Self: 'a;

    fn len(&self) -> usize {
        Self::len(self)
    }

    fn step_all(
        &mut self,
        actions: &[E::Action],
        next_task: &mut dyn FnMut(usize) -> TaskSeed,
    ) -> Result<(), EnvError> {
        self.step(actions, &mut Unwatched(next_task))
    }

    fn observation(&self, slot: usize) -> &E::Observation {
        &self.observations()[slot]
    }

    fn final_observation(&self, slot: usize) -> Option<&E::Observation> {
        Self::final_observation(self, slot)
    }

    fn outcomes(&self) -> &[StepOutcome] {
        Self::outcomes(self)
    }

    fn tasks(&self) -> &[TaskSeed] {
        Self::tasks(self)
    }

    fn state_key(&self, slot: usize) -> u64 {
        self.environments()[slot].state_key()
    }
}
