//! What is to be done next: a task taken apart into steps that a planner can take one at a time.

use super::Memory;
use super::Rule;
use super::program::{Node, NodeKind, Set};
use super::verifier::Progress;
use crate::cell::Cell;
use crate::level::Level;
use crate::object::Kind;
use crate::state::{Action, State};

/// The next thing to do, and where. Cells are those of the present state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aim {
    /// Which part of the task it is: once this changes, the part is done.
    pub(crate) part: usize,
    pub(crate) deed: Deed,
    /// Whether doors may be opened on the way.
    pub(crate) opens_doors: bool,
    /// Whether boxes that the task does not speak of may be opened, and so be gone.
    pub(crate) opens_boxes: bool,
    /// Cells that must not be entered.
    pub(crate) shunned: Vec<usize>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Face one of the cells.
    Face(Vec<usize>),
    /// Face one of the cells and act.
    Use(Vec<usize>, Action),
    /// Face one of the cells and pick up what is there, with an empty hand.
    Take(Vec<usize>),
    /// Drop something at one of the cells.
    Place {
        /// What is in hand.
        held: Held,
        /// If it is not, where it can be picked up.
        sources: Vec<usize>,
        /// Where it may be dropped, whatever is there now.
        drops: Vec<usize>,
    },
    /// Stand in one of the cells and say that the task is done.
    Signal(Vec<usize>),
}

/// What is in hand when something is to be put next to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// What is to be put there.
    Moved,
    /// What it is to be put next to.
    Beside,
    /// Nothing that matters.
    Other,
}

impl Rule {
    /// What to do next; `None` if nothing that could be done would be success.
    pub(crate) fn aim(&self, level: &Level, state: &State) -> Option<Aim> {
        let mut aim = Aim {
            part: 0,
            deed: Deed::Face(Vec::new()),
            opens_doors: true,
            // What these speak of is told by looks.
            opens_boxes: !matches!(self, Self::Fetch { .. } | Self::GoTo { .. } | Self::PutNear { .. }),
            shunned: Vec::new(),
        };
        let at = |(x, y): (i32, i32)| level.index(x, y);
        aim.deed = match self {
            Self::Nothing | Self::AvoidObstacles { .. } => {
                Deed::Use(cells_where(state, |cell| cell.is(Kind::Goal)), Action::Forward)
            }
            Self::Fetch { kind, color } => {
                Deed::Take(cells_where(state, |cell| cell.looks_like(*kind, *color)))
            }
            Self::GoTo { target } => {
                aim.opens_doors = false;
                Deed::Signal(edge_neighbors(level, at(*target)?).collect())
            }
            Self::PutNear { kind, color, target: (x, y) } => Deed::Place {
                held: if state.carrying.looks_like(*kind, *color) { Held::Moved } else { Held::Other },
                sources: cells_where(state, |cell| cell.looks_like(*kind, *color)),
                drops: (-1..=1).flat_map(|dx| (-1..=1).filter_map(move |dy| at((x + dx, y + dy)))).collect(),
            },
            Self::Remember { success, failure } => {
                aim.shunned = at(*failure).into_iter().collect();
                Deed::Use(at(*success).into_iter().collect(), Action::Forward)
            }
            Self::OpenInOrder { first, second } => {
                aim.part = usize::from(state.cells[*first].is_open_door());
                Deed::Use(vec![[*first, *second][aim.part]], Action::Toggle)
            }
            Self::OpenDoor { door } => Deed::Use(vec![*door], Action::Toggle),
            Self::PickUp { object } => Deed::Take(cells_where(state, |cell| cell.id() == *object)),
            Self::Instruction(program) => {
                let Memory::Instruction(progress) = &state.memory else { return None };
                let node = program.root.pending(progress);
                aim.part = node.number;
                aim.opens_doors = !matches!(node.kind, NodeKind::Open { strict: true, .. });
                node.deed(level, state, progress)
            }
        };
        (aim.deed != Deed::Use(Vec::new(), Action::Forward)).then_some(aim)
    }
}

impl Node {
    /// The first action that has not succeeded yet.
    fn pending(&self, progress: &Progress) -> &Self {
        match &self.kind {
            NodeKind::Sequence { first, second, .. } | NodeKind::Both(first, second) => {
                if progress.is_done(self.number, 0) { second } else { first }.pending(progress)
            }
            _ => self,
        }
    }

    fn deed(&self, level: &Level, state: &State, progress: &Progress) -> Deed {
        match &self.kind {
            NodeKind::GoTo(objects) => Deed::Face(objects.places(progress).collect()),
            NodeKind::Open { doors, .. } => Deed::Use(doors.cells(state), Action::Toggle),
            // "A grey object" may be a wall.
            NodeKind::PickUp { objects, .. } => Deed::Take(objects.portable(state)),
            NodeKind::PutNext { moved, beside, .. } => Deed::Place {
                held: match state.carrying.id() {
                    id if moved.ids.contains(&id) => Held::Moved,
                    id if beside.ids.contains(&id) => Held::Beside,
                    _ => Held::Other,
                },
                sources: moved.portable(state),
                drops: beside.cells(state).into_iter().flat_map(|cell| edge_neighbors(level, cell)).collect(),
            },
            NodeKind::Sequence { .. } | NodeKind::Both(..) => Deed::Face(Vec::new()),
        }
    }
}

impl Set {
    /// The cells in which the objects are.
    fn cells(&self, state: &State) -> Vec<usize> {
        let mut cells = cells_where(state, |cell| self.ids.contains(&cell.id()));
        cells.extend(&self.fixed);
        cells
    }

    /// Those of the cells whose object can be carried.
    fn portable(&self, state: &State) -> Vec<usize> {
        let mut cells = self.cells(state);
        cells.retain(|cell| state.cells[*cell].can_carry());
        cells
    }
}

fn cells_where(state: &State, wanted: impl Fn(Cell) -> bool) -> Vec<usize> {
    (0..state.cells.len()).filter(|index| wanted(state.cells[*index])).collect()
}

/// The cells that share an edge with a cell.
fn edge_neighbors(level: &Level, cell: usize) -> impl Iterator<Item = usize> {
    let (x, y) = level.coordinates(cell);
    [(1, 0), (0, 1), (-1, 0), (0, -1)].into_iter().filter_map(move |(dx, dy)| level.index(x + dx, y + dy))
}
