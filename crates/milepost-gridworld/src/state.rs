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

    /// Copies into the cells that are there, without allocating.
    fn clone_from(&mut self, source: &Self) {
        let mut cells = std::mem::take(&mut self.cells);
        cells.clone_from(&source.cells);
        *self = Self { cells, memory: source.memory.clone(), ..*source };
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

    fn move_to(&mut self, x: i32, y: i32, direction: Direction) {
        self.key ^= key::pose(self.x, self.y, self.direction) ^ key::pose(x, y, direction);
        (self.x, self.y, self.direction) = (x, y, direction);
    }

    /// One action on the map. The task's rule is applied by the caller.
    pub(crate) fn act(&mut self, level: &Level, action: Action) -> Verdict {
        match action {
            Action::Left => self.move_to(self.x, self.y, self.direction.counter_clockwise()),
            Action::Right => self.move_to(self.x, self.y, self.direction.clockwise()),
            Action::Forward => return self.forward(level),
            Action::Pickup => self.pickup(level),
            Action::Drop => self.drop(level),
            Action::Toggle => self.toggle(level),
            Action::Done => {}
        }
        Verdict::Continue
    }

    fn forward(&mut self, level: &Level) -> Verdict {
        let target = self.front_cell(level);
        if target.can_enter() {
            let (dx, dy) = self.direction.vector();
            self.move_to(self.x + dx, self.y + dy, self.direction);
        }
        if target.is(Kind::Goal) {
            Verdict::Success
        } else if target.is(Kind::Lava) {
            Verdict::Failure(0.0)
        } else {
            Verdict::Continue
        }
    }

    fn pickup(&mut self, level: &Level) {
        if let Some(index) = self.front(level) {
            let target = self.cells[index];
            if target.can_carry() && self.carrying.is_empty() {
                self.set(level, index, Cell::EMPTY);
                self.carry(level, target);
            }
        }
    }

    fn drop(&mut self, level: &Level) {
        let free = self.front(level).filter(|index| self.cells[*index].is_empty());
        if let Some(index) = free.filter(|_| !self.carrying.is_empty()) {
            self.set(level, index, self.carrying);
            self.carry(level, Cell::EMPTY);
        }
    }

    fn toggle(&mut self, level: &Level) {
        if let Some(index) = self.front(level) {
            let target = self.cells[index];
            if target.is(Kind::Door) {
                self.set(level, index, target.toggled_door(self.carrying));
            } else if target.is(Kind::Box) {
                self.set(level, index, level.content(target));
            }
        }
    }
}
