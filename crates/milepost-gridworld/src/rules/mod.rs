//! Tasks: what ends an episode and what it pays, on top of what the map does.
//!
//! A [`Task`] names objects by the cell they occupy at the start. It is compiled into a [`Rule`], which names
//! them by identity, since they may be moved.

mod aim;
mod compile;
mod instruction;
mod obstacles;
mod program;
mod simple;
mod verifier;

use std::hash::{Hash, Hasher};

pub(crate) use aim::{Aim, Deed, Held};
pub use instruction::{Instruction, ObjectSet, Order};
pub(crate) use obstacles::branches;
pub(crate) use program::Program;

use crate::cell::Cell;
use crate::key;
use crate::level::Level;
use crate::object::{Color, Kind};
use crate::position::Position;
use crate::rng::NumpyRng;
use crate::state::{Action, State, Verdict};
use verifier::Progress;

/// What the agent is to do. Stepping on a goal is success and stepping on lava failure, whatever the task.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Task {
    /// Reach a goal.
    Goal,
    /// Nothing in particular; only the step budget ends an episode.
    Free,
    /// Pick up an object of this kind and colour; picking up another is failure.
    Fetch {
        /// Kind of the target.
        kind: Kind,
        /// Its colour.
        color: Color,
    },
    /// Signal [`Action::Done`] in a cell that shares an edge with `target`; toggling, or signalling
    /// elsewhere, is failure.
    GoTo {
        /// The cell, even if its object has been moved.
        target: Position,
    },
    /// Drop the object of this kind and colour within one cell (diagonals included) of `target`. Any other
    /// drop, and picking up (or trying to, while holding) another object, is failure.
    PutNear {
        /// Kind of the object to move.
        kind: Kind,
        /// Its colour.
        color: Color,
        /// The cell, even if its object has been moved.
        target: Position,
    },
    /// Walk to one cell rather than another. Picking up acts as toggling.
    Remember {
        /// Success.
        success: Position,
        /// Failure.
        failure: Position,
    },
    /// Have the first door open before opening the second; otherwise opening both is failure.
    OpenInOrder {
        /// The red door.
        first: Position,
        /// The blue door.
        second: Position,
    },
    /// Toggle anything while this door is open: opening it, in effect.
    OpenDoor {
        /// The door.
        door: Position,
    },
    /// Pick up this very object.
    PickUp {
        /// Its cell.
        object: Position,
    },
    /// Reach a goal among balls that move at random; walking into anything else is failure and pays -1.
    AvoidObstacles {
        /// The balls, in the order in which they move.
        obstacles: Vec<Position>,
    },
    /// Follow a BabyAI instruction.
    Instruction(Instruction),
}

/// A compiled [`Task`]: cells are indices or coordinates, objects are identities.
#[derive(Debug)]
pub(crate) enum Rule {
    /// The map alone decides.
    Nothing,
    Fetch {
        kind: Kind,
        color: Color,
    },
    GoTo {
        target: (i32, i32),
    },
    PutNear {
        kind: Kind,
        color: Color,
        target: (i32, i32),
    },
    Remember {
        success: (i32, i32),
        failure: (i32, i32),
    },
    OpenInOrder {
        first: usize,
        second: usize,
    },
    OpenDoor {
        door: usize,
    },
    PickUp {
        object: u8,
    },
    AvoidObstacles {
        balls: Vec<u8>,
        cells: Vec<usize>,
    },
    Instruction(Program),
}

/// What a rule remembers between steps.
#[derive(Debug, Default)]
pub(crate) enum Memory {
    #[default]
    Nothing,
    /// Where each obstacle is.
    Obstacles(Vec<usize>),
    Instruction(Progress),
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Obstacles(cells) => Self::Obstacles(cells.clone()),
            Self::Instruction(progress) => Self::Instruction(progress.clone()),
        }
    }

    /// Copies into the memory that is there, if it is of the same rule.
    fn clone_from(&mut self, source: &Self) {
        match (self, source) {
            (Self::Obstacles(cells), Self::Obstacles(others)) => cells.clone_from(others),
            (Self::Instruction(progress), Self::Instruction(other)) => progress.clone_from(other),
            (memory, source) => *memory = source.clone(),
        }
    }
}

/// What a rule must know of the state before the action.
struct Before {
    carrying: Cell,
    /// Whether each of the two doors of [`Rule::OpenInOrder`] was open.
    doors: (bool, bool),
}

impl Task {
    /// A hash of the task itself.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = Folder(0);
        self.hash(&mut hasher);
        hasher.finish()
    }
}

impl Rule {
    /// What the rule remembers when an episode starts.
    pub(crate) fn memory(&self, level: &Level, held_from: Option<Position>) -> Memory {
        match self {
            Self::AvoidObstacles { cells, .. } => Memory::Obstacles(cells.clone()),
            Self::Instruction(program) => {
                Memory::Instruction(Progress::new(level, held_from, program.node_count()))
            }
            _ => Memory::Nothing,
        }
    }

    /// For each identity, what tells it from objects that look the same: non-zero if the rule refers to it.
    pub(crate) fn salts(&self, ids: usize) -> Vec<u64> {
        let mut salts = vec![0; ids];
        let mut mark = |id: u8| salts[usize::from(id)] = key::mix(u64::from(id));
        match self {
            Self::PickUp { object } => mark(*object),
            Self::AvoidObstacles { balls, .. } => balls.iter().for_each(|id| mark(*id)),
            Self::Instruction(program) => program.objects().for_each(mark),
            _ => {}
        }
        salts
    }

    fn before(&self, state: &State) -> Before {
        let doors = match self {
            Self::OpenInOrder { first, second } => {
                (state.cells[*first].is_open_door(), state.cells[*second].is_open_door())
            }
            _ => (false, false),
        };
        Before { carrying: state.carrying, doors }
    }

    fn judge(
        &self,
        level: &Level,
        state: &mut State,
        before: &Before,
        action: Action,
        map: Verdict,
    ) -> Verdict {
        let ruling = match self {
            Self::Nothing | Self::AvoidObstacles { .. } => None,
            Self::Fetch { kind, color } => simple::fetch(state, *kind, *color),
            Self::GoTo { target } => simple::go_to(state, action, *target),
            Self::PutNear { kind, color, target } => {
                simple::put_near(level, state, before.carrying, action, (*kind, *color), *target)
            }
            Self::Remember { success, failure } => simple::remember(state, *success, *failure),
            Self::OpenInOrder { first, second } => {
                simple::open_in_order(state, before.doors, (*first, *second))
            }
            Self::OpenDoor { door } => simple::open_door(state, action, *door),
            Self::PickUp { object } => simple::pick_up(state, action, *object),
            Self::Instruction(program) => program.judge(level, state, before.carrying, action),
        };
        ruling.unwrap_or(map)
    }
}

/// One step: the clock, the map, and the task's rule.
pub(crate) fn step(level: &Level, state: &mut State, rng: &mut NumpyRng, action: Action) -> Verdict {
    match (&level.rule, action) {
        (Rule::AvoidObstacles { .. }, _) => obstacles::step(level, state, rng, action),
        (Rule::Nothing, _) => {
            state.steps += 1;
            state.act(level, action)
        }
        (rule, _) => {
            let effective = match (rule, action) {
                (Rule::Remember { .. }, Action::Pickup) => Action::Toggle,
                _ => action,
            };
            let before = rule.before(state);
            state.steps += 1;
            let map = state.act(level, effective);
            rule.judge(level, state, &before, effective, map)
        }
    }
}

/// The state's key: of cells, pose and hand, and of what the rule remembers. (Where obstacles are is in the cells.)
pub(crate) fn state_key(state: &State) -> u64 {
    state.key ^ memory_key(state)
}

/// The part of a state's key that belongs to what the rule remembers.
pub(crate) fn memory_key(state: &State) -> u64 {
    match &state.memory {
        Memory::Nothing | Memory::Obstacles(_) => 0,
        Memory::Instruction(progress) => progress.key(),
    }
}

/// A hasher whose result does not depend on the platform's word size or on a seed.
struct Folder(u64);

impl Hasher for Folder {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = key::fold(self.0, value);
    }
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }
}
