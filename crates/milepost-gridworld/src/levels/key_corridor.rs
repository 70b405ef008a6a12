use super::canvas::position;
use super::objects::Placed;
use super::room_grid::{RoomGrid, extent};
use super::{Generate, GenerateError, SizeError, check_rooms};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, DoorState, Kind};
use crate::position::Direction;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// A hallway between two columns of rooms. A ball lies in a locked room on the right, the key in one on the left.
#[derive(Debug, Clone, Copy)]
pub struct KeyCorridor {
    side: u8,
    rows: u8,
}

impl KeyCorridor {
    /// `rows` rows of rooms of `side` by `side` cells, walls included; `side` is at least 3, and the map at
    /// most 255 cells along each edge.
    pub fn new(side: u8, rows: u8) -> Result<Self, SizeError> {
        check_rooms(side, 3, rows)?;
        Ok(Self { side, rows })
    }

    /// Columns and rows of the map.
    #[must_use]
    pub const fn extent(&self) -> (u8, u8) {
        (extent(self.side, 3), extent(self.side, self.rows))
    }
}

impl Generate for KeyCorridor {
    fn settings(&self) -> Settings {
        Settings::new(30 * u32::from(self.side).pow(2))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let mut rooms = RoomGrid::new(self.side, 3, self.rows, rng);
        let ball = furnish(&mut rooms)?;
        let mission = format!("pick up the {}", ball.words());
        Ok(rooms.finish(Task::PickUp { object: position(ball.place) }, mission))
    }
}

/// Turns three columns of rooms into a corridor between rooms, and puts ball, key and agent into them. Returns
/// the ball.
pub(super) fn furnish(rooms: &mut RoomGrid<'_>) -> Result<Placed, GenerateError> {
    let rows = rooms.rows;
    for row in 1..rows {
        rooms.remove_wall((1, row), Direction::Up);
    }
    let row = rooms.canvas.rng.integers(0, rows as i32) as usize;
    let (_, key_color) = rooms.add_door((2, row), Direction::Left, None, DoorState::Locked);
    let (place, color) = rooms.add_object((2, row), Kind::Ball, None)?;
    let key_row = rooms.canvas.rng.integers(0, rows as i32) as usize;
    rooms.add_object((0, key_row), Kind::Key, Some(key_color))?;
    rooms.place_agent((1, rows / 2))?;
    rooms.connect_all(&Color::ALPHABETICAL)?;
    Ok(Placed { kind: Kind::Ball, color, place })
}
