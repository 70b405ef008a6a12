//! From cells to identities.

use super::program::Program;
use super::{Rule, Task};
use crate::level::{Level, LevelError};
use crate::object::Kind;
use crate::position::Position;

/// Looks up what a task refers to in a level that starts with an object in hand, or not.
pub(super) struct Resolver<'a> {
    pub(super) level: &'a Level,
    pub(super) held_from: Option<Position>,
}

impl Resolver<'_> {
    fn cell(&self, position: Position) -> Result<usize, LevelError> {
        self.level
            .index(i32::from(position.x), i32::from(position.y))
            .ok_or(LevelError::Task { what: "a cell of the map", position })
    }

    fn coordinates(&self, position: Position) -> Result<(i32, i32), LevelError> {
        self.cell(position).map(|index| self.level.coordinates(index))
    }

    /// The identity of the object that is, or was, at `position`.
    pub(super) fn id(&self, position: Position) -> Result<Option<u8>, LevelError> {
        if self.held_from == Some(position) {
            return Ok(Some(self.level.initial.carrying.id()));
        }
        let cell = self.level.initial.cells[self.cell(position)?];
        if cell.is_empty() {
            return Err(LevelError::Task { what: "an object", position });
        }
        Ok(Some(cell.id()).filter(|id| *id != 0))
    }

    fn thing(&self, position: Position, kind: Option<Kind>, what: &'static str) -> Result<u8, LevelError> {
        let missing = LevelError::Task { what, position };
        match kind {
            Some(kind) if !self.level.at(position).is_some_and(|cell| cell.is(kind)) => Err(missing),
            _ => self.id(position)?.ok_or(missing),
        }
    }

    fn door(&self, position: Position) -> Result<usize, LevelError> {
        self.thing(position, Some(Kind::Door), "a door")?;
        self.cell(position)
    }
}

impl Rule {
    pub(crate) fn compile(
        task: &Task,
        level: &Level,
        held_from: Option<Position>,
    ) -> Result<Self, LevelError> {
        let resolver = Resolver { level, held_from };
        Ok(match task {
            Task::Goal | Task::Free => Self::Nothing,
            Task::Fetch { kind, color } => Self::Fetch { kind: *kind, color: *color },
            Task::GoTo { target } => Self::GoTo { target: resolver.coordinates(*target)? },
            Task::PutNear { kind, color, target } => {
                Self::PutNear { kind: *kind, color: *color, target: resolver.coordinates(*target)? }
            }
            Task::Remember { success, failure } => Self::Remember {
                success: resolver.coordinates(*success)?,
                failure: resolver.coordinates(*failure)?,
            },
            Task::OpenInOrder { first, second } => {
                Self::OpenInOrder { first: resolver.door(*first)?, second: resolver.door(*second)? }
            }
            Task::OpenDoor { door } => Self::OpenDoor { door: resolver.door(*door)? },
            Task::PickUp { object } => {
                Self::PickUp { object: resolver.thing(*object, None, "an object to pick up")? }
            }
            Task::AvoidObstacles { obstacles } => {
                let ball = |position: &Position| resolver.thing(*position, Some(Kind::Ball), "a ball");
                Self::AvoidObstacles {
                    balls: obstacles.iter().map(ball).collect::<Result<_, _>>()?,
                    cells: obstacles.iter().map(|p| resolver.cell(*p)).collect::<Result<_, _>>()?,
                }
            }
            Task::Instruction(instruction) => Self::Instruction(Program::compile(instruction, &resolver)?),
        })
    }
}
