use crate::cell::Cell;
use crate::gridworld::Episode;
use crate::wrappers::{Unwrapped, View};

const AGENT: i16 = 10;
const NOTHING: i16 = -1;

/// The map as coordinates and types.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SymbolicObservation {
    /// `width * height` cells `[x, y, type]`, column by column: cell `(x, y)` is at `x * height + y`. The type is −1 for an
    /// empty cell and 10 for the agent's.
    pub cells: Vec<[i16; 3]>,
    /// Where the agent looks: 0 right, 1 down, 2 left, 3 up.
    pub direction: u8,
}

/// The whole map as [`SymbolicObservation`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Symbolic;

impl<E: Unwrapped> View<E> for Symbolic {
    type Observation = SymbolicObservation;

    fn new_observation(&self, inner: &E) -> SymbolicObservation {
        let (width, height) = inner.unwrapped().extent();
        let cells = vec![[0; 3]; usize::from(width) * usize::from(height)];
        SymbolicObservation { cells, direction: 0 }
    }

    fn observe(&self, inner: &E, into: &mut SymbolicObservation) {
        into.cells.clear();
        into.direction = 0;
        let Some(Episode { level, state, .. }) = &inner.unwrapped().episode else { return };
        let kind = |cell: &Cell| if cell.is_empty() { NOTHING } else { i16::from(cell.code()[0]) };
        into.cells.extend(state.cells.iter().enumerate().map(|(index, cell)| {
            let (x, y) = level.coordinates(index);
            [x as i16, y as i16, kind(cell)]
        }));
        if let Some(index) = level.index(state.x, state.y) {
            into.cells[index][2] = AGENT;
        }
        into.direction = state.direction as u8;
    }
}
