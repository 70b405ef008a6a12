//! Proof that a deed cannot be done: not even if nothing were in the way but walls and locked doors.

use crate::cell::Cell;
use crate::level::Level;
use crate::object::Kind;
use crate::position::Direction;
use crate::rules::{Aim, Deed, Held};
use crate::state::{Action, State};

/// Whether the deed is out of reach of an agent that could walk through everything but walls, lava, and
/// locked doors of which it has come across no key. Such an agent can do all that the real one can.
pub(super) fn is_hopeless(level: &Level, state: &State, aim: &Aim) -> bool {
    let reached = reach(level, state);
    let cells = match &aim.deed {
        Deed::Face(cells) | Deed::Use(cells, _) | Deed::Take(cells) | Deed::Signal(cells) => cells,
        Deed::Place { held: Held::Moved, drops, .. } => drops,
        Deed::Place { sources, .. } => sources,
    };
    // A locked door must have been opened for the agent to come into it.
    if let Deed::Use(doors, Action::Toggle) = &aim.deed {
        return !doors.iter().any(|door| reached[*door]);
    }
    let in_hand = !state.carrying.is_empty() && matches!(aim.deed, Deed::Take(_) | Deed::Place { .. });
    let near = |cell: &usize| reached[*cell] || neighbors(level, *cell).any(|near| reached[near]);
    !in_hand && !cells.iter().any(near)
}

/// The cells that the agent could come to, by index.
pub(super) fn reach(level: &Level, state: &State) -> Vec<bool> {
    let mut reached = vec![false; level.cell_count()];
    let mut keys = keys_in(level, state.carrying);
    let mut shut: Vec<usize> = Vec::new();
    let mut stack: Vec<usize> = level.index(state.x, state.y).into_iter().collect();
    while let Some(cell) = stack.pop() {
        let content = state.cells[cell];
        if reached[cell] || content.is(Kind::Wall) || content.is(Kind::Lava) {
            continue;
        }
        if content.is_locked_door() && !keys.iter().any(|key| content.toggled_door(*key).is_open_door()) {
            shut.push(cell);
            continue;
        }
        reached[cell] = true;
        let found = keys_in(level, content);
        if !found.is_empty() {
            keys.extend(found);
            stack.append(&mut shut);
        }
        stack.extend(neighbors(level, cell));
    }
    reached
}

/// The key that a cell holds, bare or in a box.
fn keys_in(level: &Level, mut cell: Cell) -> Vec<Cell> {
    while !cell.is_empty() && !cell.is(Kind::Key) {
        cell = level.content(cell);
    }
    if cell.is_empty() { Vec::new() } else { vec![cell] }
}

fn neighbors(level: &Level, cell: usize) -> impl Iterator<Item = usize> {
    let (x, y) = level.coordinates(cell);
    Direction::ALL.into_iter().filter_map(move |direction| {
        let (dx, dy) = direction.vector();
        level.index(x + dx, y + dy)
    })
}
