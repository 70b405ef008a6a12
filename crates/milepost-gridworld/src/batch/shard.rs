//! A run of a batch's slots, and what is done to every slot.

use std::sync::Arc;

use milepost_core::{Ending, EnvError, StepOutcome, TaskSeed};

use super::agent::Agent;
use super::look;
use super::packed::{PackedMap, WIDEST, appearance};
use super::pool::LevelPool;
use super::sight::LANES;
use super::slots::{Slots, image_bytes};
use crate::cell::Cell;
use crate::level::{Level, Settings};
use crate::raw_step::RawStep;
use crate::rng::NumpyRng;
use crate::rules::{self, Memory};
use crate::state::{Action, State, Verdict};
use crate::view;

/// Neighbouring slots, borrowed.
pub(super) struct Shard<'a> {
    settings: Settings,
    /// The number of its first slot in the batch.
    first: usize,
    levels: &'a mut [Arc<Level>],
    agents: &'a mut [Agent],
    states: &'a mut [State],
    maps: &'a mut [PackedMap],
    rngs: &'a mut [NumpyRng],
    tasks: &'a [TaskSeed],
    outcomes: &'a mut [StepOutcome],
    endings: &'a mut [Option<Ending>],
    images: &'a mut [u8],
    directions: &'a mut [u8],
    last_images: &'a mut [u8],
    last_directions: &'a mut [u8],
}

impl<'a> Shard<'a> {
    /// All of them.
    pub(super) fn new(slots: &'a mut Slots, settings: Settings) -> Self {
        Self {
            settings,
            first: 0,
            levels: &mut slots.levels,
            agents: &mut slots.agents,
            states: &mut slots.states,
            maps: &mut slots.maps,
            rngs: &mut slots.rngs,
            tasks: &slots.tasks,
            outcomes: &mut slots.outcomes,
            endings: &mut slots.endings,
            images: &mut slots.seen.images,
            directions: &mut slots.seen.directions,
            last_images: &mut slots.last_seen.images,
            last_directions: &mut slots.last_seen.directions,
        }
    }

    const fn len(&self) -> usize {
        self.states.len()
    }

    /// Does `work` on runs of at most `piece` slots, in parallel if there are several. Of the failures,
    /// that of the first slot is returned.
    pub(super) fn in_pieces<W>(self, piece: usize, work: &W) -> Result<(), EnvError>
    where
        W: Fn(Shard<'_>) -> Result<(), EnvError> + Sync,
    {
        if self.len() <= piece {
            return work(self);
        }
        let middle = (self.len() / 2).next_multiple_of(LANES);
        let (before, after) = self.split(middle);
        let (before, after) = rayon::join(|| before.in_pieces(piece, work), || after.in_pieces(piece, work));
        before.and(after)
    }

    /// The slots before `middle`, and the others.
    fn split(self, middle: usize) -> (Shard<'a>, Shard<'a>) {
        let bytes = middle * image_bytes(&self.settings);
        let (levels, levels_) = self.levels.split_at_mut(middle);
        let (agents, agents_) = self.agents.split_at_mut(middle);
        let (states, states_) = self.states.split_at_mut(middle);
        let (maps, maps_) = self.maps.split_at_mut(middle);
        let (rngs, rngs_) = self.rngs.split_at_mut(middle);
        let (tasks, tasks_) = self.tasks.split_at(middle);
        let (outcomes, outcomes_) = self.outcomes.split_at_mut(middle);
        let (endings, endings_) = self.endings.split_at_mut(middle);
        let (images, images_) = self.images.split_at_mut(bytes);
        let (directions, directions_) = self.directions.split_at_mut(middle);
        let (last_images, last_images_) = self.last_images.split_at_mut(bytes);
        let (last_directions, last_directions_) = self.last_directions.split_at_mut(middle);
        let settings = self.settings;
        let before = Shard {
            settings,
            first: self.first,
            levels,
            agents,
            states,
            maps,
            rngs,
            tasks,
            outcomes,
            endings,
            images,
            directions,
            last_images,
            last_directions,
        };
        let after = Shard {
            settings,
            first: self.first + middle,
            levels: levels_,
            agents: agents_,
            states: states_,
            maps: maps_,
            rngs: rngs_,
            tasks: tasks_,
            outcomes: outcomes_,
            endings: endings_,
            images: images_,
            directions: directions_,
            last_images: last_images_,
            last_directions: last_directions_,
        };
        (before, after)
    }

    /// One step of every slot, and what it then sees. `actions` are those of the whole batch, known to exist.
    pub(super) fn advance(&mut self, actions: &[u32]) {
        let actions = &actions[self.first..];
        for start in (0..self.len()).step_by(LANES) {
            let end = (start + LANES).min(self.len());
            for slot in start..end {
                self.step(slot, Action::ALL[actions[slot] as usize]);
            }
            self.look(start, end);
            for slot in start..end {
                if self.endings[slot].is_some() {
                    self.keep_last(slot);
                }
            }
        }
    }

    #[inline]
    fn step(&mut self, slot: usize, action: Action) {
        let (agent, map) = (&mut self.agents[slot], &mut self.maps[slot]);
        let verdict = match agent.step(map, action) {
            Some(verdict) => verdict,
            None => step_by_rules(
                &self.levels[slot],
                agent,
                &mut self.states[slot],
                map,
                &mut self.rngs[slot],
                action,
            ),
        };
        let raw = RawStep::new(verdict, agent.steps, agent.max_steps);
        self.endings[slot] = raw.ending();
        self.outcomes[slot] = StepOutcome { reward: raw.reward, ending: raw.ending() };
    }

    /// Writes every slot's observation.
    pub(super) fn look_at_all(&mut self) {
        for start in (0..self.len()).step_by(LANES) {
            self.look(start, (start + LANES).min(self.len()));
        }
    }

    /// Writes the observations of the slots from `start` to `end`, at most [`LANES`] of them.
    fn look(&mut self, start: usize, end: usize) {
        let Settings { view_size, see_through_walls, .. } = self.settings;
        let bytes = image_bytes(&self.settings);
        let (agents, images) = (&self.agents[start..end], &mut self.images[start * bytes..end * bytes]);
        if view_size > WIDEST {
            // No step is taken without the state here, so it needs no catching up.
            let slots = self.levels[start..end].iter().zip(&self.states[start..end]);
            for ((level, state), image) in slots.zip(images.chunks_exact_mut(bytes)) {
                view::image(level, state, image);
            }
        } else {
            look::images(view_size, see_through_walls, &self.maps[start..end], agents, images);
        }
        for (direction, agent) in self.directions[start..end].iter_mut().zip(agents) {
            *direction = agent.direction as u8;
        }
    }

    fn keep_last(&mut self, slot: usize) {
        let bytes = image_bytes(&self.settings);
        let image = slot * bytes..(slot + 1) * bytes;
        self.last_images[image.clone()].copy_from_slice(&self.images[image]);
        self.last_directions[slot] = self.directions[slot];
    }

    /// Starts the slots that ended on their tasks. The first failure is returned once all others have started.
    pub(super) fn restart_ended(&mut self, pool: &LevelPool) -> Result<(), EnvError> {
        let mut result = Ok(());
        for slot in 0..self.len() {
            if self.endings[slot].is_some() {
                let started = self.restart(slot, pool);
                result = result.and(started);
            }
        }
        result
    }

    fn restart(&mut self, slot: usize, pool: &LevelPool) -> Result<(), EnvError> {
        let task = self.tasks[slot];
        if let Some(start) = pool.get(task) {
            self.levels[slot] = Arc::clone(&start.level);
            self.maps[slot].copy_from(&start.map);
            self.rngs[slot] = start.rng.clone();
            self.agents[slot] = start.agent;
        } else {
            let start = pool.draw(task)?;
            (self.levels[slot], self.agents[slot]) = (start.level, start.agent);
            (self.maps[slot], self.rngs[slot]) = (start.map, start.rng);
        }
        self.states[slot].clone_from(&self.levels[slot].initial);
        self.endings[slot] = None;
        self.look(slot, slot + 1);
        Ok(())
    }
}

/// A step as the scalar engine takes it, repeated on the packed map.
#[cold]
fn step_by_rules(
    level: &Level,
    agent: &mut Agent,
    state: &mut State,
    map: &mut PackedMap,
    rng: &mut NumpyRng,
    action: Action,
) -> Verdict {
    agent.report(state);
    if level.settings.view_size > WIDEST {
        let verdict = rules::step(level, state, rng, action);
        agent.follow(level, state, action, appearance(Cell::WALL), appearance(Cell::WALL));
        return verdict;
    }
    let before = appearance(state.front_cell(level));
    each_obstacle(level, state, |x, y, _| map.set(x, y, Cell::EMPTY));
    let verdict = rules::step(level, state, rng, action);
    each_obstacle(level, state, |x, y, ball| map.set(x, y, ball));
    // Nothing else changes a cell but actions on the one in front.
    let (dx, dy) = state.direction.vector();
    let (x, y) = (state.x + dx, state.y + dy);
    let after = state.front_cell(level);
    if level.index(x, y).is_some() {
        map.set(x as usize, y as usize, after);
    }
    agent.follow(level, state, action, before, appearance(after));
    verdict
}

/// Where the obstacles are, and what is there.
fn each_obstacle(level: &Level, state: &State, mut visit: impl FnMut(usize, usize, Cell)) {
    if let Memory::Obstacles(cells) = &state.memory {
        for index in cells {
            let (x, y) = level.coordinates(*index);
            visit(x as usize, y as usize, state.cells[*index]);
        }
    }
}
