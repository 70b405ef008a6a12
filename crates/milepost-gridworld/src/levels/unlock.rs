use super::canvas::position;
use super::room_grid::RoomGrid;
use super::{Generate, GenerateError};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, DoorState, Kind, Object};
use crate::position::Direction;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// Two rooms with a locked door between them, and its key in the agent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlock {
    /// Open the door.
    Open,
    /// Pick up the box behind the door.
    PickUp,
    /// Pick up the box behind the door, which a ball obstructs.
    BlockedPickUp,
}

const SIDE: u8 = 6;
const NEAR: (usize, usize) = (0, 0);
const FAR: (usize, usize) = (1, 0);

impl Generate for Unlock {
    fn settings(&self) -> Settings {
        let factor = if *self == Self::BlockedPickUp { 16 } else { 8 };
        Settings::new(factor * u32::from(SIDE).pow(2))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut rooms = RoomGrid::new(SIDE, 2, 1, rng);
        let target = match self {
            Self::Open => None,
            Self::PickUp | Self::BlockedPickUp => Some(rooms.add_object(FAR, Kind::Box, None)?),
        };
        let (door, color) = rooms.add_door(NEAR, Direction::Right, None, DoorState::Locked);
        if *self == Self::BlockedPickUp {
            let ball = Object::new(Kind::Ball, rooms.canvas.rng.element(&Color::ALPHABETICAL));
            rooms.canvas.grid.set(door.0 - 1, door.1, Some(ball));
        }
        rooms.add_object(NEAR, Kind::Key, Some(color))?;
        rooms.place_agent(NEAR)?;
        Ok(match target {
            None => rooms.finish(Task::OpenDoor { door: position(door) }, "open the door"),
            Some((place, color)) => {
                let mission = format!("pick up the {} box", color.name());
                rooms.finish(Task::PickUp { object: position(place) }, mission)
            }
        })
    }
}
