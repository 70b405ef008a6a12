//! Places and directions on a map.

/// A cell: `x` to the right, `y` down, from the top-left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Column.
    pub x: u8,
    /// Row.
    pub y: u8,
}

impl Position {
    /// The cell in column `x` and row `y`.
    #[must_use]
    pub const fn new(x: u8, y: u8) -> Self {
        Self { x, y }
    }
}

/// A rectangle of cells: its top-left corner and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Area {
    /// First column.
    pub x: i32,
    /// First row.
    pub y: i32,
    /// Columns.
    pub width: i32,
    /// Rows.
    pub height: i32,
}

impl Area {
    /// Whether cell `(x, y)` is in it.
    #[must_use]
    pub const fn contains(&self, (x, y): (i32, i32)) -> bool {
        self.x <= x && x < self.x + self.width && self.y <= y && y < self.y + self.height
    }
}

/// Where the agent looks. Discriminants are MiniGrid's direction codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Direction {
    /// `+x`, code 0.
    Right = 0,
    /// `+y`, code 1.
    Down = 1,
    /// `-x`, code 2.
    Left = 2,
    /// `-y`, code 3.
    Up = 3,
}

impl Direction {
    /// Every direction, clockwise from [`Direction::Right`].
    pub const ALL: [Self; 4] = [Self::Right, Self::Down, Self::Left, Self::Up];

    /// The direction of a code, taken modulo 4.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        Self::ALL[(code & 3) as usize]
    }

    /// The unit step `(dx, dy)`.
    #[must_use]
    pub const fn vector(self) -> (i32, i32) {
        match self {
            Self::Right => (1, 0),
            Self::Down => (0, 1),
            Self::Left => (-1, 0),
            Self::Up => (0, -1),
        }
    }

    /// After quarter turns clockwise.
    pub(crate) const fn turned(self, quarters: u8) -> Self {
        Self::from_code(self as u8 + quarters)
    }

    /// After a quarter turn clockwise.
    #[must_use]
    pub const fn clockwise(self) -> Self {
        Self::from_code(self as u8 + 1)
    }

    /// After a quarter turn counter-clockwise.
    #[must_use]
    pub const fn counter_clockwise(self) -> Self {
        Self::from_code(self as u8 + 3)
    }
}
