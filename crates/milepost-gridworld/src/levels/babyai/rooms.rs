//! What BabyAI's missions ask of rooms, on top of what MiniGrid's do.

use std::collections::BTreeSet;

use crate::language::Scene;
use crate::levels::GenerateError;
use crate::levels::canvas::position;
use crate::levels::objects::{PORTABLE, Placed};
use crate::levels::room_grid::{RoomGrid, RoomIndex, WALLS};
use crate::object::{Color, DoorState, Kind, Object};
use crate::position::Position;

/// Draws after which it is given up that one is good; BabyAI goes on forever.
const PATIENCE: u32 = 100_000;

/// Where a distractor goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spread {
    /// Into this room.
    In(RoomIndex),
    /// Each into a random room.
    Anywhere,
}

/// Whether distractors may look like other objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// Each differs from all others in kind or colour.
    Unique,
    /// Whatever is drawn.
    Any,
}

impl RoomGrid<'_> {
    /// Puts an object of a given or drawn kind, and a drawn colour, into a room.
    pub(super) fn add(&mut self, room: RoomIndex, kind: Option<Kind>) -> Result<Placed, GenerateError> {
        let kind = kind.unwrap_or_else(|| self.canvas.rng.element(&PORTABLE));
        let (place, color) = self.add_object(room, kind, None)?;
        Ok(Placed { kind, color, place })
    }

    /// Adds `count` things of random colours and kinds.
    pub(super) fn add_distractors(
        &mut self,
        spread: Spread,
        count: u8,
        looks: Looks,
    ) -> Result<Vec<Placed>, GenerateError> {
        (0..count).map(|_| self.add_distractor(spread, looks)).collect()
    }

    fn add_distractor(&mut self, spread: Spread, looks: Looks) -> Result<Placed, GenerateError> {
        let (color, kind) = self.draw_until(
            |rooms| (rooms.color(None), rooms.canvas.rng.element(&PORTABLE)),
            |rooms, (color, kind)| looks == Looks::Any || !rooms.objects.contains(&(*kind, *color)),
        )?;
        let room = match spread {
            Spread::In(room) => room,
            Spread::Anywhere => self.random_room(),
        };
        let place = self.place(room, Object::new(kind, color))?;
        Ok(Placed { kind, color, place })
    }

    /// Puts a door into a random wall of a room that has a room behind it and no door. What is `None` is drawn.
    pub(super) fn add_door_somewhere(
        &mut self,
        room: RoomIndex,
        color: Option<Color>,
        locked: Option<bool>,
    ) -> Result<Placed, GenerateError> {
        let wall = self.draw_until(
            |rooms| WALLS[rooms.canvas.rng.integers(0, 4) as usize],
            |rooms, wall| rooms.door_place(room, *wall).is_some() && !rooms.is_open(room, *wall),
        )?;
        let color = self.color(color);
        let locked = locked.unwrap_or_else(|| self.canvas.rng.coin());
        let state = if locked { DoorState::Locked } else { DoorState::Closed };
        let (place, color) = self.add_door(room, wall, Some(color), state);
        Ok(Placed { kind: Kind::Door, color, place })
    }

    /// Puts the agent into a random room.
    pub(super) fn place_agent_anywhere(&mut self) -> Result<(), GenerateError> {
        let room = self.random_room();
        self.place_agent(room)
    }

    /// Puts the agent into a random room other than `locked`.
    pub(super) fn place_agent_outside(&mut self, locked: Option<RoomIndex>) -> Result<(), GenerateError> {
        self.draw_until(Self::place_agent_anywhere, |rooms, placed| {
            placed.is_err() || Some(rooms.room_at(rooms.canvas.agent)) != locked
        })?
    }

    /// Draws until what was drawn is `good`.
    pub(super) fn draw_until<T>(
        &mut self,
        mut draw: impl FnMut(&mut Self) -> T,
        good: impl Fn(&Self, &T) -> bool,
    ) -> Result<T, GenerateError> {
        for _ in 0..PATIENCE {
            let drawn = draw(self);
            if good(self, &drawn) {
                return Ok(drawn);
            }
        }
        Err(GenerateError::Crowded { draws: PATIENCE })
    }

    /// Whether everything can be walked up to, through doors of any state, without moving anything.
    pub(super) fn all_within_reach(&self) -> bool {
        let grid = &self.canvas.grid;
        let mut reached = BTreeSet::new();
        let mut stack = vec![self.canvas.agent];
        while let Some((x, y)) = stack.pop() {
            let inside = self.canvas.whole().contains((x, y));
            if inside
                && reached.insert((x, y))
                && grid.get(x, y).is_none_or(|object| object.kind() == Kind::Door)
            {
                stack.extend([(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]);
            }
        }
        grid.iter().all(|(place, object)| {
            object.is_none_or(|object| object.kind() == Kind::Wall)
                || reached.contains(&(i32::from(place.x), i32::from(place.y)))
        })
    }

    /// Rejects the level unless everything is [within reach](Self::all_within_reach).
    pub(super) fn check_reach(&self) -> Result<(), GenerateError> {
        if self.all_within_reach() {
            Ok(())
        } else {
            Err(GenerateError::Rejected { reason: "something is out of reach" })
        }
    }

    /// The doors of all rooms, column by column; a door is listed once for each of its two rooms.
    pub(super) fn doors(&mut self) -> Vec<Placed> {
        let (columns, rows) = (self.columns, self.rows);
        let rooms = (0..columns).flat_map(|column| (0..rows).map(move |row| (column, row)));
        let walls = rooms.flat_map(|room| WALLS.map(|wall| (room, wall)));
        walls
            .filter_map(|(room, wall)| {
                let place = self.door_place(room, wall)?;
                let object = self.canvas.grid.get(place.0, place.1)?;
                (object.kind() == Kind::Door).then(|| Placed {
                    kind: Kind::Door,
                    color: object.color(),
                    place,
                })
            })
            .collect()
    }

    /// Opens every door.
    pub(super) fn open_all_doors(&mut self) {
        for door in self.doors() {
            self.repaint(&door, Object::door(door.color, DoorState::Open));
        }
    }

    /// Replaces what was placed.
    pub(super) fn repaint(&mut self, placed: &Placed, object: Object) {
        self.canvas.grid.set(placed.place.0, placed.place.1, Some(object));
    }

    /// Takes an object off the map, into the agent's hand.
    pub(super) fn take(&mut self, place: (i32, i32)) -> Option<(Object, Position)> {
        let object = self.canvas.grid.get(place.0, place.1).cloned();
        self.canvas.grid.set(place.0, place.1, None);
        object.map(|object| (object, position(place)))
    }

    /// Looks at the rooms from where the agent is.
    pub(super) fn scene<T>(&self, look: impl FnOnce(Scene<'_>) -> T) -> T {
        look(Scene {
            grid: &self.canvas.grid,
            agent: position(self.canvas.agent),
            direction: self.canvas.direction,
            room: self.area(self.room_at(self.canvas.agent)),
        })
    }
}
