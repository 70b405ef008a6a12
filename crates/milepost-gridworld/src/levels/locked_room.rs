use super::canvas::Canvas;
use super::{Generate, GenerateError};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, DoorState, Kind, Object};
use crate::position::Area;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// Six rooms along a hallway, on a map of 19 by 19 cells. The goal is in a locked one, its key in another.
#[derive(Debug, Clone, Copy, Default)]
pub struct LockedRoom;

const SIZE: i32 = 19;
/// The columns of the hallway's walls.
const LEFT: i32 = SIZE / 2 - 2;
const RIGHT: i32 = SIZE / 2 + 2;

#[derive(Debug, Clone, Copy)]
struct Room {
    area: Area,
    door: (i32, i32),
}

/// Left and right, from top to bottom.
fn rooms() -> Vec<Room> {
    let (width, height) = (LEFT + 1, SIZE / 3 + 1);
    (0..3)
        .map(|row| row * (SIZE / 3))
        .flat_map(|y| [(0, LEFT, y), (RIGHT, RIGHT, y)])
        .map(|(x, door, y)| Room { area: Area { x, y, width, height }, door: (door, y + 3) })
        .collect()
}

/// A random cell inside a room, free or not.
fn inside(canvas: &mut Canvas<'_>, room: &Room) -> (i32, i32) {
    let Area { x, y, width, height } = room.area;
    (canvas.rng.integers(x + 1, x + width - 1), canvas.rng.integers(y + 1, y + height - 1))
}

impl Generate for LockedRoom {
    fn settings(&self) -> Settings {
        Settings::new(10 * SIZE as u32)
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut canvas = Canvas::walled(SIZE as u8, SIZE as u8, rng);
        let wall = Object::wall();
        canvas.grid.fill(LEFT, 0, 1, SIZE, &wall);
        canvas.grid.fill(RIGHT, 0, 1, SIZE, &wall);
        let rooms = rooms();
        for room in &rooms {
            canvas.grid.fill(room.area.x, room.area.y, room.area.width, 1, &wall);
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
        canvas.place_agent(Area { x: LEFT, y: 0, width: RIGHT - LEFT, height: SIZE }, None)?;
        let (locked, with_key) = (colors[locked].name(), colors[with_key].name());
        let mission = format!(
            "get the {locked} key from the {with_key} room, unlock the {locked} door and go to the goal"
        );
        Ok(canvas.finish(Task::Goal, mission))
    }
}
