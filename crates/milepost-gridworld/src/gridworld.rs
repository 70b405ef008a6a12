//! The environment: a generator of levels, and the episode under way.

use std::sync::Arc;

use milepost_core::{
    Branch, Budget, DiscreteEnvironment, Ending, Enumerable, EnvError, Environment, Outcome, RewardLaw,
    StepOutcome, TaskSeed,
};

use crate::level::{Blueprint, Level, LevelError, Settings};
use crate::levels::{self, Generate, MakeError};
use crate::object::Object;
use crate::observation::GridObservation;
use crate::position::{Direction, Position};
use crate::rng::NumpyRng;
use crate::rules::{self, Memory, Rule, Task};
use crate::state::{Action, State, Verdict};
use crate::{key, view};

/// A gridworld that steps and looks exactly as MiniGrid's environments do.
///
/// A clone is a snapshot; it shares the level, which never changes, and copies the rest.
#[derive(Debug, Clone)]
pub struct Gridworld {
    pub(crate) source: Arc<Source>,
    settings: Settings,
    rng: NumpyRng,
    pub(crate) episode: Option<Episode>,
}

/// Where levels come from.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) generator: Box<dyn Generate>,
}

#[derive(Debug, Clone)]
pub(crate) struct Episode {
    pub(crate) level: Arc<Level>,
    pub(crate) state: State,
    pub(crate) ending: Option<Ending>,
}

/// What MiniGrid's own `step` returns, with termination and truncation apart: both can be true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawStep {
    /// The reward.
    pub reward: f64,
    /// Whether the task ended with this step.
    pub terminated: bool,
    /// Whether the step budget is spent.
    pub truncated: bool,
    /// Whether the task ended well.
    pub success: bool,
}

impl RawStep {
    fn new(verdict: Verdict, steps: u32, max_steps: u32) -> Self {
        let (terminated, success, reward) = match verdict {
            Verdict::Continue => (false, false, 0.0),
            Verdict::Success => (true, true, success_reward(steps, max_steps)),
            Verdict::Failure(reward) => (true, false, reward),
        };
        Self { reward, terminated, truncated: steps >= max_steps, success }
    }

    /// Termination takes precedence over truncation.
    fn ending(self) -> Option<Ending> {
        match self {
            Self { success: true, .. } => Some(Ending::Terminated(Outcome::Success)),
            Self { terminated: true, .. } => Some(Ending::Terminated(Outcome::Failure)),
            Self { truncated: true, .. } => Some(Ending::Truncated(Budget::Steps)),
            _ => None,
        }
    }
}

/// `1 - 0.9 * (steps / max_steps)`, evaluated in this order.
fn success_reward(steps: u32, max_steps: u32) -> f64 {
    1.0 - 0.9 * (f64::from(steps) / f64::from(max_steps))
}

impl Gridworld {
    /// The registered environment called `id`, for instance `MiniGrid-DoorKey-5x5-v0`.
    pub fn make(id: &str) -> Result<Self, MakeError> {
        Ok(Self::new(id, levels::registered(id)?))
    }

    /// An environment whose levels come from `generator`. `name` is for messages.
    #[must_use]
    pub fn new(name: &str, generator: Box<dyn Generate>) -> Self {
        let settings = generator.settings();
        let source = Arc::new(Source { name: name.to_owned(), generator });
        Self { source, settings, rng: NumpyRng::new(0), episode: None }
    }

    /// An environment that always starts from the same state, already started. The seeds of later resets
    /// fix only what moves by itself.
    pub fn from_blueprint(name: &str, blueprint: Blueprint, settings: Settings) -> Result<Self, LevelError> {
        let fixed = levels::Fixed { blueprint: blueprint.clone(), settings };
        let mut world = Self::new(name, Box::new(fixed));
        world.start(blueprint)?;
        Ok(world)
    }

    /// The same levels with a view of `size` by `size` cells: odd, 3 to 13. Takes effect at the next reset.
    pub fn with_view_size(self, size: usize) -> Result<Self, LevelError> {
        let settings = Settings { view_size: size, ..self.settings };
        self.with_settings(settings)
    }

    /// The same levels, with or without sight through walls. Takes effect at the next reset.
    #[must_use]
    pub fn with_see_through_walls(mut self, see_through_walls: bool) -> Self {
        self.settings.see_through_walls = see_through_walls;
        self.episode = None;
        self
    }

    /// The same levels with another step budget. Takes effect at the next reset.
    pub fn with_max_steps(self, max_steps: u32) -> Result<Self, LevelError> {
        let settings = Settings { max_steps, ..self.settings };
        self.with_settings(settings)
    }

    fn with_settings(mut self, settings: Settings) -> Result<Self, LevelError> {
        settings.check()?;
        self.settings = settings;
        self.episode = None;
        Ok(self)
    }

    /// How levels are played.
    #[must_use]
    pub const fn settings(&self) -> Settings {
        self.settings
    }

    /// The name it was made with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// Starts the next level of the random stream, as MiniGrid does when it is reset without a seed.
    pub fn reset_next(&mut self) -> Result<(), EnvError> {
        self.generate().map_err(|reason| EnvError::Task {
            environment: self.source.name.clone(),
            seed: 0,
            reason: format!("{reason} (the stream was continued, not seeded)"),
        })
    }

    fn generate(&mut self) -> Result<(), levels::GenerateError> {
        self.episode = None;
        let blueprint = self.source.generator.generate(&mut self.rng)?;
        self.start(blueprint).map_err(levels::GenerateError::Level)
    }

    fn start(&mut self, mut blueprint: Blueprint) -> Result<(), LevelError> {
        if let Some(rng) = blueprint.rng.take() {
            self.rng = rng;
        }
        let level = Arc::new(Level::new(blueprint, self.settings)?);
        let state = level.initial.clone();
        self.episode = Some(Episode { level, state, ending: None });
        Ok(())
    }

    /// One step of MiniGrid's own `step`: any of the seven actions, even after the episode has ended, with
    /// termination and truncation told apart.
    pub fn step_raw(&mut self, action: Action) -> Result<RawStep, EnvError> {
        let Some(Episode { level, state, ending }) = &mut self.episode else {
            return Err(EnvError::NotReset { environment: self.source.name.clone() });
        };
        let verdict = rules::step(level, state, &mut self.rng, action);
        let raw = RawStep::new(verdict, state.steps, level.settings.max_steps);
        *ending = raw.ending();
        Ok(raw)
    }

    /// The mission of the current episode; empty before the first reset.
    #[must_use]
    pub fn mission(&self) -> &str {
        self.episode.as_ref().map_or("", |episode| &episode.level.mission)
    }

    /// Where the agent stands; `None` before the first reset.
    #[must_use]
    pub fn agent(&self) -> Option<Position> {
        self.episode.as_ref().map(|Episode { state, .. }| Position::new(state.x as u8, state.y as u8))
    }

    /// Where the agent looks; right before the first reset.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.episode.as_ref().map_or(Direction::Right, |episode| episode.state.direction)
    }

    /// What the agent holds.
    #[must_use]
    pub fn carrying(&self) -> Option<Object> {
        let Episode { level, state, .. } = self.episode.as_ref()?;
        level.object(state.carrying)
    }

    /// What is in a cell now; `None` if it is empty or not on the map.
    #[must_use]
    pub fn object_at(&self, position: Position) -> Option<Object> {
        let Episode { level, state, .. } = self.episode.as_ref()?;
        let index = level.index(position.x.into(), position.y.into())?;
        level.object(state.cells[index])
    }

    /// Columns and rows of the map; zero before the first reset.
    #[must_use]
    pub fn extent(&self) -> (u8, u8) {
        self.episode.as_ref().map_or((0, 0), |e| (e.level.width() as u8, e.level.height() as u8))
    }

    /// Where the moving obstacles are, in the order in which they move.
    #[must_use]
    pub fn obstacles(&self) -> Vec<Position> {
        self.episode.as_ref().map_or_else(Vec::new, |Episode { level, state, .. }| match &state.memory {
            Memory::Obstacles(cells) => cells.iter().map(|cell| level.position(*cell)).collect(),
            _ => Vec::new(),
        })
    }

    /// The task of the current episode.
    #[must_use]
    pub fn task(&self) -> Option<&Task> {
        self.episode.as_ref().map(|episode| &episode.level.task)
    }

    /// The random stream, in its present state.
    #[must_use]
    pub const fn rng(&self) -> &NumpyRng {
        &self.rng
    }

    /// The level's key, the same throughout an episode: that of its initial state.
    #[must_use]
    pub fn level_key(&self) -> u64 {
        self.episode.as_ref().map_or(0, |episode| episode.level.initial.key)
    }

    /// The 64-bit FNV-1a hash that recordings carry, over cells, content of boxes, pose and hand.
    #[must_use]
    pub fn recorded_hash(&self) -> u64 {
        self.episode.as_ref().map_or(0, |episode| key::recorded(&episode.level, &episode.state))
    }

    /// [`Environment::state_key`] computed from the whole state, which it always equals.
    #[must_use]
    pub fn state_key_from_scratch(&self) -> u64 {
        self.episode.as_ref().map_or(0, |Episode { level, state, .. }| {
            key::from_scratch(level, state) ^ rules::memory_key(state)
        })
    }

    /// The level of the current episode.
    pub(crate) fn level(&self) -> Option<&Level> {
        self.episode.as_ref().map(|episode| &*episode.level)
    }

    /// Whether every action has exactly one outcome: nothing moves by itself.
    #[must_use]
    pub fn is_deterministic(&self) -> bool {
        self.episode.as_ref().is_none_or(|e| !matches!(e.level.rule, Rule::AvoidObstacles { .. }))
    }
}

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
            rng: self.rng.clone(),
            episode: None,
        }
    }
}
