use crate::cell::Cell;
use crate::level::Level;
use crate::object::Kind;
use crate::rules::Aim;
use crate::state::State;

/// A state of a level, and what is to be done in it.
#[derive(Clone, Copy)]
pub(super) struct Situation<'a> {
    pub(super) level: &'a Level,
    pub(super) state: &'a State,
    pub(super) aim: &'a Aim,
}

impl Situation<'_> {
    pub(super) fn cell(self, index: usize) -> Cell {
        self.state.cells[index]
    }

    pub(super) fn hand_is_empty(self) -> bool {
        self.state.carrying.is_empty()
    }

    /// The cells whose content is as wanted.
    pub(super) fn cells_where(self, wanted: impl Fn(Cell) -> bool) -> Vec<usize> {
        (0..self.state.cells.len()).filter(|index| wanted(self.cell(*index))).collect()
    }

    /// Whether there is a locked door whose key is not in hand.
    pub(super) fn is_locked(self, index: usize) -> bool {
        let door = self.cell(index);
        door.is_locked_door() && !door.toggled_door(self.state.carrying).is_open_door()
    }

    /// Whether there is a locked door whose key is in hand.
    pub(super) fn can_unlock(self, index: usize) -> bool {
        self.cell(index).is_locked_door() && !self.is_locked(index)
    }

    /// Whether a toggle makes a cell free to walk through: a door that is not locked, or whose key is in hand,
    /// or a box that nobody needs.
    pub(super) fn can_open(self, index: usize) -> bool {
        let content = self.cell(index);
        if content.is(Kind::Door) {
            self.aim.opens_doors && !content.is_open_door() && !self.is_locked(index)
        } else {
            self.aim.opens_boxes && content.is(Kind::Box) && self.level.salt(content) == 0
        }
    }

    /// Whether something must be carried off, or a key be fetched, before a cell can be entered.
    pub(super) fn is_obstructed(self, index: usize) -> bool {
        (self.cell(index).can_carry() || self.is_locked(index)) && !self.can_open(index)
    }
}
