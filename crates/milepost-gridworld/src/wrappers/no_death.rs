use milepost_core::{
    Branch, Budget, DiscreteEnvironment, Ending, Enumerable, EnvError, Environment, RewardLaw, StepOutcome,
    TaskSeed,
};

use crate::gridworld::Gridworld;
use crate::object::{Kind, Object};
use crate::observation::GridObservation;
use crate::position::Position;
use crate::state::Action;
use crate::wrappers::Unwrapped;

/// A world in which stepping on (or into) objects of some kinds costs something instead of ending the episode.
///
/// A step that would end the episode goes on, and its reward has `cost` added, if before it the agent walks towards such an
/// object or after it stands on one.
#[derive(Debug, Clone)]
pub struct NoDeath {
    world: Gridworld,
    kinds: Vec<Kind>,
    cost: f64,
}

/// Goals cannot be deadly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a goal was listed among the kinds of death; leave it out, or no episode could succeed")]
pub struct GoalIsNoDeath;

impl NoDeath {
    /// `kinds` no longer end an episode; `cost` is added to the reward, −1 in MiniGrid unless said otherwise.
    pub fn new(world: Gridworld, kinds: &[Kind], cost: f64) -> Result<Self, GoalIsNoDeath> {
        if kinds.contains(&Kind::Goal) {
            return Err(GoalIsNoDeath);
        }
        Ok(Self { world, kinds: kinds.to_vec(), cost })
    }

    fn is_deadly(&self, object: Option<&Object>) -> bool {
        object.is_some_and(|object| self.kinds.contains(&object.kind()))
    }

    /// Whether `action` is a step towards something deadly.
    fn approaches(&self, action: Action) -> bool {
        let Some(agent) = self.world.agent().filter(|_| action == Action::Forward) else { return false };
        let (dx, dy) = self.world.direction().vector();
        let ahead = |from: u8, by: i32| u8::try_from(i32::from(from) + by).ok();
        let (Some(x), Some(y)) = (ahead(agent.x, dx), ahead(agent.y, dy)) else { return false };
        self.is_deadly(self.world.object_at(Position::new(x, y)).as_ref())
    }

    /// Whether the agent of `world` stands on something deadly.
    fn stands_in(&self, world: &Gridworld) -> bool {
        let under = world.agent().and_then(|agent| world.object_at(agent));
        self.is_deadly(under.as_ref())
    }

    /// The same rules around another world.
    fn around(&self, world: Gridworld) -> Self {
        Self { world, kinds: self.kinds.clone(), cost: self.cost }
    }

    fn set_ending(world: &mut Gridworld, ending: Option<Ending>) {
        if let Some(episode) = &mut world.episode {
            episode.ending = ending;
        }
    }
}

impl Environment for NoDeath {
    type Observation = GridObservation;
    type Action = u32;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        self.world.reset(seed)
    }

    fn step(&mut self, action: &u32) -> Result<StepOutcome, EnvError> {
        let approaches = Action::ALL.get(*action as usize).is_some_and(|action| self.approaches(*action));
        let outcome = self.world.step(action)?;
        let spared = matches!(outcome.ending, Some(Ending::Terminated(_)))
            && (approaches || self.stands_in(&self.world));
        if !spared {
            return Ok(outcome);
        }
        let over = self.world.elapsed() >= self.world.settings().max_steps;
        let ending = over.then_some(Ending::Truncated(Budget::Steps));
        Self::set_ending(&mut self.world, ending);
        Ok(StepOutcome { reward: outcome.reward + self.cost, ending })
    }

    fn new_observation(&self) -> GridObservation {
        self.world.new_observation()
    }

    fn observe(&self, into: &mut GridObservation) {
        self.world.observe(into);
    }

    fn ending(&self) -> Option<Ending> {
        self.world.ending()
    }

    fn elapsed(&self) -> u32 {
        self.world.elapsed()
    }

    fn state_key(&self) -> u64 {
        self.world.state_key()
    }
}

impl DiscreteEnvironment for NoDeath {
    fn action_count(&self) -> usize {
        self.world.action_count()
    }
}

impl Enumerable for NoDeath {
    fn outcomes(&self, action: u32) -> Vec<Branch<Self>> {
        let approaches = Action::ALL.get(action as usize).is_some_and(|action| self.approaches(*action));
        let outcomes = self.world.outcomes(action).into_iter();
        outcomes
            .map(|Branch { probability, reward, mut next, mut ending }| {
                let mut reward = reward;
                if matches!(ending, Some(Ending::Terminated(_))) && (approaches || self.stands_in(&next)) {
                    ending = None;
                    Self::set_ending(&mut next, None);
                    reward = RewardLaw { base: reward.base + self.cost, ..reward };
                }
                Branch { probability, reward, next: self.around(next), ending }
            })
            .collect()
    }

    fn horizon(&self) -> Option<u32> {
        self.world.horizon()
    }
}

impl Unwrapped for NoDeath {
    fn unwrapped(&self) -> &Gridworld {
        &self.world
    }
}
