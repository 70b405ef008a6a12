use std::sync::Arc;

use milepost_core::{EnvError, Environment, TaskSeed};

use super::agent::Agent;
use super::packed::PackedMap;
use crate::gridworld::{Episode, Gridworld};
use crate::level::Level;
use crate::rng::NumpyRng;

/// Levels drawn ahead. A slot that starts one of their tasks copies the level instead of drawing it.
///
/// A pool changes nothing but speed: a task that is not in it is drawn when it starts.
#[derive(Debug)]
pub struct LevelPool {
    /// Never in an episode itself.
    prototype: Gridworld,
    /// By ascending task.
    ready: Vec<(TaskSeed, Start)>,
}

/// How an episode starts.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) level: Arc<Level>,
    pub(super) agent: Agent,
    pub(super) map: PackedMap,
    /// As it stands after the level was drawn.
    pub(super) rng: NumpyRng,
}

impl LevelPool {
    /// Draws the levels that `prototype` has for `tasks`.
    pub fn new(prototype: &Gridworld, tasks: impl IntoIterator<Item = TaskSeed>) -> Result<Self, EnvError> {
        let mut pool =
            Self { prototype: Gridworld { episode: None, ..prototype.clone() }, ready: Vec::new() };
        let mut tasks: Vec<TaskSeed> = tasks.into_iter().collect();
        tasks.sort_unstable();
        tasks.dedup();
        pool.ready =
            tasks.into_iter().map(|task| Ok((task, pool.draw(task)?))).collect::<Result<_, EnvError>>()?;
        Ok(pool)
    }

    /// How many levels are ready.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ready.len()
    }

    /// Whether every task is drawn when it starts.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// Where the levels come from.
    #[must_use]
    pub const fn prototype(&self) -> &Gridworld {
        &self.prototype
    }

    pub(super) fn get(&self, task: TaskSeed) -> Option<&Start> {
        let found = self.ready.binary_search_by_key(&task, |(ready, _)| *ready).ok()?;
        Some(&self.ready[found].1)
    }

    pub(super) fn draw(&self, task: TaskSeed) -> Result<Start, EnvError> {
        let mut world = self.prototype.clone();
        world.reset(task)?;
        let Gridworld { episode, rng, .. } = world;
        let Some(Episode { level, .. }) = episode else {
            return Err(EnvError::NotReset { environment: self.prototype.name().to_owned() });
        };
        Ok(Start { agent: Agent::new(&level), map: PackedMap::new(&level), level, rng })
    }
}
