//! Following a BabyAI instruction, with the original's timing.
//!
//! Sets of objects are fixed at the start. Their *positions* are refreshed only when the action is a drop,
//! successful or not, so an object that was picked up is still "gone to" at its old cell.

use super::Memory;
use super::program::{Node, NodeKind, Program, Set};
use crate::cell::Cell;
use crate::key;
use crate::level::Level;
use crate::object::Kind;
use crate::position::Position;
use crate::state::{Action, State, Verdict};

/// What one node remembers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct NodeMemory {
    /// The identity of what was in hand when this node was last asked; 0 if nothing.
    held: u8,
    /// Which of the parts have succeeded.
    done: [bool; 2],
}

/// What following an instruction has come to.
#[derive(Debug)]
pub(crate) struct Progress {
    nodes: Vec<NodeMemory>,
    /// By identity, where the object was at the last refresh.
    tracked: Vec<Option<usize>>,
    /// By identity, where it is or, if it was in a box that is gone, was; `None` in the hand.
    current: Vec<Option<usize>>,
}

impl Clone for Progress {
    fn clone(&self) -> Self {
        let Self { nodes, tracked, current } = self;
        Self { nodes: nodes.clone(), tracked: tracked.clone(), current: current.clone() }
    }

    /// Copies into the memory that is there.
    fn clone_from(&mut self, source: &Self) {
        self.nodes.clone_from(&source.nodes);
        self.tracked.clone_from(&source.tracked);
        self.current.clone_from(&source.current);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Continue,
    Success,
    Failure,
}

impl Program {
    /// Refreshes what is tracked and asks the instruction about the step just taken.
    pub(super) fn judge(
        &self,
        level: &Level,
        state: &mut State,
        held_before: Cell,
        action: Action,
    ) -> Option<Verdict> {
        let Memory::Instruction(mut progress) = std::mem::take(&mut state.memory) else { return None };
        progress.follow(level, state, held_before, action);
        if action == Action::Drop {
            progress.refresh(state);
        }
        let asked = Asked { level, state, action };
        let status = self.root.verify(&asked, &mut progress);
        state.memory = Memory::Instruction(progress);
        match status {
            Status::Continue => None,
            Status::Success => Some(Verdict::Success),
            Status::Failure => Some(Verdict::Failure(0.0)),
        }
    }
}

/// The step that the nodes are asked about.
struct Asked<'a> {
    level: &'a Level,
    state: &'a State,
    action: Action,
}

impl Progress {
    pub(super) fn new(level: &Level, held_from: Option<Position>, nodes: usize) -> Self {
        let mut current = vec![None; level.id_count()];
        for (index, cell) in level.initial.cells.iter().enumerate() {
            current[usize::from(cell.id())] = Some(index);
        }
        if let Some(from) = held_from {
            let held = usize::from(level.initial.carrying.id());
            current[held] = level.index(i32::from(from.x), i32::from(from.y));
        }
        Self { nodes: vec![NodeMemory::default(); nodes], tracked: current.clone(), current }
    }

    /// Notes where an object went when it was picked up or dropped.
    fn follow(&mut self, level: &Level, state: &State, held_before: Cell, action: Action) {
        match (action, held_before.is_empty(), state.carrying.is_empty()) {
            (Action::Pickup, true, false) => self.current[usize::from(state.carrying.id())] = None,
            (Action::Drop, false, true) => self.current[usize::from(held_before.id())] = state.front(level),
            _ => {}
        }
    }

    /// Whether a part of a composed instruction has succeeded.
    pub(super) fn is_done(&self, node: usize, part: usize) -> bool {
        self.nodes[node].done[part]
    }

    fn refresh(&mut self, state: &State) {
        self.tracked.fill(None);
        for (index, cell) in state.cells.iter().enumerate() {
            self.tracked[usize::from(cell.id())] = Some(index);
        }
        self.tracked[0] = None;
    }

    /// A hash of everything remembered.
    pub(super) fn key(&self) -> u64 {
        let place = |place: &Option<usize>| place.map_or(0, |index| index as u64 + 1);
        let nodes = self
            .nodes
            .iter()
            .map(|node| u64::from(node.held) << 2 | u64::from(node.done[0]) << 1 | u64::from(node.done[1]));
        let tracked = self.tracked.iter().skip(1).map(place);
        let current = self.current.iter().skip(1).map(place);
        nodes.chain(tracked).chain(current).fold(0, key::fold)
    }
}

impl Set {
    fn contains(&self, id: u8) -> bool {
        id != 0 && self.ids.contains(&id)
    }

    /// The cells in which the objects were last seen.
    pub(super) fn places(&self, progress: &Progress) -> impl Iterator<Item = usize> {
        self.ids.iter().filter_map(|id| progress.tracked[usize::from(*id)]).chain(self.fixed.iter().copied())
    }

    /// Whether `place` shares an edge with a cell in which one of the objects was last seen.
    fn is_next_to(&self, level: &Level, progress: &Progress, place: Option<usize>) -> bool {
        let Some((x, y)) = place.map(|index| level.coordinates(index)) else { return false };
        self.places(progress).any(|other| {
            let (ox, oy) = level.coordinates(other);
            (x - ox).abs() + (y - oy).abs() == 1
        })
    }
}

impl Node {
    fn verify(&self, asked: &Asked<'_>, progress: &mut Progress) -> Status {
        let holding = asked.state.carrying.id();
        match &self.kind {
            NodeKind::GoTo(objects) => {
                let front = asked.state.front(asked.level);
                let facing = objects.places(progress).any(|place| Some(place) == front);
                if facing { Status::Success } else { Status::Continue }
            }
            NodeKind::Open { doors, strict } => {
                let front = asked.state.front_cell(asked.level);
                if asked.action != Action::Toggle {
                    Status::Continue
                } else if front.is_open_door() && doors.contains(front.id()) {
                    Status::Success
                } else {
                    failure_if(*strict && front.is(Kind::Door))
                }
            }
            NodeKind::PickUp { objects, strict } => {
                let held = std::mem::replace(&mut progress.nodes[self.number].held, holding);
                if asked.action != Action::Pickup {
                    Status::Continue
                } else if held == 0 && objects.contains(holding) {
                    Status::Success
                } else {
                    failure_if(*strict && holding != 0)
                }
            }
            NodeKind::PutNext { moved, beside, strict } => {
                let held = std::mem::replace(&mut progress.nodes[self.number].held, holding);
                if *strict && asked.action == Action::Pickup && holding != 0 {
                    Status::Failure
                } else if asked.action == Action::Drop
                    && moved.contains(held)
                    && beside.is_next_to(asked.level, progress, progress.current[usize::from(held)])
                {
                    Status::Success
                } else {
                    Status::Continue
                }
            }
            NodeKind::Sequence { first, second, strict } => {
                if !progress.nodes[self.number].done[0] {
                    match first.verify(asked, progress) {
                        Status::Failure => return Status::Failure,
                        Status::Continue => {
                            return failure_if(*strict && second.verify(asked, progress) == Status::Success);
                        }
                        Status::Success => progress.nodes[self.number].done[0] = true,
                    }
                }
                second.verify(asked, progress)
            }
            NodeKind::Both(a, b) => {
                for (part, node) in [a, b].into_iter().enumerate() {
                    if !progress.nodes[self.number].done[part] {
                        let done = node.verify(asked, progress) == Status::Success;
                        progress.nodes[self.number].done[part] = done;
                    }
                }
                let both = progress.nodes[self.number].done == [true; 2];
                if both { Status::Success } else { Status::Continue }
            }
        }
    }
}

const fn failure_if(failed: bool) -> Status {
    if failed { Status::Failure } else { Status::Continue }
}
