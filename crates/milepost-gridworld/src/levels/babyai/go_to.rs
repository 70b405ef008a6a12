use super::mission::{MIDDLE, Needs, described};
use super::rooms::{Looks, Spread};
use crate::language::{Description, Sentence};
use crate::levels::GenerateError;
use crate::levels::objects::Placed;
use crate::levels::room_grid::{RoomGrid, RoomIndex};
use crate::object::{Color, Kind, Object};

/// Missions to go to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GoTo {
    /// A red ball among distractors in one room.
    RedBall {
        /// Other things.
        distractors: u8,
        /// Whether those are all grey.
        grey: bool,
    },
    /// The only red or blue ball among distractors in one room.
    RedOrBlueBall {
        /// Other things.
        distractors: u8,
    },
    /// The only thing in a room.
    Object,
    /// One of the things in a room.
    Local {
        /// Things.
        objects: u8,
    },
    /// One of the things in a maze of rooms.
    Maze {
        /// Things.
        objects: u8,
        /// Whether the doors are open.
        doors_open: bool,
    },
    /// Something behind a locked door; nothing is said about the key.
    ImplicitUnlock,
    /// One of the four doors of the middle room.
    Door,
    /// One of the things in the middle room, or of its doors.
    ObjectOrDoor,
}

const ONLY: RoomIndex = (0, 0);
const OBJECTS_BESIDE_DOORS: u8 = 8;

impl GoTo {
    pub(super) const fn needs(self) -> Needs {
        match self {
            Self::RedBall { distractors, .. } | Self::RedOrBlueBall { distractors } => {
                Needs::one_room(distractors.saturating_add(1))
            }
            Self::Object => Needs::one_room(1),
            Self::Local { objects } | Self::Maze { objects, .. } => Needs::one_room(objects),
            Self::ImplicitUnlock => Needs::two_rooms(2),
            Self::Door => Needs::middle_room(0),
            Self::ObjectOrDoor => Needs::middle_room(OBJECTS_BESIDE_DOORS),
        }
    }

    pub(super) fn draw(self, rooms: &mut RoomGrid<'_>) -> Result<Sentence, GenerateError> {
        let target = match self {
            Self::RedBall { distractors, grey } => red_ball(rooms, distractors, grey)?,
            Self::RedOrBlueBall { distractors } => red_or_blue_ball(rooms, distractors)?,
            Self::Object => {
                rooms.place_agent_anywhere()?;
                let things = rooms.add_distractors(Spread::Anywhere, 1, Looks::Unique)?;
                described(&things[0])
            }
            Self::Local { objects } => {
                rooms.place_agent_anywhere()?;
                let things = rooms.add_distractors(Spread::Anywhere, objects, Looks::Any)?;
                rooms.check_reach()?;
                one_of(rooms, &things)
            }
            Self::Maze { objects, doors_open } => {
                rooms.place_agent_anywhere()?;
                rooms.connect_all(&Color::ALPHABETICAL)?;
                let things = rooms.add_distractors(Spread::Anywhere, objects, Looks::Any)?;
                rooms.check_reach()?;
                let target = one_of(rooms, &things);
                if doors_open {
                    rooms.open_all_doors();
                }
                target
            }
            Self::ImplicitUnlock => behind_locked_door(rooms)?,
            Self::Door => {
                let doors = four_doors(rooms)?;
                rooms.place_agent(MIDDLE)?;
                one_of(rooms, &doors)
            }
            Self::ObjectOrDoor => {
                rooms.place_agent(MIDDLE)?;
                let mut things =
                    rooms.add_distractors(Spread::In(MIDDLE), OBJECTS_BESIDE_DOORS, Looks::Any)?;
                things.extend(four_doors(rooms)?);
                rooms.check_reach()?;
                one_of(rooms, &things)
            }
        };
        Ok(Sentence::GoTo(target))
    }
}

/// A description of one of the things, by kind and colour.
pub(super) fn one_of(rooms: &mut RoomGrid<'_>, things: &[Placed]) -> Description {
    described(&things[rooms.canvas.rng.below(things.len() as u64) as usize])
}

/// Doors, each locked or not, in the four walls of the middle room.
fn four_doors(rooms: &mut RoomGrid<'_>) -> Result<Vec<Placed>, GenerateError> {
    (0..4).map(|_| rooms.add_door_somewhere(MIDDLE, None, None)).collect()
}

fn red_ball(rooms: &mut RoomGrid<'_>, distractors: u8, grey: bool) -> Result<Description, GenerateError> {
    rooms.place_agent_anywhere()?;
    rooms.add_object(ONLY, Kind::Ball, Some(Color::Red))?;
    let others = rooms.add_distractors(Spread::Anywhere, distractors, Looks::Any)?;
    if grey {
        for other in &others {
            rooms.repaint(other, Object::new(other.kind, Color::Grey));
        }
    }
    rooms.check_reach()?;
    Ok(Description::of(Kind::Ball, Color::Red))
}

fn red_or_blue_ball(rooms: &mut RoomGrid<'_>, distractors: u8) -> Result<Description, GenerateError> {
    const COLORS: [Color; 2] = [Color::Red, Color::Blue];
    rooms.place_agent_anywhere()?;
    let others = rooms.add_distractors(Spread::Anywhere, distractors, Looks::Any)?;
    if others.iter().any(|other| other.kind == Kind::Ball && COLORS.contains(&other.color)) {
        return Err(GenerateError::Rejected { reason: "a distractor is a red or blue ball" });
    }
    let color = rooms.canvas.rng.element(&COLORS);
    rooms.add_object(ONLY, Kind::Ball, Some(color))?;
    rooms.check_reach()?;
    Ok(Description::of(Kind::Ball, color))
}

fn behind_locked_door(rooms: &mut RoomGrid<'_>) -> Result<Description, GenerateError> {
    let locked = locked_room_with_key(rooms)?;
    rooms.connect_all(&Color::ALPHABETICAL)?;
    distract_every_room(rooms, 2)?;
    rooms.place_agent_outside(Some(locked.room))?;
    rooms.check_reach()?;
    let things = rooms.add_distractors(Spread::In(locked.room), 1, Looks::Any)?;
    Ok(described(&things[0]))
}

/// A room with a locked door.
pub(super) struct LockedRoom {
    pub(super) room: RoomIndex,
    pub(super) door: Placed,
}

/// Locks a random room and puts its key into another, or even into the locked one: BabyAI means to exclude
/// that, but compares numbers by identity, which never holds.
pub(super) fn locked_room_with_key(rooms: &mut RoomGrid<'_>) -> Result<LockedRoom, GenerateError> {
    let room = rooms.random_room();
    let door = rooms.add_door_somewhere(room, None, Some(true))?;
    let key_room = rooms.random_room();
    rooms.add_object(key_room, Kind::Key, Some(door.color))?;
    Ok(LockedRoom { room, door })
}

/// `count` distractors for each room, the locked one included, for the same reason.
pub(super) fn distract_every_room(rooms: &mut RoomGrid<'_>, count: u8) -> Result<(), GenerateError> {
    for column in 0..rooms.columns {
        for row in 0..rooms.rows {
            rooms.add_distractors(Spread::In((column, row)), count, Looks::Any)?;
        }
    }
    Ok(())
}
