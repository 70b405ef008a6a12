//! How far a state is from success, exactly.
//!
//! All states of a level are enumerated forwards from its start; distances follow by breadth-first search
//! backwards from the steps that succeed. Levels are cached, so each is enumerated once.

mod enumerate;
mod probe;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use milepost_core::{Ending, Environment};

use crate::gridworld::Gridworld;
pub use probe::{ProgressProbe, StepsToGoProbe};

/// How far a state is from success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// The fewest steps after which the task is achieved; 0 if it just was.
    Steps(u32),
    /// The task cannot be achieved from here.
    Unreachable,
    /// Not known: the level has too many states or moves by itself, or there was no reset yet.
    Unknown,
}

/// Exact distances to success in levels that can be enumerated.
///
/// The step budget is ignored: a state may be nearer to success than the budget allows. Levels in which
/// something moves by itself are [`Distance::Unknown`].
#[derive(Debug, Clone)]
pub struct DistanceOracle {
    max_states: usize,
    capacity: usize,
    stored: usize,
    levels: HashMap<u64, Table, BuildHasherDefault<KeyHasher>>,
    /// Oldest first.
    order: VecDeque<u64>,
}

/// Distances by state key.
pub(crate) type Distances = HashMap<u64, u32, BuildHasherDefault<KeyHasher>>;

/// What is known of a level.
#[derive(Debug, Clone)]
struct Table {
    /// Only states from which success can be reached; empty if the level was too large.
    distances: Distances,
    largest: u32,
    complete: bool,
}

impl Default for DistanceOracle {
    /// Up to a million states a level, and four million altogether.
    fn default() -> Self {
        Self::new(1_000_000, 4_000_000)
    }
}

impl DistanceOracle {
    /// Gives up on a level with more than `max_states` states, and forgets the oldest levels while more than
    /// `capacity` distances are stored. A state costs about 100 bytes while its level is enumerated and 16
    /// afterwards.
    #[must_use]
    pub fn new(max_states: usize, capacity: usize) -> Self {
        Self { max_states, capacity, stored: 0, levels: HashMap::default(), order: VecDeque::new() }
    }

    /// How far the present state is from success.
    pub fn distance(&mut self, world: &Gridworld) -> Distance {
        self.read(world).0
    }

    /// The fewest steps to success; `None` if it cannot be reached or is not known, see [`Self::distance`].
    pub fn steps_to_go(&mut self, world: &Gridworld) -> Option<u32> {
        match self.distance(world) {
            Distance::Steps(steps) => Some(steps),
            Distance::Unreachable | Distance::Unknown => None,
        }
    }

    /// `1 - d / d_max`, where `d` is the distance and `d_max` the largest finite one in the level: 1 at
    /// success, 0 at the farthest states and where success is out of reach. `None` if it is not known.
    pub fn progress(&mut self, world: &Gridworld) -> Option<f64> {
        match self.read(world) {
            (Distance::Steps(steps), largest) => Some(1.0 - f64::from(steps) / f64::from(largest.max(1))),
            (Distance::Unreachable, _) => Some(0.0),
            (Distance::Unknown, _) => None,
        }
    }

    /// The distance, and the largest one in the level.
    fn read(&mut self, world: &Gridworld) -> (Distance, u32) {
        let Some(table) = self.table(world).filter(|table| table.complete) else {
            return (Distance::Unknown, 0);
        };
        let distance = match world.ending() {
            Some(ending) if ending.is_success() => Distance::Steps(0),
            Some(Ending::Terminated(_)) => Distance::Unreachable,
            _ => table
                .distances
                .get(&world.state_key())
                .copied()
                .map_or(Distance::Unreachable, Distance::Steps),
        };
        (distance, table.largest)
    }

    fn table(&mut self, world: &Gridworld) -> Option<&Table> {
        let level = world.level()?;
        let key = world.level_key();
        if !self.levels.contains_key(&key) {
            let distances = enumerate::distances(level, self.max_states);
            let complete = distances.is_some();
            let distances = distances.unwrap_or_default();
            let largest = distances.values().copied().max().unwrap_or(0);
            self.make_room(distances.len());
            self.stored += distances.len();
            self.order.push_back(key);
            self.levels.insert(key, Table { distances, largest, complete });
        }
        self.levels.get(&key)
    }

    fn make_room(&mut self, needed: usize) {
        while self.stored + needed > self.capacity {
            let Some(oldest) = self.order.pop_front() else { return };
            self.stored -= self.levels.remove(&oldest).map_or(0, |table| table.distances.len());
        }
    }
}

/// State keys are hashes already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = crate::key::fold(self.0, u64::from(*byte));
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
