use super::mission::{Needs, open, pick_up};
use super::rooms::{Looks, Spread};
use crate::language::{Description, Location, Sentence};
use crate::levels::GenerateError;
use crate::levels::room_grid::{RoomGrid, RoomIndex, WALLS};
use crate::object::{Color, DoorState, Kind};
use crate::position::Position;
use crate::rules::Order;

/// How levels with composed instructions are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Composition {
    /// Things in the maze.
    pub distractors: u8,
    /// The probability that a room is locked (its key is elsewhere).
    pub locked_room_probability: f64,
    /// Whether descriptions may say where something is.
    pub locations: bool,
    /// Whether things may be in the way.
    pub unblocking: bool,
    /// Whether it may be necessary to unlock the room for what is described.
    pub implicit_unlock: bool,
    /// What may be asked for.
    pub verbs: &'static [Verb],
    /// How actions may be composed.
    pub forms: &'static [Form],
}

/// What an action does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Go to something.
    GoTo,
    /// Pick something up.
    PickUp,
    /// Open a door.
    Open,
    /// Put something next to something.
    PutNext,
}

/// How actions are composed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One action.
    Action,
    /// Two actions in any order.
    Both,
    /// Two of the other forms, one after the other.
    Sequence,
}

impl Verb {
    /// Every verb, in the order from which levels draw.
    pub const ALL: [Self; 4] = [Self::GoTo, Self::PickUp, Self::Open, Self::PutNext];
}

impl Form {
    /// Every form, in the order from which levels draw.
    pub const ALL: [Self; 3] = [Self::Action, Self::Both, Self::Sequence];
}

const KINDS: [Kind; 4] = [Kind::Box, Kind::Ball, Kind::Key, Kind::Door];
/// Descriptions drawn before the level is given up because none fits.
const DESCRIPTIONS: u32 = 101;

impl Composition {
    /// The hardest levels: a locked room half of the time, any composition of any actions.
    pub const BOSS: Self = Self {
        distractors: 18,
        locked_room_probability: 0.5,
        locations: true,
        unblocking: true,
        implicit_unlock: true,
        verbs: &Verb::ALL,
        forms: &Form::ALL,
    };

    pub(super) const fn needs(self) -> Needs {
        if self.locked_room_probability > 0.0 {
            Needs::two_rooms(self.distractors)
        } else {
            Needs::one_room(self.distractors)
        }
    }

    pub(super) fn draw(self, rooms: &mut RoomGrid<'_>) -> Result<Sentence, GenerateError> {
        let locks = rooms.canvas.rng.random() < self.locked_room_probability;
        let locked = if locks { Some(lock_room(rooms)?) } else { None };
        rooms.connect_all(&Color::ALPHABETICAL)?;
        rooms.add_distractors(Spread::Anywhere, self.distractors, Looks::Any)?;
        rooms.place_agent_outside(locked)?;
        if !self.unblocking {
            rooms.check_reach()?;
        }
        Composer { composition: self, locked, rooms }.sentence(self.forms)
    }
}

/// Locks a random room and puts its key into another.
fn lock_room(rooms: &mut RoomGrid<'_>) -> Result<RoomIndex, GenerateError> {
    let (locked, wall) = rooms.draw_until(
        |rooms| (rooms.random_room(), WALLS[rooms.canvas.rng.integers(0, 4) as usize]),
        |rooms, (room, wall)| rooms.door_place(*room, *wall).is_some(),
    )?;
    let (_, color) = rooms.add_door(locked, wall, None, DoorState::Locked);
    let key_room = rooms.draw_until(RoomGrid::random_room, |_, room| *room != locked)?;
    rooms.add_object(key_room, Kind::Key, Some(color))?;
    Ok(locked)
}

/// Draws instructions about what is in the rooms.
struct Composer<'a, 'b> {
    composition: Composition,
    locked: Option<RoomIndex>,
    rooms: &'a mut RoomGrid<'b>,
}

impl Composer<'_, '_> {
    fn sentence(&mut self, forms: &[Form]) -> Result<Sentence, GenerateError> {
        const PARTS: [Form; 2] = [Form::Action, Form::Both];
        match self.rooms.canvas.rng.element(forms) {
            Form::Action => self.action(),
            Form::Both => {
                let (a, b) = (self.sentence(&PARTS[..1])?, self.sentence(&PARTS[..1])?);
                Ok(Sentence::Both(Box::new(a), Box::new(b)))
            }
            Form::Sequence => {
                let (a, b) = (self.sentence(&PARTS)?, self.sentence(&PARTS)?);
                Ok(match self.rooms.canvas.rng.element(&[Order::Before, Order::After]) {
                    Order::Before => Sentence::sequence(a, b, Order::Before, false),
                    Order::After => Sentence::sequence(b, a, Order::After, false),
                })
            }
        }
    }

    fn action(&mut self) -> Result<Sentence, GenerateError> {
        const PORTABLE: &[Kind] = KINDS.split_at(3).0;
        Ok(match self.rooms.canvas.rng.element(self.composition.verbs) {
            Verb::GoTo => Sentence::GoTo(self.describe(&KINDS)?),
            Verb::PickUp => pick_up(self.describe(PORTABLE)?, false),
            Verb::Open => open(self.describe(&[Kind::Door])?, false),
            Verb::PutNext => Sentence::PutNext {
                moved: self.describe(PORTABLE)?,
                beside: self.describe(&KINDS)?,
                strict: false,
            },
        })
    }

    /// A description of something that is there, and can be reached as the composition demands.
    fn describe(&mut self, kinds: &[Kind]) -> Result<Description, GenerateError> {
        for _ in 0..DESCRIPTIONS {
            let rng = &mut *self.rooms.canvas.rng;
            let color = match rng.below(Color::ALPHABETICAL.len() as u64 + 1) {
                0 => None,
                index => Some(Color::ALPHABETICAL[index as usize - 1]),
            };
            let kind = rng.element(kinds);
            let located = self.composition.locations && rng.coin();
            let location = located.then(|| rng.element(&Location::ALL));
            let description = Description::new(Some(kind), color, location);
            let places = self.rooms.scene(|scene| scene.matching(description));
            if places.iter().any(|place| self.is_allowed(*place)) {
                return Ok(description);
            }
        }
        Err(GenerateError::Rejected { reason: "no description that was drawn fits anything" })
    }

    fn is_allowed(&self, place: Position) -> bool {
        let locked = self.locked.filter(|_| !self.composition.implicit_unlock);
        locked.is_none_or(|room| !self.rooms.area(room).contains((i32::from(place.x), i32::from(place.y))))
    }
}
