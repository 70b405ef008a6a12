//! Equal rooms in rows and columns that share walls, with doors drawn between them.

use super::GenerateError;
use super::canvas::Canvas;
use crate::level::Blueprint;
use crate::object::{Color, DoorState, Kind, Object};
use crate::position::Area;
use crate::position::Direction;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// Draws for one object (MiniGrid's `max_tries = 1000` allows one more).
const DRAWS: u32 = 1001;
/// Draws for connecting the rooms.
const CONNECTIONS: u32 = 5001;
/// Poses drawn before a room in which the agent nearly always faces something is given up.
const POSES: u32 = 1_000_000;

/// The four walls of a room, in the order of [`Direction`].
pub(super) const WALLS: [Direction; 4] = Direction::ALL;

/// Where a room is: column and row.
pub(super) type RoomIndex = (usize, usize);

#[derive(Debug, Clone, Default)]
struct Room {
    /// Whether a wall has a door, or is gone.
    open: [bool; 4],
    /// Where a wall's door is, or would be; `None` at the edge of the map.
    door: [Option<(i32, i32)>; 4],
    locked: bool,
}

/// Rooms, and the canvas they are drawn on.
pub(super) struct RoomGrid<'a> {
    pub(super) canvas: Canvas<'a>,
    pub(super) side: i32,
    pub(super) columns: usize,
    pub(super) rows: usize,
    rooms: Vec<Room>,
    /// What was put into rooms so far.
    pub(super) objects: Vec<(Kind, Color)>,
}

/// Cells along an edge of a map of `count` rooms of `side` cells, shared walls counted once.
pub(super) const fn extent(side: u8, count: u8) -> u8 {
    (side - 1) * count + 1
}

impl<'a> RoomGrid<'a> {
    /// Draws the walls and chooses where doors would be. The agent starts in the middle.
    pub(super) fn new(side: u8, columns: u8, rows: u8, rng: &'a mut NumpyRng) -> Self {
        let mut canvas = Canvas::new(extent(side, columns), extent(side, rows), rng);
        let side = i32::from(side);
        let (columns, rows) = (usize::from(columns), usize::from(rows));
        let middle = |count: usize| (count as i32 / 2) * (side - 1) + side / 2;
        canvas.agent = (middle(columns), middle(rows));
        let rooms = vec![Room::default(); columns * rows];
        let mut grid = Self { canvas, side, columns, rows, rooms, objects: Vec::new() };
        for room in grid.indices() {
            let Area { x, y, width, height } = grid.area(room);
            grid.canvas.grid.wall_rectangle(x, y, width, height);
        }
        for room in grid.indices() {
            grid.choose_doors(room);
        }
        grid
    }

    /// Row by row.
    pub(super) fn indices(&self) -> impl Iterator<Item = RoomIndex> + use<> {
        let columns = self.columns;
        (0..self.rows).flat_map(move |row| (0..columns).map(move |column| (column, row)))
    }

    fn room(&mut self, (column, row): RoomIndex) -> &mut Room {
        &mut self.rooms[row * self.columns + column]
    }

    /// A room's cells, walls included.
    pub(super) const fn area(&self, (column, row): RoomIndex) -> Area {
        let pitch = self.side - 1;
        Area { x: column as i32 * pitch, y: row as i32 * pitch, width: self.side, height: self.side }
    }

    /// The room that a cell belongs to; a wall belongs to the room on its right or below.
    pub(super) const fn room_at(&self, (x, y): (i32, i32)) -> RoomIndex {
        let pitch = self.side - 1;
        ((x / pitch) as usize, (y / pitch) as usize)
    }

    /// A random room.
    pub(super) fn random_room(&mut self) -> RoomIndex {
        let column = self.canvas.rng.integers(0, self.columns as i32) as usize;
        (column, self.canvas.rng.integers(0, self.rows as i32) as usize)
    }

    /// Where a wall of a room has, or would have, its door; `None` at the edge of the map.
    pub(super) fn door_place(&self, (column, row): RoomIndex, wall: Direction) -> Option<(i32, i32)> {
        self.rooms[row * self.columns + column].door[wall as usize]
    }

    /// Whether a wall of a room has a door, or is gone.
    pub(super) fn is_open(&self, (column, row): RoomIndex, wall: Direction) -> bool {
        self.rooms[row * self.columns + column].open[wall as usize]
    }

    fn neighbor(&self, (column, row): RoomIndex, wall: Direction) -> Option<RoomIndex> {
        let (dx, dy) = wall.vector();
        let (column, row) = (column.checked_add_signed(dx as isize)?, row.checked_add_signed(dy as isize)?);
        (column < self.columns && row < self.rows).then_some((column, row))
    }

    fn choose_doors(&mut self, room: RoomIndex) {
        let Area { x, y, width, height } = self.area(room);
        for wall in WALLS {
            let Some(neighbor) = self.neighbor(room, wall) else { continue };
            let place = match wall {
                Direction::Right => (x + width - 1, self.canvas.rng.integers(y + 1, y + height - 1)),
                Direction::Down => (self.canvas.rng.integers(x + 1, x + width - 1), y + height - 1),
                Direction::Left | Direction::Up => {
                    match self.room(neighbor).door[wall.clockwise().clockwise() as usize] {
                        Some(shared) => shared,
                        None => continue,
                    }
                }
            };
            self.room(room).door[wall as usize] = Some(place);
        }
    }

    /// Puts an object into a room, not beside the agent.
    pub(super) fn place(&mut self, room: RoomIndex, object: Object) -> Result<(i32, i32), GenerateError> {
        let area = self.area(room);
        let (ax, ay) = self.canvas.agent;
        let beside = |(x, y): (i32, i32)| (ax - x).abs() + (ay - y).abs() < 2;
        let place = self.canvas.free_cell(area, Some(DRAWS), beside)?;
        self.objects.push((object.kind(), object.color()));
        self.canvas.grid.set(place.0, place.1, Some(object));
        Ok(place)
    }

    /// Puts an object of a kind and a (random) colour into a room.
    pub(super) fn add_object(
        &mut self,
        room: RoomIndex,
        kind: Kind,
        color: Option<Color>,
    ) -> Result<((i32, i32), Color), GenerateError> {
        let color = self.color(color);
        Ok((self.place(room, Object::new(kind, color))?, color))
    }

    pub(super) fn color(&mut self, color: Option<Color>) -> Color {
        color.unwrap_or_else(|| self.canvas.rng.element(&Color::ALPHABETICAL))
    }

    /// Puts a door of a (random) colour into a wall that has none and is not the map's edge.
    pub(super) fn add_door(
        &mut self,
        room: RoomIndex,
        wall: Direction,
        color: Option<Color>,
        state: DoorState,
    ) -> ((i32, i32), Color) {
        let color = self.color(color);
        let place = self.room(room).door[wall as usize].unwrap_or_default();
        self.canvas.grid.set(place.0, place.1, Some(Object::door(color, state)));
        self.room(room).locked = state == DoorState::Locked;
        self.open(room, wall);
        (place, color)
    }

    fn open(&mut self, room: RoomIndex, wall: Direction) {
        self.room(room).open[wall as usize] = true;
        if let Some(neighbor) = self.neighbor(room, wall) {
            self.room(neighbor).open[wall.clockwise().clockwise() as usize] = true;
        }
    }

    /// Removes the wall between two rooms, corners excepted.
    pub(super) fn remove_wall(&mut self, room: RoomIndex, wall: Direction) {
        let Area { x, y, width, height } = self.area(room);
        for along in 1..self.side - 1 {
            let (column, row) = match wall {
                Direction::Right => (x + width - 1, y + along),
                Direction::Down => (x + along, y + height - 1),
                Direction::Left => (x, y + along),
                Direction::Up => (x + along, y),
            };
            self.canvas.grid.set(column, row, None);
        }
        self.open(room, wall);
    }

    /// Puts the agent into a room so that it faces nothing but perhaps a wall.
    pub(super) fn place_agent(&mut self, room: RoomIndex) -> Result<(), GenerateError> {
        let area = self.area(room);
        if !self.has_pose(area) {
            return Err(GenerateError::Cornered);
        }
        for _ in 0..POSES {
            self.canvas.place_agent(area, Some(DRAWS))?;
            if self.faces_nothing(self.canvas.agent, self.canvas.direction) {
                return Ok(());
            }
        }
        Err(GenerateError::Cornered)
    }

    fn faces_nothing(&self, (x, y): (i32, i32), direction: Direction) -> bool {
        let (dx, dy) = direction.vector();
        self.canvas.grid.get(x + dx, y + dy).is_none_or(|object| object.kind() == Kind::Wall)
    }

    /// Whether the agent could be put into `area` at all. A full one is left to the draws.
    fn has_pose(&self, area: Area) -> bool {
        let cells =
            (area.x..area.x + area.width).flat_map(|x| (area.y..area.y + area.height).map(move |y| (x, y)));
        let mut free = cells.filter(|(x, y)| self.canvas.grid.get(*x, *y).is_none()).peekable();
        free.peek().is_none()
            || free.any(|cell| Direction::ALL.into_iter().any(|way| self.faces_nothing(cell, way)))
    }

    /// Adds closed doors of random `colors` until every room can be reached; locked rooms get none.
    pub(super) fn connect_all(&mut self, colors: &[Color]) -> Result<(), GenerateError> {
        for _ in 0..CONNECTIONS {
            if self.all_reachable() {
                return Ok(());
            }
            let (column, row) = self.random_room();
            let wall = WALLS[self.canvas.rng.integers(0, 4) as usize];
            let room = self.room((column, row));
            let unusable = room.door[wall as usize].is_none() || room.open[wall as usize] || room.locked;
            let neighbor = self.neighbor((column, row), wall).filter(|_| !unusable);
            if neighbor.is_some_and(|neighbor| !self.room(neighbor).locked) {
                let color = self.canvas.rng.element(colors);
                self.add_door((column, row), wall, Some(color), DoorState::Closed);
            }
        }
        Err(GenerateError::Disconnected { draws: CONNECTIONS })
    }

    fn all_reachable(&mut self) -> bool {
        let mut reached = vec![false; self.rooms.len()];
        let mut stack = vec![self.room_at(self.canvas.agent)];
        while let Some(room) = stack.pop() {
            let seen = &mut reached[room.1 * self.columns + room.0];
            if std::mem::replace(seen, true) {
                continue;
            }
            let open = self.room(room).open;
            let doors = WALLS.into_iter().filter(|wall| open[*wall as usize]);
            stack.extend(doors.filter_map(|wall| self.neighbor(room, wall)));
        }
        reached.into_iter().all(|room| room)
    }

    /// The finished level.
    pub(super) fn finish(self, task: Task, mission: impl Into<String>) -> Blueprint {
        self.canvas.finish(task, mission)
    }
}
