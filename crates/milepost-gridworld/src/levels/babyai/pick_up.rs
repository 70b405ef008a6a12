use super::go_to::one_of;
use super::mission::{MIDDLE, Needs, described, pick_up};
use super::rooms::{Looks, Spread};
use crate::language::{Description, Sentence};
use crate::levels::GenerateError;
use crate::levels::objects::Placed;
use crate::levels::room_grid::RoomGrid;
use crate::object::{Color, DoorState, Kind};
use crate::position::Direction;

/// Missions to pick something up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PickUp {
    /// One of the things in a maze.
    Any {
        /// Things.
        objects: u8,
    },
    /// One of the things in a maze in which something must be moved out of the way to reach everything.
    Blocked {
        /// Things.
        objects: u8,
    },
    /// One of five different things in a room, described by kind, colour or both.
    Distinguished {
        /// Whether picking up another is failure.
        strict: bool,
    },
    /// Something in the room above.
    Above,
    /// Something in any room of nine.
    Find,
    /// A ball in a locked room on the right, whose key is in a room on the left.
    BehindLockedDoor,
    /// A ball in an otherwise empty room.
    OnlyBall,
}

const DISTINGUISHED: u8 = 5;

impl PickUp {
    pub(super) const fn needs(self) -> Needs {
        match self {
            Self::Any { objects } => Needs::one_room(objects),
            Self::Blocked { objects } => Needs::two_rooms(objects),
            Self::Distinguished { .. } => Needs::one_room(DISTINGUISHED),
            Self::Above | Self::Find => Needs::middle_room(1),
            Self::BehindLockedDoor => Needs { columns: 3, ..Needs::one_room(1) },
            Self::OnlyBall => Needs::one_room(1),
        }
    }

    pub(super) fn draw(self, rooms: &mut RoomGrid<'_>) -> Result<Sentence, GenerateError> {
        match self {
            Self::Any { objects } => {
                let things = maze(rooms, objects)?;
                rooms.check_reach()?;
                Ok(pick_up(one_of(rooms, &things), false))
            }
            Self::Blocked { objects } => {
                let things = maze(rooms, objects)?;
                if rooms.all_within_reach() {
                    return Err(GenerateError::Rejected { reason: "nothing is in the way" });
                }
                Ok(pick_up(one_of(rooms, &things), false))
            }
            Self::Distinguished { strict } => distinguished(rooms, strict),
            Self::Above => {
                let object = rooms.add((1, 0), None)?;
                rooms.add_door(MIDDLE, Direction::Up, None, DoorState::Closed);
                rooms.place_agent(MIDDLE)?;
                rooms.connect_all(&Color::ALPHABETICAL)?;
                Ok(pick_up(described(&object), false))
            }
            Self::Find => {
                let room = rooms.random_room();
                let object = rooms.add(room, None)?;
                rooms.place_agent(MIDDLE)?;
                rooms.connect_all(&Color::ALPHABETICAL)?;
                Ok(pick_up(Description::any(object.kind), false))
            }
            Self::BehindLockedDoor => {
                let ball = crate::levels::key_corridor::furnish(rooms)?;
                Ok(pick_up(Description::any(ball.kind), false))
            }
            Self::OnlyBall => {
                let ball = rooms.add((0, 0), Some(Kind::Ball))?;
                rooms.place_agent_anywhere()?;
                Ok(pick_up(Description::any(ball.kind), false))
            }
        }
    }
}

/// Connected rooms with things in them.
fn maze(rooms: &mut RoomGrid<'_>, objects: u8) -> Result<Vec<Placed>, GenerateError> {
    rooms.place_agent_anywhere()?;
    rooms.connect_all(&Color::ALPHABETICAL)?;
    rooms.add_distractors(Spread::Anywhere, objects, Looks::Any)
}

fn distinguished(rooms: &mut RoomGrid<'_>, strict: bool) -> Result<Sentence, GenerateError> {
    let things = rooms.add_distractors(Spread::Anywhere, DISTINGUISHED, Looks::Unique)?;
    rooms.place_agent((0, 0))?;
    let Description { kind, color, .. } = one_of(rooms, &things);
    let (kind, color) = rooms.canvas.rng.element(&[(kind, None), (None, color), (kind, color)]);
    Ok(pick_up(Description::new(kind, color, None), strict))
}
