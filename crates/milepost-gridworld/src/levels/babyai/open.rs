use super::go_to::one_of;
use super::mission::{MIDDLE, Needs, described, open};
use super::rooms::{Looks, Spread};
use crate::language::{Description, Location, Sentence};
use crate::levels::GenerateError;
use crate::levels::objects::Placed;
use crate::levels::room_grid::{RoomGrid, WALLS};
use crate::object::{Color, DoorState, Kind};
use crate::position::Direction;
use crate::rules::Order;

/// Missions to open doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Open {
    /// Any door of a maze with distractors.
    Any {
        /// Things in the way.
        distractors: u8,
    },
    /// The only door, a red one.
    Red,
    /// One of the four doors of the middle room, which differ in colour.
    OneOfFour {
        /// How it is described; drawn, if `None`.
        select_by: Option<SelectBy>,
        /// Whether toggling another door is failure.
        strict: bool,
    },
    /// The left door of the middle room, then the right one.
    LeftThenRight {
        /// The left one's colour; drawn, if `None`.
        first: Option<Color>,
        /// The right one's colour; drawn, if `None`.
        second: Option<Color>,
        /// Whether toggling another door before the first is failure.
        strict: bool,
    },
    /// One or two doors of the middle room, in order.
    InOrder {
        /// How many there are, 2 to 4.
        doors: u8,
        /// Whether toggling another door is failure.
        strict: bool,
    },
}

/// How a door is told from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectBy {
    /// By its colour.
    Color,
    /// By where it is.
    Location,
}

impl Open {
    pub(super) const fn needs(self) -> Needs {
        match self {
            Self::Any { distractors } => Needs::two_rooms(distractors),
            Self::Red => Needs::two_rooms(0),
            Self::OneOfFour { .. } | Self::LeftThenRight { .. } | Self::InOrder { .. } => {
                Needs::middle_room(0)
            }
        }
    }

    pub(super) fn draw(self, rooms: &mut RoomGrid<'_>) -> Result<Sentence, GenerateError> {
        match self {
            Self::Any { distractors } => {
                rooms.place_agent_anywhere()?;
                rooms.connect_all(&Color::ALPHABETICAL)?;
                rooms.add_distractors(Spread::Anywhere, distractors, Looks::Any)?;
                rooms.check_reach()?;
                let doors = rooms.doors();
                Ok(open(one_of(rooms, &doors), false))
            }
            Self::Red => {
                rooms.add_door((0, 0), Direction::Right, Some(Color::Red), DoorState::Closed);
                rooms.place_agent((0, 0))?;
                Ok(open(Description::of(Kind::Door, Color::Red), false))
            }
            Self::OneOfFour { select_by, strict } => one_of_four(rooms, select_by, strict),
            Self::LeftThenRight { first, second, strict } => {
                let drawn = rooms.canvas.rng.subset(&Color::ALPHABETICAL, 2);
                let doors = [
                    (Direction::Left, first.unwrap_or(drawn[0])),
                    (Direction::Right, second.unwrap_or(drawn[1])),
                ];
                for (wall, color) in doors {
                    rooms.add_door(MIDDLE, wall, Some(color), DoorState::Closed);
                }
                rooms.place_agent(MIDDLE)?;
                let [first, second] = doors.map(|(_, color)| Description::of(Kind::Door, color));
                Ok(Sentence::sequence(open(first, strict), open(second, false), Order::Before, false))
            }
            Self::InOrder { doors, strict } => in_order(rooms, doors, strict),
        }
    }
}

fn one_of_four(
    rooms: &mut RoomGrid<'_>,
    select_by: Option<SelectBy>,
    strict: bool,
) -> Result<Sentence, GenerateError> {
    let colors = rooms.canvas.rng.subset(&Color::ALPHABETICAL, WALLS.len());
    for (wall, color) in WALLS.into_iter().zip(&colors) {
        rooms.add_door(MIDDLE, wall, Some(*color), DoorState::Closed);
    }
    let rng = &mut *rooms.canvas.rng;
    let target = match select_by.unwrap_or_else(|| rng.element(&[SelectBy::Color, SelectBy::Location])) {
        SelectBy::Color => Description::of(Kind::Door, colors[0]),
        SelectBy::Location => Description::new(Some(Kind::Door), None, Some(rng.element(&Location::ALL))),
    };
    rooms.place_agent(MIDDLE)?;
    Ok(open(target, strict))
}

fn in_order(rooms: &mut RoomGrid<'_>, doors: u8, strict: bool) -> Result<Sentence, GenerateError> {
    let colors = rooms.canvas.rng.subset(&Color::ALPHABETICAL, doors.into());
    let doors: Vec<Placed> = colors
        .into_iter()
        .map(|color| rooms.add_door_somewhere(MIDDLE, Some(color), Some(false)))
        .collect::<Result<_, _>>()?;
    rooms.place_agent(MIDDLE)?;
    let two: Vec<Sentence> =
        rooms.canvas.rng.subset(&doors, 2).iter().map(|door| open(described(door), strict)).collect();
    let [one, other] = [two[0].clone(), two[1].clone()];
    Ok(match rooms.canvas.rng.integers(0, 3) {
        0 => one,
        1 => Sentence::sequence(one, other, Order::Before, false),
        _ => Sentence::sequence(other, one, Order::After, false),
    })
}
