//! The arrays of a batch.

use std::sync::Arc;

use milepost_core::{Ending, StepOutcome, TaskSeed};

use super::agent::Agent;
use super::packed::PackedMap;
use super::pool::Start;
use crate::key;
use crate::level::{Level, Settings};
use crate::rng::NumpyRng;
use crate::rules;
use crate::state::State;

/// Observations side by side.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// `[slots, view, view, 3]`.
    pub(super) images: Vec<u8>,
    pub(super) directions: Vec<u8>,
}

/// One entry of every array for each slot.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    pub(super) levels: Vec<Arc<Level>>,
    pub(super) agents: Vec<Agent>,
    /// As of the last step that [`Agent::step`] left to the rules.
    pub(super) states: Vec<State>,
    pub(super) maps: Vec<PackedMap>,
    pub(super) rngs: Vec<NumpyRng>,
    pub(super) tasks: Vec<TaskSeed>,
    pub(super) outcomes: Vec<StepOutcome>,
    /// Of the episode under way; `Some` from its last step until the slot starts again.
    pub(super) endings: Vec<Option<Ending>>,
    pub(super) seen: Seen,
    pub(super) last_seen: Seen,
}

impl Slots {
    /// Adds a slot in which nothing has been seen.
    pub(super) fn push(&mut self, task: TaskSeed, start: Start) {
        self.tasks.push(task);
        self.agents.push(start.agent);
        self.states.push(start.level.initial.clone());
        self.levels.push(start.level);
        self.maps.push(start.map);
        self.rngs.push(start.rng);
        self.outcomes.push(StepOutcome { reward: 0.0, ending: None });
        self.endings.push(None);
    }

    pub(super) const fn len(&self) -> usize {
        self.tasks.len()
    }

    /// The whole state of a slot.
    pub(super) fn state(&self, slot: usize) -> State {
        let mut state = self.states[slot].clone();
        self.agents[slot].report(&mut state);
        state
    }

    pub(super) fn state_key(&self, slot: usize) -> u64 {
        let (state, agent) = (&self.states[slot], &self.agents[slot]);
        rules::state_key(state)
            ^ key::pose(state.x, state.y, state.direction)
            ^ key::pose(i32::from(agent.x), i32::from(agent.y), agent.direction)
    }
}

/// Bytes of one image.
pub(super) const fn image_bytes(settings: &Settings) -> usize {
    settings.view_size * settings.view_size * 3
}
