use super::{Composition, GoTo, Open, PickUp, PutNext, Rooms, Unlock};
use crate::language::{Description, Sentence};
use crate::levels::objects::Placed;
use crate::levels::room_grid::RoomGrid;
use crate::levels::{GenerateError, SizeError, check_size};
use crate::object::Kind;

/// What the agent is told to do.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Mission {
    /// Go to something.
    GoTo(GoTo),
    /// Open doors.
    Open(Open),
    /// Pick something up.
    PickUp(PickUp),
    /// Put something next to something.
    PutNext(PutNext),
    /// Open a locked door, or get at what is behind it.
    Unlock(Unlock),
    /// Go to, open or pick up something in the middle room: any of five things and four doors.
    ActOnObjectOrDoor,
    /// An instruction composed at random.
    Composed(Composition),
}

/// What a mission came to.
pub(super) struct Drawn {
    pub(super) sentence: Sentence,
    /// The cell of an object that the agent starts with in hand.
    pub(super) held: Option<(i32, i32)>,
}

impl From<Sentence> for Drawn {
    fn from(sentence: Sentence) -> Self {
        Self { sentence, held: None }
    }
}

/// The least of columns and rows of rooms, and of the side of each, and things that one room must hold.
pub(super) struct Needs {
    pub(super) columns: u8,
    pub(super) rows: u8,
    pub(super) side: u8,
    pub(super) things: u8,
}

impl Needs {
    /// One room, with a number of things in it.
    pub(super) const fn one_room(things: u8) -> Self {
        Self { columns: 1, rows: 1, side: 3, things }
    }

    /// Two rooms side by side.
    pub(super) const fn two_rooms(things: u8) -> Self {
        Self { columns: 2, ..Self::one_room(things) }
    }

    /// A room with neighbours on all sides.
    pub(super) const fn middle_room(things: u8) -> Self {
        Self { columns: 3, rows: 3, ..Self::one_room(things) }
    }
}

/// Things in the middle room of [`Mission::ActOnObjectOrDoor`].
const THINGS: u8 = 5;
pub(super) const MIDDLE: (usize, usize) = (1, 1);

impl Mission {
    pub(super) fn draw(self, rooms: &mut RoomGrid<'_>) -> Result<Drawn, GenerateError> {
        match self {
            Self::GoTo(mission) => mission.draw(rooms).map(Drawn::from),
            Self::Open(mission) => mission.draw(rooms).map(Drawn::from),
            Self::PickUp(mission) => mission.draw(rooms).map(Drawn::from),
            Self::PutNext(mission) => mission.draw(rooms),
            Self::Unlock(mission) => mission.draw(rooms).map(Drawn::from),
            Self::ActOnObjectOrDoor => act_on_object_or_door(rooms).map(Drawn::from),
            Self::Composed(composition) => composition.draw(rooms).map(Drawn::from),
        }
    }

    /// Whether instructions about keys of locked doors are rejected, as they might lock the agent out.
    pub(super) const fn avoids_keys_of_locked_doors(self) -> bool {
        matches!(self, Self::Composed(Composition { unblocking: true, .. }))
    }

    const fn needs(self) -> Needs {
        match self {
            Self::GoTo(mission) => mission.needs(),
            Self::Open(mission) => mission.needs(),
            Self::PickUp(mission) => mission.needs(),
            Self::PutNext(mission) => mission.needs(),
            Self::Unlock(mission) => mission.needs(),
            Self::ActOnObjectOrDoor => Needs::middle_room(THINGS),
            Self::Composed(composition) => composition.needs(),
        }
    }

    /// Numbers with the least and largest that they may be.
    fn counts(self) -> Vec<(&'static str, usize, u8, u8)> {
        const THINGS: &str = "the number of things";
        /// Things that differ in kind or colour.
        const LOOKS: u8 = 18;
        match self {
            Self::GoTo(GoTo::Local { objects } | GoTo::Maze { objects, .. })
            | Self::PickUp(PickUp::Any { objects } | PickUp::Blocked { objects }) => {
                vec![(THINGS, objects.into(), 1, 254)]
            }
            Self::PutNext(PutNext::Local { objects }) => vec![(THINGS, objects.into(), 2, LOOKS)],
            Self::PutNext(PutNext::Across { objects, .. }) => vec![(THINGS, objects.into(), 1, LOOKS / 2)],
            Self::PutNext(PutNext::TwoAcross { objects }) => vec![(THINGS, objects.into(), 2, LOOKS / 2)],
            Self::Unlock(Unlock::Local { distractors } | Unlock::PickUp { distractors }) => {
                vec![(THINGS, distractors.into(), 0, LOOKS - 2)]
            }
            Self::Open(Open::InOrder { doors, .. }) => vec![("the number of doors", doors.into(), 2, 4)],
            Self::Composed(Composition { verbs, forms, .. }) => {
                vec![
                    ("the number of verbs", verbs.len(), 1, 254),
                    ("the number of forms", forms.len(), 1, 254),
                ]
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn check(self, rooms: Rooms) -> Result<(), SizeError> {
        let needs = self.needs();
        check_size("the side of a room", rooms.side, needs.side)?;
        check_size("the number of columns of rooms", rooms.columns, needs.columns)?;
        check_size("the number of rows of rooms", rooms.rows, needs.rows)?;
        let cells = (i64::from(rooms.side) - 2).pow(2) * i64::from(rooms.columns) * i64::from(rooms.rows);
        let in_rooms = ("the number of things in the rooms", i64::from(needs.things), 0, cells - 1);
        let counts = self.counts().into_iter();
        counts
            .map(|(what, found, least, most)| (what, found as i64, i64::from(least), i64::from(most)))
            .chain([in_rooms])
            .find(|(_, found, least, most)| !(least..=most).contains(&found))
            .map_or(Ok(()), |(what, found, least, most)| Err(SizeError { what, found, least, most }))
    }
}

/// "the `color` `kind`" of what was placed.
pub(super) fn described(placed: &Placed) -> Description {
    Description::of(placed.kind, placed.color)
}

pub(super) const fn open(objects: Description, strict: bool) -> Sentence {
    Sentence::Open { objects, strict }
}

pub(super) const fn pick_up(objects: Description, strict: bool) -> Sentence {
    Sentence::PickUp { objects, strict }
}

fn act_on_object_or_door(rooms: &mut RoomGrid<'_>) -> Result<Sentence, GenerateError> {
    use super::rooms::{Looks, Spread};
    let mut things = rooms.add_distractors(Spread::In(MIDDLE), THINGS, Looks::Unique)?;
    for _ in 0..4 {
        things.push(rooms.add_door_somewhere(MIDDLE, None, Some(false))?);
    }
    rooms.place_agent(MIDDLE)?;
    let target = &things[rooms.canvas.rng.below(things.len() as u64) as usize];
    let objects = described(target);
    Ok(match (rooms.canvas.rng.coin(), target.kind) {
        (true, _) => Sentence::GoTo(objects),
        (false, Kind::Door) => open(objects, false),
        (false, _) => pick_up(objects, false),
    })
}
