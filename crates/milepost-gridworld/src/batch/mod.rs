//! Many gridworlds of one kind, side by side.
//!
//! Steps that change nothing but where an agent is work on the agent and a packed map alone ([`agent`],
//! [`packed`]); all others are left to the scalar engine's rules, which are written once. Looking works on
//! the packed maps ([`look`]), and finds out what is visible for many slots at once ([`sight`]).

mod agent;
mod look;
mod packed;
mod pool;
mod shard;
mod sight;
mod slots;

use std::sync::Arc;

use milepost_core::{EnvError, StepOutcome, TaskSeed, VectorEnvironment};

pub use pool::LevelPool;

use crate::gridworld::{Episode, Gridworld};
use shard::Shard;
use sight::LANES;
use slots::{Seen, Slots, image_bytes};

/// What the agent of one slot sees: a [`crate::GridObservation`] that borrows its image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GridView<'a> {
    /// `view * view * 3` bytes, as in [`crate::GridObservation`].
    pub image: &'a [u8],
    /// Where the agent looks: 0 right, 1 down, 2 left, 3 up.
    pub direction: u8,
}

/// Gridworlds stepped together, in arrays. Slot for slot it does what a [`Gridworld`] does, bit for bit:
/// observations, rewards, endings, random streams and state keys.
///
/// Steps do not allocate, except for levels that are drawn (see [`LevelPool`]). With
/// [`GridworldBatch::in_pieces_of`] the slots are shared out among threads, which changes no result.
///
/// ```
/// use milepost_core::TaskSeed;
/// use milepost_gridworld::{Gridworld, GridworldBatch};
///
/// let world = Gridworld::make("MiniGrid-DoorKey-8x8-v0")?;
/// let mut batch = GridworldBatch::new(&world, (0..64).map(TaskSeed::literal).collect())?;
/// let mut next = 64;
/// batch.step(&[2; 64], |_slot| {
///     next += 1;
///     TaskSeed::literal(next)
/// })?;
/// assert_eq!(batch.images().len(), 64 * 7 * 7 * 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct GridworldBatch {
    pool: Arc<LevelPool>,
    slots: Slots,
    piece: usize,
}

impl GridworldBatch {
    /// One slot for each task; levels are drawn by copies of `prototype` as they are needed.
    pub fn new(prototype: &Gridworld, tasks: Vec<TaskSeed>) -> Result<Self, EnvError> {
        Self::with_levels(Arc::new(LevelPool::new(prototype, [])?), tasks)
    }

    /// One slot for each task; levels that the pool has are copied from it.
    pub fn with_levels(pool: Arc<LevelPool>, tasks: Vec<TaskSeed>) -> Result<Self, EnvError> {
        let (count, settings) = (tasks.len(), pool.prototype().settings());
        let mut slots = Slots::default();
        for task in tasks {
            let start = pool.get(task).map_or_else(|| pool.draw(task), |start| Ok(start.clone()))?;
            slots.push(task, start);
        }
        slots.seen = Seen { images: vec![0; count * image_bytes(&settings)], directions: vec![0; count] };
        slots.last_seen = slots.seen.clone();
        Shard::new(&mut slots, settings).look_at_all();
        Ok(Self { pool, slots, piece: usize::MAX })
    }

    /// Shares the slots out in pieces of at most `slots` (and at least 16) among the threads of the rayon
    /// pool that [`GridworldBatch::step`] is called in. Some hundreds of slots are worth a thread's while.
    #[must_use]
    pub fn in_pieces_of(self, slots: usize) -> Self {
        Self { piece: slots.max(LANES), ..self }
    }

    /// Number of slots.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots.len() == 0
    }

    /// Steps every slot once; those whose episode ended then start again, on the task that `next_task`
    /// names for the slot.
    pub fn step(
        &mut self,
        actions: &[u32],
        next_task: impl FnMut(usize) -> TaskSeed,
    ) -> Result<(), EnvError> {
        self.advance(actions)?;
        self.restart_ended(next_task)
    }

    /// The first half of [`GridworldBatch::step`]: slots whose episode ended stay in their final state,
    /// and can be looked at. Actions that cannot be taken are refused before anything changes.
    pub fn advance(&mut self, actions: &[u32]) -> Result<(), EnvError> {
        self.check(actions)?;
        let settings = self.pool.prototype().settings();
        Shard::new(&mut self.slots, settings).in_pieces(self.piece, &|mut shard| {
            shard.advance(actions);
            Ok(())
        })
    }

    /// The second half of [`GridworldBatch::step`].
    ///
    /// If a level cannot be drawn, all other slots start nevertheless, and this slot must be given another
    /// task by calling again before the next step.
    pub fn restart_ended(&mut self, mut next_task: impl FnMut(usize) -> TaskSeed) -> Result<(), EnvError> {
        let mut any = false;
        for (slot, ending) in self.slots.endings.iter().enumerate() {
            if ending.is_some() {
                self.slots.tasks[slot] = next_task(slot);
                any = true;
            }
        }
        if !any {
            return Ok(());
        }
        let (settings, pool) = (self.pool.prototype().settings(), &*self.pool);
        Shard::new(&mut self.slots, settings).in_pieces(self.piece, &|mut shard| shard.restart_ended(pool))
    }

    fn check(&self, actions: &[u32]) -> Result<(), EnvError> {
        let prototype = self.pool.prototype();
        if actions.len() != self.len() {
            return Err(EnvError::BatchSize { actions: actions.len(), environments: self.len() });
        }
        let count = prototype.settings().action_count;
        if let Some(action) = actions.iter().find(|action| **action >= count) {
            return Err(EnvError::ActionOutOfRange {
                environment: prototype.name().to_owned(),
                action: u64::from(*action),
                count: count as usize,
            });
        }
        match self.slots.endings.iter().find_map(|ending| *ending) {
            Some(ending) => Err(EnvError::StepAfterEnd { environment: prototype.name().to_owned(), ending }),
            None => Ok(()),
        }
    }

    /// What the agents see next, `[slots, view, view, 3]`; after an ending, the new episode's first image.
    #[must_use]
    pub fn images(&self) -> &[u8] {
        &self.slots.seen.images
    }

    /// Where the agents look, one for each slot: 0 right, 1 down, 2 left, 3 up.
    #[must_use]
    pub fn directions(&self) -> &[u8] {
        &self.slots.seen.directions
    }

    /// What the agent of a slot sees next.
    #[must_use]
    pub fn observation(&self, slot: usize) -> GridView<'_> {
        self.view(&self.slots.seen, slot)
    }

    /// The last observation of the episode that ended in the last step, if one did.
    #[must_use]
    pub fn final_observation(&self, slot: usize) -> Option<GridView<'_>> {
        self.slots.outcomes[slot].ending.map(|_| self.view(&self.slots.last_seen, slot))
    }

    fn view<'a>(&self, seen: &'a Seen, slot: usize) -> GridView<'a> {
        let bytes = image_bytes(&self.pool.prototype().settings());
        GridView { image: &seen.images[slot * bytes..(slot + 1) * bytes], direction: seen.directions[slot] }
    }

    /// The last step's reward and ending, one for each slot.
    #[must_use]
    pub fn outcomes(&self) -> &[StepOutcome] {
        &self.slots.outcomes
    }

    /// The task that each slot is now working on.
    #[must_use]
    pub fn tasks(&self) -> &[TaskSeed] {
        &self.slots.tasks
    }

    /// The key of a slot's state, as [`milepost_core::Environment::state_key`] gives it.
    #[must_use]
    pub fn state_key(&self, slot: usize) -> u64 {
        self.slots.state_key(slot)
    }

    /// The mission of a slot's episode.
    #[must_use]
    pub fn mission(&self, slot: usize) -> &str {
        &self.slots.levels[slot].mission
    }

    /// A slot as an environment of its own, for whatever works on one: pictures, oracles, branching.
    #[must_use]
    pub fn world(&self, slot: usize) -> Gridworld {
        let Slots { levels, rngs, endings, .. } = &self.slots;
        let (level, state) = (Arc::clone(&levels[slot]), self.slots.state(slot));
        Gridworld {
            settings: level.settings,
            rng: rngs[slot].clone(),
            episode: Some(Episode { level, state, ending: endings[slot] }),
            ..self.pool.prototype().clone()
        }
    }
}

impl VectorEnvironment for GridworldBatch {
    type Action = u32;
    type Observation<'a> = GridView<'a>;

    fn len(&self) -> usize {
        Self::len(self)
    }

    fn step_all(
        &mut self,
        actions: &[u32],
        next_task: &mut dyn FnMut(usize) -> TaskSeed,
    ) -> Result<(), EnvError> {
        self.step(actions, next_task)
    }

    fn observation(&self, slot: usize) -> GridView<'_> {
        Self::observation(self, slot)
    }

    fn final_observation(&self, slot: usize) -> Option<GridView<'_>> {
        Self::final_observation(self, slot)
    }

    fn outcomes(&self) -> &[StepOutcome] {
        Self::outcomes(self)
    }

    fn tasks(&self) -> &[TaskSeed] {
        Self::tasks(self)
    }

    fn state_key(&self, slot: usize) -> u64 {
        Self::state_key(self, slot)
    }
}
