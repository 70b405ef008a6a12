//! Reading an episode: what a report, a picture or a test may want to know.

use crate::gridworld::{Episode, Gridworld};
use crate::key;
use crate::level::Level;
use crate::object::Object;
use crate::position::{Direction, Position};
use crate::rng::NumpyRng;
use crate::rules::{self, Memory, Rule, Task};

impl Gridworld {
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

    /// [`milepost_core::Environment::state_key`] computed from the whole state, which it always equals.
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
