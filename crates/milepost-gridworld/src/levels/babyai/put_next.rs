use super::mission::{Drawn, Needs, described};
use super::rooms::{Looks, Spread};
use crate::language::Sentence;
use crate::levels::GenerateError;
use crate::levels::objects::Placed;
use crate::levels::room_grid::{RoomGrid, RoomIndex};
use crate::position::Direction;
use crate::rules::Order;

/// Missions to put something next to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutNext {
    /// Both in one room.
    Local {
        /// Things in the room.
        objects: u8,
    },
    /// One from the left half of a double room, one from the right.
    Across {
        /// Things in each half.
        objects: u8,
        /// Whether the agent starts with the thing in hand.
        carrying: bool,
    },
    /// One thing to the other half of a double room, then another back.
    TwoAcross {
        /// Things in each half.
        objects: u8,
    },
}

const LEFT: RoomIndex = (0, 0);
const RIGHT: RoomIndex = (1, 0);

impl PutNext {
    pub(super) const fn needs(self) -> Needs {
        match self {
            Self::Local { objects } => Needs::one_room(objects),
            // There are 18 looks, and all things must differ.
            Self::Across { objects, .. } | Self::TwoAcross { objects } => {
                Needs { side: 4, ..Needs::two_rooms(objects.saturating_mul(2)) }
            }
        }
    }

    pub(super) fn draw(self, rooms: &mut RoomGrid<'_>) -> Result<Drawn, GenerateError> {
        match self {
            Self::Local { objects } => {
                rooms.place_agent_anywhere()?;
                let things = rooms.add_distractors(Spread::Anywhere, objects, Looks::Unique)?;
                rooms.check_reach()?;
                let two = rooms.canvas.rng.subset(&things, 2);
                Ok(put_next(&two[0], &two[1]).into())
            }
            Self::Across { objects, carrying } => {
                let [left, right] = double_room(rooms, objects)?;
                let rng = &mut *rooms.canvas.rng;
                let (mut moved, mut beside) = (
                    &left[rng.below(left.len() as u64) as usize],
                    &right[rng.below(right.len() as u64) as usize],
                );
                if rng.coin() {
                    std::mem::swap(&mut moved, &mut beside);
                }
                Ok(Drawn { sentence: put_next(moved, beside), held: carrying.then_some(moved.place) })
            }
            Self::TwoAcross { objects } => {
                let [left, right] = double_room(rooms, objects)?;
                let left = rooms.canvas.rng.subset(&left, 2);
                let right = rooms.canvas.rng.subset(&right, 2);
                let (there, back) = (put_next(&left[0], &right[0]), put_next(&right[1], &left[1]));
                Ok(Sentence::sequence(there, back, Order::Before, false).into())
            }
        }
    }
}

fn put_next(moved: &Placed, beside: &Placed) -> Sentence {
    Sentence::PutNext { moved: described(moved), beside: described(beside), strict: false }
}

/// Two rooms without a wall between them, and the things in each. The agent is in the left one.
fn double_room(rooms: &mut RoomGrid<'_>, objects: u8) -> Result<[Vec<Placed>; 2], GenerateError> {
    rooms.place_agent(LEFT)?;
    let left = rooms.add_distractors(Spread::In(LEFT), objects, Looks::Unique)?;
    let right = rooms.add_distractors(Spread::In(RIGHT), objects, Looks::Unique)?;
    rooms.remove_wall(LEFT, Direction::Right);
    Ok([left, right])
}
