use super::canvas::position;
use super::room_grid::{RoomGrid, RoomIndex, WALLS};
use super::{Generate, GenerateError};
use crate::level::{Blueprint, Settings};
use crate::object::{Color, DoorState, Kind, Object};
use crate::position::Direction;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// A ball in a far room of a maze whose doors may be locked and obstructed, their keys hidden in boxes.
#[derive(Debug, Clone, Copy)]
pub struct ObstructedMaze {
    /// Whether keys are hidden in boxes.
    pub key_in_box: bool,
    /// Whether a ball lies in front of each locked door.
    pub blocked: bool,
    /// The rooms.
    pub plan: MazePlan,
}

/// The rooms of an obstructed maze.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MazePlan {
    /// Two rooms side by side, a locked door between them.
    TwoRooms,
    /// Three by three rooms, from 1 to 4 quarters of which are opened up.
    NineRooms {
        /// How many quarters.
        quarters: Quarters,
        /// Where the agent starts.
        start: MazeStart,
        /// Whether keys are placed only after all doors and obstacles of a side, so that none is lost under a
        /// ball. MiniGrid's version 1 does, version 0 does not.
        keys_last: bool,
    },
}

/// How many quarters of a maze of nine rooms are opened up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Quarters {
    /// One.
    One = 1,
    /// Two.
    Two = 2,
    /// All four.
    Four = 4,
}

/// Where the agent starts in a maze of nine rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MazeStart {
    /// The room in the middle.
    Middle,
    /// The room to the right of it.
    Right,
}

const SIDE: u8 = 6;
const TARGET: Color = Color::ALPHABETICAL[0];
const OBSTACLE: Color = Color::ALPHABETICAL[1];
const BOX: Color = Color::ALPHABETICAL[2];
const MIDDLE: RoomIndex = (1, 1);
/// The rooms beside the middle one, in the order of the walls behind which they lie.
const SIDES: [RoomIndex; 4] = [(2, 1), (1, 2), (0, 1), (1, 0)];
const CORNERS: [RoomIndex; 4] = [(2, 0), (2, 2), (0, 2), (0, 0)];

impl ObstructedMaze {
    /// Rooms that MiniGrid counts on being visited, from which the step budget follows.
    const fn visited(self) -> u32 {
        match self.plan {
            MazePlan::TwoRooms => 2,
            MazePlan::NineRooms { quarters: Quarters::One, start: MazeStart::Right, .. } => 4,
            MazePlan::NineRooms { quarters: Quarters::One, start: MazeStart::Middle, .. } => 5,
            MazePlan::NineRooms { quarters: Quarters::Two, .. } => 11,
            MazePlan::NineRooms { quarters: Quarters::Four, .. } => 25,
        }
    }

    fn lock(self, rooms: &mut RoomGrid<'_>, room: RoomIndex, wall: Direction, color: Color) {
        let ((x, y), _) = rooms.add_door(room, wall, Some(color), DoorState::Locked);
        if self.blocked {
            let (dx, dy) = wall.vector();
            rooms.canvas.grid.set(x - dx, y - dy, Some(Object::new(Kind::Ball, OBSTACLE)));
        }
    }

    fn place_key(self, rooms: &mut RoomGrid<'_>, room: RoomIndex, color: Color) -> Result<(), GenerateError> {
        let key = Object::new(Kind::Key, color);
        rooms.place(room, if self.key_in_box { Object::box_with(BOX, key) } else { key })?;
        Ok(())
    }

    /// Opens the way to a side room, and locks its ways to the corners.
    fn open_side(
        self,
        rooms: &mut RoomGrid<'_>,
        side: usize,
        colors: &[Color],
        keys_last: bool,
    ) -> Result<(), GenerateError> {
        rooms.add_door(MIDDLE, WALLS[side], Some(colors[side]), DoorState::Closed);
        let colored = |turn: usize| colors[(side + turn + colors.len()) % colors.len()];
        // A quarter turn back and one on.
        let doors = [(WALLS[(side + 3) % 4], colored(colors.len() - 1)), (WALLS[(side + 1) % 4], colored(1))];
        for (wall, color) in doors {
            self.lock(rooms, SIDES[side], wall, color);
            if !keys_last {
                self.place_key(rooms, SIDES[side], color)?;
            }
        }
        if keys_last {
            for (_, color) in doors {
                self.place_key(rooms, SIDES[side], color)?;
            }
        }
        Ok(())
    }
}

impl Generate for ObstructedMaze {
    fn settings(&self) -> Settings {
        Settings::new(4 * self.visited() * u32::from(SIDE).pow(2))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let (columns, lines) = if self.plan == MazePlan::TwoRooms { (2, 1) } else { (3, 3) };
        let mut rooms = RoomGrid::new(SIDE, columns, lines, rng);
        let colors = rooms.canvas.rng.subset(&Color::ALPHABETICAL, Color::ALPHABETICAL.len());
        let (target_room, start) = match self.plan {
            MazePlan::TwoRooms => {
                self.lock(&mut rooms, (0, 0), Direction::Right, colors[0]);
                self.place_key(&mut rooms, (0, 0), colors[0])?;
                ((1, 0), (0, 0))
            }
            MazePlan::NineRooms { quarters, start, keys_last } => {
                for side in 0..quarters as usize {
                    self.open_side(&mut rooms, side, &colors, keys_last)?;
                }
                let corner = rooms.canvas.rng.element(&CORNERS[..quarters as usize]);
                (corner, if start == MazeStart::Middle { MIDDLE } else { SIDES[0] })
            }
        };
        let (ball, _) = rooms.add_object(target_room, Kind::Ball, Some(TARGET))?;
        rooms.place_agent(start)?;
        let mission = format!("pick up the {} ball", TARGET.name());
        Ok(rooms.finish(Task::PickUp { object: position(ball) }, mission))
    }
}
