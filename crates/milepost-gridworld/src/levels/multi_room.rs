use super::canvas::Canvas;
use super::{Generate, GenerateError, SizeError};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, DoorState, Object};
use crate::position::Area;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// A chain of rooms joined by closed doors; the goal is in the last one.
#[derive(Debug, Clone, Copy)]
pub struct MultiRoom {
    min_rooms: u8,
    max_rooms: u8,
    max_size: u8,
}

/// Columns and rows of the map.
const SIDE: i32 = 25;
/// Cells along the side of the smallest room, walls included.
const MIN_SIZE: i32 = 4;
/// Tries at placing the next room before the chain ends early.
const EXITS: u32 = 8;
/// Chains drawn before the level is given up; MiniGrid draws forever.
const CHAINS: u32 = 100_000;

struct Room {
    area: Area,
    entry: (i32, i32),
}

impl MultiRoom {
    /// From `min_rooms` to `max_rooms` rooms of at most `max_size` cells a side, walls included, on a map of
    /// 25 by 25.
    pub fn new(min_rooms: u8, max_rooms: u8, max_size: u8) -> Result<Self, SizeError> {
        let check = |what, found: u8, least: u8, most: u8| {
            let error = SizeError { what, found: found.into(), least: least.into(), most: most.into() };
            if (least..=most).contains(&found) { Ok(()) } else { Err(error) }
        };
        check("the smallest number of rooms", min_rooms, 1, 255)?;
        check("the largest number of rooms", max_rooms, min_rooms, 255)?;
        check("the largest side of a room", max_size, 4, 24)?;
        Ok(Self { min_rooms, max_rooms, max_size })
    }

    /// Places a room behind the door `entry` in its wall `wall` (0 right, 1 bottom, 2 left, 3 top), then up
    /// to `left - 1` rooms behind it. Whether the first one fitted.
    fn extend(
        self,
        rng: &mut NumpyRng,
        left: u8,
        rooms: &mut Vec<Room>,
        wall: i32,
        entry: (i32, i32),
    ) -> bool {
        let max = i32::from(self.max_size);
        let (width, height) = (rng.integers(MIN_SIZE, max + 1), rng.integers(MIN_SIZE, max + 1));
        let (x, y) = if rooms.is_empty() {
            entry
        } else {
            match wall {
                0 => (entry.0 - width + 1, rng.integers(entry.1 - height + 2, entry.1)),
                1 => (rng.integers(entry.0 - width + 2, entry.0), entry.1 - height + 1),
                2 => (entry.0, rng.integers(entry.1 - height + 2, entry.1)),
                _ => (rng.integers(entry.0 - width + 2, entry.0), entry.1),
            }
        };
        let fits = x >= 0 && y >= 0 && x + width <= SIDE && y + height < SIDE;
        // The room before shares a wall with this one. That a gap is kept to the left and above only is MiniGrid's.
        let others = rooms.len().saturating_sub(1);
        let overlaps = |room: &Room| {
            let other = room.area;
            x + width >= other.x
                && other.x + other.width > x
                && y + height >= other.y
                && other.y + other.height > y
        };
        if !fits || rooms[..others].iter().any(overlaps) {
            return false;
        }
        rooms.push(Room { area: Area { x, y, width, height }, entry });
        if left == 1 {
            return true;
        }
        for _ in 0..EXITS {
            let walls: Vec<i32> = (0..4).filter(|candidate| *candidate != wall).collect();
            let exit_wall = rng.element(&walls);
            let exit = match exit_wall {
                0 => (x + width - 1, y + rng.integers(1, height - 1)),
                1 => (x + rng.integers(1, width - 1), y + height - 1),
                2 => (x, y + rng.integers(1, height - 1)),
                _ => (x + rng.integers(1, width - 1), y),
            };
            if self.extend(rng, left - 1, rooms, (exit_wall + 2) % 4, exit) {
                break;
            }
        }
        true
    }

    /// Draws chains until one has as many rooms as were drawn for this level.
    fn chain(self, rng: &mut NumpyRng) -> Result<Vec<Room>, GenerateError> {
        let count = rng.integers(self.min_rooms.into(), i32::from(self.max_rooms) + 1) as usize;
        for _ in 0..CHAINS {
            let entry = (rng.integers(0, SIDE - 2), rng.integers(0, SIDE - 2));
            let mut rooms = Vec::with_capacity(count);
            self.extend(rng, count as u8, &mut rooms, 2, entry);
            if rooms.len() >= count {
                return Ok(rooms);
            }
        }
        Err(GenerateError::Disconnected { draws: CHAINS })
    }
}

impl Generate for MultiRoom {
    fn settings(&self) -> Settings {
        Settings::new(20 * u32::from(self.max_rooms))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let rooms = self.chain(rng)?;
        let mut canvas = Canvas::new(SIDE as u8, SIDE as u8, rng);
        let mut before: Option<Color> = None;
        for (index, room) in rooms.iter().enumerate() {
            let Area { x, y, width, height } = room.area;
            canvas.grid.wall_rectangle(x, y, width, height);
            if index > 0 {
                let colors: Vec<Color> =
                    Color::ALPHABETICAL.into_iter().filter(|color| Some(*color) != before).collect();
                let color = canvas.rng.element(&colors);
                let door = Object::door(color, DoorState::Closed);
                canvas.grid.set(room.entry.0, room.entry.1, Some(door));
                before = Some(color);
            }
        }
        let (first, last) = (rooms[0].area, rooms[rooms.len() - 1].area);
        canvas.place_agent(first, None)?;
        canvas.place(Object::goal(), last)?;
        Ok(canvas.finish(Task::Goal, "traverse the rooms to get to the goal"))
    }
}
