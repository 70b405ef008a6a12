use super::go_to::{distract_every_room, locked_room_with_key};
use super::mission::{MIDDLE, Needs, described, open, pick_up};
use super::rooms::{Looks, Spread};
use crate::language::{Description, Sentence};
use crate::levels::GenerateError;
use crate::levels::room_grid::{RoomGrid, RoomIndex};
use crate::object::{Color, DoorState, Kind, Object};
use crate::position::Direction;

/// Missions in which a door must be unlocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unlock {
    /// Open the locked door of a maze.
    Any,
    /// Open the door of a room that has its key in it.
    Local {
        /// Other things in the room.
        distractors: u8,
    },
    /// Open the door of a room that has its key in a box.
    KeyInBox,
    /// Pick up the box behind the door.
    PickUp {
        /// Other things in either room.
        distractors: u8,
    },
    /// Pick up the box behind the door, which a ball obstructs.
    BlockedPickUp,
    /// Pick up the ball behind a door whose key is behind another door.
    ToUnlock,
}

const NEAR: RoomIndex = (0, 0);
const FAR: RoomIndex = (1, 0);

impl Unlock {
    pub(super) const fn needs(self) -> Needs {
        match self {
            Self::Any => Needs::two_rooms(3),
            Self::Local { distractors } => Needs::middle_room(distractors.saturating_add(1)),
            Self::KeyInBox => Needs::middle_room(1),
            Self::PickUp { distractors } => Needs::two_rooms(distractors.saturating_add(2)),
            Self::BlockedPickUp => Needs { side: 4, ..Needs::two_rooms(3) },
            Self::ToUnlock => Needs { columns: 3, ..Needs::one_room(3) },
        }
    }

    pub(super) fn draw(self, rooms: &mut RoomGrid<'_>) -> Result<Sentence, GenerateError> {
        match self {
            Self::Any => locked_door_in_maze(rooms),
            Self::Local { distractors } => {
                let door = rooms.add_door_somewhere(MIDDLE, None, Some(true))?;
                rooms.add_object(MIDDLE, Kind::Key, Some(door.color))?;
                rooms.add_distractors(Spread::In(MIDDLE), distractors, Looks::Unique)?;
                rooms.place_agent(MIDDLE)?;
                Ok(open(Description::any(Kind::Door), false))
            }
            Self::KeyInBox => {
                let door = rooms.add_door_somewhere(MIDDLE, None, Some(true))?;
                let color = rooms.color(None);
                rooms.place(MIDDLE, Object::box_with(color, Object::new(Kind::Key, door.color)))?;
                rooms.place_agent(MIDDLE)?;
                Ok(open(Description::any(Kind::Door), false))
            }
            Self::PickUp { distractors } => {
                let target = rooms.add(FAR, Some(Kind::Box))?;
                let (_, color) = rooms.add_door(NEAR, Direction::Right, None, DoorState::Locked);
                rooms.add_object(NEAR, Kind::Key, Some(color))?;
                rooms.add_distractors(Spread::Anywhere, distractors, Looks::Unique)?;
                rooms.place_agent(NEAR)?;
                Ok(pick_up(described(&target), false))
            }
            Self::BlockedPickUp => {
                rooms.add(FAR, Some(Kind::Box))?;
                let ((x, y), color) = rooms.add_door(NEAR, Direction::Right, None, DoorState::Locked);
                let ball = Object::new(Kind::Ball, rooms.color(None));
                rooms.canvas.grid.set(x - 1, y, Some(ball));
                rooms.add_object(NEAR, Kind::Key, Some(color))?;
                rooms.place_agent(NEAR)?;
                Ok(pick_up(Description::any(Kind::Box), false))
            }
            Self::ToUnlock => door_after_door(rooms),
        }
    }
}

fn locked_door_in_maze(rooms: &mut RoomGrid<'_>) -> Result<Sentence, GenerateError> {
    let locked = locked_room_with_key(rooms)?;
    // Half of the time no other door has its colour.
    let others = Color::ALPHABETICAL.into_iter().filter(|color| *color != locked.door.color);
    let colors: Vec<Color> =
        if rooms.canvas.rng.coin() { others.collect() } else { Color::ALPHABETICAL.to_vec() };
    rooms.connect_all(&colors)?;
    distract_every_room(rooms, 3)?;
    rooms.place_agent_outside(Some(locked.room))?;
    rooms.check_reach()?;
    Ok(open(described(&locked.door), false))
}

/// Three rooms in a row: the agent and the key of the right door in the middle, the key of the left door on
/// the right, and a ball on the left.
fn door_after_door(rooms: &mut RoomGrid<'_>) -> Result<Sentence, GenerateError> {
    let colors = rooms.canvas.rng.subset(&Color::ALPHABETICAL, 2);
    for (door_room, key_room, color) in [(NEAR, (2, 0), colors[0]), (FAR, FAR, colors[1])] {
        rooms.add_door(door_room, Direction::Right, Some(color), DoorState::Locked);
        rooms.add_object(key_room, Kind::Key, Some(color))?;
    }
    let ball = rooms.add(NEAR, Some(Kind::Ball))?;
    rooms.place_agent(FAR)?;
    Ok(pick_up(Description::any(ball.kind), false))
}
