use super::canvas::{Area, Canvas};
use super::{Generate, GenerateError, SizeError, check_size};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, DoorState, Kind, Object};
use crate::rng::NumpyRng;
use crate::rules::Task;

/// Six rooms along a hallway. The goal is in a locked one, its key in another.
#[derive(Debug, Clone, Copy)]
pub struct LockedRoom {
    size: u8,
}

#[derive(Debug, Clone, Copy)]
struct Room {
    area: Area,
    door: (i32, i32),
}

impl LockedRoom {
    /// A map of `size` by `size` cells, walls included; `size` is 15 to 255.
    pub fn new(size: u8) -> Result<Self, SizeError> {
        check_size("the size of a map of six rooms", size, 15)?;
        Ok(Self { size })
    }

    /// Left and right, from top to bottom.
    fn rooms(self) -> Vec<Room> {
        let size = i32::from(self.size);
        let (left, right) = hallway(size);
        let (width, height) = (left + 1, size / 3 + 1);
        (0..3)
            .map(|row| row * (size / 3))
            .flat_map(|y| [(0, left, y), (right, right, y)])
            .map(|(x, door, y)| Room { area: Area { x, y, width, height }, door: (door, y + 3) })
            .collect()
    }
}

/// The columns of the hallway's walls.
const fn hallway(size: i32) -> (i32, i32) {
    (size / 2 - 2, size / 2 + 2)
}

/// A random cell inside a room, free or not.
fn inside(canvas: &mut Canvas<'_>, room: &Room) -> (i32, i32) {
    let Area { x, y, width, height } = room.area;
    (canvas.rng.integers(x + 1, x + width - 1), canvas.rng.integers(y + 1, y + height - 1))
}

impl Generate for LockedRoom {
    fn settings(&self) -> Settings {
        Settings::new(10 * u32::from(self.size))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let size = i32::from(self.size);
        let mut canvas = Canvas::walled(self.size, self.size, rng);
        let (left, right) = hallway(size);
        let wall = Object::wall();
        canvas.grid.fill(left, 0, 1, size, &wall);
        canvas.grid.fill(right, 0, 1, size, &wall);
        let rooms = self.rooms();
        for room in &rooms {
            let from = if room.area.x == 0 { 0 } else { right };
            let to = if room.area.x == 0 { left } else { size };
            canvas.grid.fill(from, room.area.y, to - from, 1, &wall);
        }

        let count = rooms.len() as u64;
        let locked = canvas.rng.below(count) as usize;
        let goal = inside(&mut canvas, &rooms[locked]);
        canvas.grid.set(goal.0, goal.1, Some(Object::goal()));
        let mut left_over = Color::ALPHABETICAL.to_vec();
        let mut colors = Vec::with_capacity(rooms.len());
        for (index, room) in rooms.iter().enumerate() {
            let color = left_over.remove(canvas.rng.below(left_over.len() as u64) as usize);
            let state = if index == locked { DoorState::Locked } else { DoorState::Closed };
            canvas.grid.set(room.door.0, room.door.1, Some(Object::door(color, state)));
            colors.push(color);
        }
        let with_key = loop {
            let room = canvas.rng.below(count) as usize;
            if room != locked {
                break room;
            }
        };
        let key = inside(&mut canvas, &rooms[with_key]);
        canvas.grid.set(key.0, key.1, Some(Object::new(Kind::Key, colors[locked])));
        canvas.place_agent(Area { x: left, y: 0, width: right - left, height: size }, None)?;
        let (locked, with_key) = (colors[locked].name(), colors[with_key].name());
        let mission = format!(
            "get the {locked} key from the {with_key} room, unlock the {locked} door and go to the goal"
        );
        Ok(canvas.finish(Task::Goal, mission))
    }
}
