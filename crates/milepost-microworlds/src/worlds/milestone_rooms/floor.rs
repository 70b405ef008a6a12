use milepost_core::{Purpose, Stream, StreamKey};

/// A cell, column and row from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spot {
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
}

impl Spot {
    const fn new(x: u32, y: u32) -> Self {
        Self { x, y }
    }
}

/// Where everything is: rooms side by side, from left to right, with a door in each wall between two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floor {
    /// Columns and rows.
    pub size: u32,
    /// Where the agent starts, in the first room.
    pub start: Spot,
    /// The door of each wall; the rest of its column is wall.
    pub doors: Vec<Spot>,
    /// What each room holds: the key of the door on its right; the last room, the target.
    pub things: Vec<Spot>,
}

impl Floor {
    /// Draws rows of doors and cells of things from `seed`. The columns of rooms differ by one at most. No thing is
    /// where its room is entered.
    pub(super) fn draw(size: u32, doors: u32, seed: u64) -> Self {
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("milestone-rooms layout")));
        let mut below = |n: u32| stream.below(u64::from(n)) as u32;
        // The wall right of room `j`; the last room ends where the grid does.
        let wall = |j: u32| (j + 1) * (size - doors) / (doors + 1) + j;
        let doors: Vec<Spot> = (0..doors).map(|j| Spot::new(wall(j), below(size))).collect();
        let start = Spot::new(below(doors.first().map_or(size, |door| door.x)), below(size));
        let mut things = Vec::new();
        for room in 0..=doors.len() {
            let (entry, left) = if room == 0 { (start, 0) } else { entrance(doors[room - 1]) };
            let right = doors.get(room).map_or(size, |door| door.x);
            // One of the cells of the room but its entry: the last cell stands in for it.
            let width = right - left;
            let last = Spot::new(right - 1, size - 1);
            let index = below(width * size - 1);
            let drawn = Spot::new(left + index % width, index / width);
            things.push(if drawn == entry { last } else { drawn });
        }
        Self { size, start, doors, things }
    }

    /// The cell from which the door `number` is opened.
    pub(super) fn before_door(&self, number: usize) -> Spot {
        let door = self.doors[number];
        Spot::new(door.x - 1, door.y)
    }

    /// The cell next to `from` in the direction (`dx`, `dy`), or `from` if a wall, the edge or a closed door is in the way.
    pub(super) fn walk(&self, from: Spot, (dx, dy): (i32, i32), open: usize) -> Spot {
        let (Some(x), Some(y)) = (from.x.checked_add_signed(dx), from.y.checked_add_signed(dy)) else {
            return from;
        };
        let to = Spot::new(x, y);
        let blocked =
            self.doors.iter().enumerate().any(|(j, door)| door.x == x && (door.y != y || j >= open));
        if x >= self.size || y >= self.size || blocked { from } else { to }
    }

    /// The fewest moves from one cell to another, all doors between them being open: through the doors, in order.
    pub(super) fn distance(&self, a: Spot, b: Spot) -> u32 {
        let (left, right) = if a.x <= b.x { (a, b) } else { (b, a) };
        let between = self.doors.iter().filter(|door| left.x <= door.x && door.x <= right.x);
        let rows = between.map(|door| door.y).chain([right.y]);
        let (_, vertical) = rows.fold((left.y, 0), |(y, sum), row| (row, sum + y.abs_diff(row)));
        right.x - left.x + vertical
    }
}

/// The first cell behind a door, and its column.
const fn entrance(door: Spot) -> (Spot, u32) {
    (Spot::new(door.x + 1, door.y), door.x + 1)
}
