//! The environment: a generator of levels, and the episode under way.

use std::sync::Arc;

use milepost_core::{Ending, EnvError};

use crate::level::{Blueprint, Level, LevelError, Settings};
use crate::levels::{self, Generate, MakeError};
use crate::raw_step::RawStep;
use crate::rng::NumpyRng;
use crate::rules;
use crate::state::{Action, State};

/// A gridworld that steps and looks exactly as MiniGrid's environments do.
///
/// A clone is a snapshot; it shares the level, which never changes, and copies the rest.
#[derive(Debug, Clone)]
pub struct Gridworld {
    pub(crate) source: Arc<Source>,
    pub(crate) settings: Settings,
    /// The step budget asked for, instead of the level's own.
    pub(crate) max_steps: Option<u32>,
    pub(crate) rng: NumpyRng,
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

impl Gridworld {
    /// The registered environment called `id`, for instance `MiniGrid-DoorKey-5x5-v0`, or a task of
    /// [`crate::tasks::NAMES`].
    pub fn make(id: &str) -> Result<Self, MakeError> {
        if let Some(task) = crate::tasks::make(id) {
            return Ok(task);
        }
        Ok(Self::new(id, levels::registered(id)?))
    }

    /// An environment whose levels come from `generator`. `name` is for messages.
    #[must_use]
    pub fn new(name: &str, generator: Box<dyn Generate>) -> Self {
        let settings = generator.settings();
        let source = Arc::new(Source { name: name.to_owned(), generator });
        Self { source, settings, max_steps: None, rng: NumpyRng::new(0), episode: None }
    }

    /// An environment that always starts from the same state, already started. The seeds of later resets
    /// fix only what moves by itself.
    pub fn from_blueprint(name: &str, blueprint: Blueprint, settings: Settings) -> Result<Self, LevelError> {
        let fixed = levels::Fixed { blueprint: blueprint.clone(), settings };
        let mut world = Self::new(name, Box::new(fixed));
        world.start(blueprint)?;
        Ok(world)
    }

    /// The same levels with a view of `size` by `size` cells: odd, 3 to 13. Must be reset first.
    pub fn with_view_size(self, size: usize) -> Result<Self, LevelError> {
        let settings = Settings { view_size: size, ..self.settings };
        self.with_settings(settings)
    }

    /// The same levels, with or without sight through walls. Must be reset first.
    #[must_use]
    pub fn with_see_through_walls(mut self, see_through_walls: bool) -> Self {
        self.settings.see_through_walls = see_through_walls;
        self.episode = None;
        self
    }

    /// The same levels with another step budget. Must be reset first.
    pub fn with_max_steps(self, max_steps: u32) -> Result<Self, LevelError> {
        let settings = Settings { max_steps, ..self.settings };
        Ok(Self { max_steps: Some(max_steps), ..self.with_settings(settings)? })
    }

    fn with_settings(mut self, settings: Settings) -> Result<Self, LevelError> {
        settings.check()?;
        self.settings = settings;
        self.episode = None;
        Ok(self)
    }

    /// How levels are played. The step budget is that of the current episode, if there is one: it may depend
    /// on the task.
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

    pub(crate) fn generate(&mut self) -> Result<(), levels::GenerateError> {
        self.episode = None;
        let blueprint = self.source.generator.generate(&mut self.rng)?;
        self.start(blueprint).map_err(levels::GenerateError::Level)
    }

    fn start(&mut self, mut blueprint: Blueprint) -> Result<(), LevelError> {
        if let Some(rng) = blueprint.rng.take() {
            self.rng = rng;
        }
        let max_steps = self.max_steps.unwrap_or_else(|| self.source.generator.max_steps(&blueprint.task));
        self.settings.max_steps = max_steps;
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
}
