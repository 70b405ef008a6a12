//! Everything about an episode that changes, and the seven actions on it.

use crate::cell::Cell;
use crate::key;
use crate::level::Level;
use crate::object::Kind;
use crate::position::Direction;
use crate::rules::Memory;

/// The part of an episode that changes with each step.
#[derive(Debug)]
pub(crate) struct State {
    /// x-major, as in [`crate::Grid`].
    pub(crate) cells: Vec<Cell>,
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) direction: Direction,
    /// [`Cell::EMPTY`] if the hand is empty.
    pub(crate) carrying: Cell,
    pub(crate) steps: u32,
    /// Hash of cells, pose and hand, kept up to date by every change.
    pub(crate) key: u64,
    pub(crate) memory: Memory,
}

impl Clone for State {
    fn clone(&self) -> Self {
        Self { cells: self.cells.clone(), memory: self.memory.clone(), ..*self }
    }

    /// Copies into the memory that is there.
    fn clone_from(&mut self, source: &Self) {
        let (mut cells, mut memory) = (std::mem::take(&mut self.cells), std::mem::take(&mut self.memory));
        cells.clone_from(&source.cells);
        memory.clone_from(&source.memory);
        *self = Self { cells, memory, ..*source };
    }
}

/// What the map itself says about a step, before the task's rule is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    /// The episode goes on.
    Continue,
    /// The task was achieved: `1 - 0.9 * (steps / max_steps)`.
    Success,
    /// The episode is over for this reward.
    Failure(f64),
}

/// MiniGrid's actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Action {
    /// Turn counter-clockwise.
    Left = 0,
    /// Turn clockwise.
    Right = 1,
    /// Move one cell.
    Forward = 2,
    /// Take the object in front.
    Pickup = 3,
    /// Put the carried object into the empty cell in front.
    Drop = 4,
    /// Open or close the door, or open the box, in front.
    Toggle = 5,
    /// Say that the task is done.
    Done = 6,
}

impl Action {
    /// Every action, by its index.
    pub const ALL: [Self; 7] =
        [Self::Left, Self::Right, Self::Forward, Self::Pickup, Self::Drop, Self::Toggle, Self::Done];

    /// Quarter turns clockwise that the agent makes.
    pub(crate) const fn turns(self) -> u8 {
        const TURNS: [u8; 7] = [3, 1, 0, 0, 0, 0, 0];
        TURNS[self as usize]
    }
}

impl State {
    /// The cell in front of the agent; cells outside the map have no index.
    pub(crate) fn front(&self, level: &Level) -> Option<usize> {
        let (dx, dy) = self.direction.vector();
        level.index(self.x + dx, self.y + dy)
    }

    /// What is in front of the agent: a wall, where the map ends.
    pub(crate) fn front_cell(&self, level: &Level) -> Cell {
        self.front(level).map_or(Cell::WALL, |index| self.cells[index])
    }

    /// Changes a cell and the key with it.
    pub(crate) fn set(&mut self, level: &Level, index: usize, cell: Cell) {
        self.key ^= key::word(level, index, self.cells[index]) ^ key::word(level, index, cell);
        self.cells[index] = cell;
    }

    fn carry(&mut self, level: &Level, cell: Cell) {
        let hand = level.cell_count();
        self.key ^= key::word(level, hand, self.carrying) ^ key::word(level, hand, cell);
        self.carrying = cell;
    }

    /// One action on the map. The task's rule is applied by the caller.
    ///
    /// Turning and walking are selected without branches, since no predictor can guess a policy's next
    /// action; that an action changes the map is rare, and is a branch.
    pub(crate) fn act(&mut self, level: &Level, action: Action) -> Verdict {
        let target = self.front_cell(level);
        let forward = action == Action::Forward;
        let (dx, dy) = self.direction.vector();
        let walks = -i32::from(forward && target.can_enter());
        self.stand(self.x + (dx & walks), self.y + (dy & walks), self.direction.turned(action.turns()));
        if self.handles(action, target) {
            self.handle(level, action, target);
        }
        if forward && target.is(Kind::Goal) {
            Verdict::Success
        } else if forward && target.is(Kind::Lava) {
            Verdict::Failure(0.0)
        } else {
            Verdict::Continue
        }
    }

    /// Puts the agent somewhere.
    pub(crate) fn stand(&mut self, x: i32, y: i32, direction: Direction) {
        self.key ^= key::pose(self.x, self.y, self.direction) ^ key::pose(x, y, direction);
        (self.x, self.y, self.direction) = (x, y, direction);
    }

    /// Whether `action` changes what is in front of the agent, `target`.
    fn handles(&self, action: Action, target: Cell) -> bool {
        match action {
            Action::Pickup => self.carrying.is_empty() && target.can_carry(),
            Action::Drop => !self.carrying.is_empty() && target.is_empty(),
            Action::Toggle => target.is(Kind::Door) || target.is(Kind::Box),
            _ => false,
        }
    }

    fn handle(&mut self, level: &Level, action: Action, target: Cell) {
        let Some(index) = self.front(level) else { return };
        match action {
            Action::Pickup => {
                self.set(level, index, Cell::EMPTY);
                self.carry(level, target);
            }
            Action::Drop => {
                self.set(level, index, self.carrying);
                self.carry(level, Cell::EMPTY);
            }
            _ if target.is(Kind::Door) => self.set(level, index, target.toggled_door(self.carrying)),
            _ => self.set(level, index, level.content(target)),
        }
    }
}
