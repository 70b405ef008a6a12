//! A map as one byte a cell, laid out twice so that every line of sight is one word.
//!
//! The byte of a cell holds its kind in bits 0 to 3 (10 and 11 stand for closed and locked doors), its
//! colour in bits 4 to 6, and bit 7 if it blocks sight; byte 0 is a cell that is not seen.
//!
//! The first plane stores the map row by row, the second column by column, each with margins of wall as
//! wide as an agent at the map's edge can see. An agent that looks along `x` reads its view from the
//! first plane and one that looks along `y` from the second: in both, the `V` cells ahead of each column
//! of the view are neighbours in memory, and no cell of the view is ever outside a plane.

use crate::cell::Cell;
use crate::level::Level;
use crate::object::{EMPTY_CODE, Kind};
use crate::position::Direction;
use crate::state::Action;

use super::agent::Agent;

/// The widest view whose columns fit a word with a byte to spare.
pub(super) const WIDEST: usize = 7;

const OPAQUE: u8 = 0x80;
const WALL: u8 = appearance(Cell::WALL);
const CLOSED: u8 = 10;

/// The byte of a cell.
pub(super) const fn appearance(cell: Cell) -> u8 {
    let [kind, color, state] = cell.code();
    let kind = if kind == Kind::Door as u8 && state != 0 { CLOSED - 1 + state } else { kind };
    let opaque = if cell.blocks_sight() { OPAQUE } else { 0 };
    opaque | color << 4 | kind
}

/// By byte without bit 7: the three bytes of the observation, and a zero.
pub(super) const CODES: [[u8; 4]; 128] = {
    let mut codes = [[0; 4]; 128];
    let mut byte = 1;
    while byte < 128 {
        let (kind, color) = (byte as u8 & 15, byte as u8 >> 4);
        let (kind, state) = if kind >= CLOSED { (Kind::Door as u8, kind - CLOSED + 1) } else { (kind, 0) };
        codes[byte] = [kind, color, state, 0];
        byte += 1;
    }
    codes
};

/// Bit `k` is set for kind `k` of a byte.
const CARRIED: u16 = 1 << Kind::Key as u8 | 1 << Kind::Ball as u8 | 1 << Kind::Box as u8;
const EMPTY: u16 = 1 << EMPTY_CODE[0];
const TOGGLED: u16 = 1 << Kind::Door as u8 | 0b11 << CLOSED | 1 << Kind::Box as u8;
const ENTERED: u16 =
    EMPTY | 1 << Kind::Door as u8 | 1 << Kind::Floor as u8 | 1 << Kind::Goal as u8 | 1 << Kind::Lava as u8;

const fn is_among(byte: u8, kinds: u16) -> bool {
    kinds >> (byte & 15) & 1 == 1
}

/// Whether a cell is of a kind; doors are told apart by their state.
pub(super) const fn is(byte: u8, kind: Kind) -> bool {
    is_among(byte, 1 << kind as u8)
}

/// Whether a cell can be walked into.
pub(super) const fn can_enter(byte: u8) -> bool {
    is_among(byte, ENTERED)
}

/// Whether a cell holds an object that is told apart from others that look the same.
pub(super) const fn has_identity(byte: u8) -> bool {
    is_among(byte, CARRIED | TOGGLED)
}

/// Whether an action changes the cell in front of the agent, with or without something in hand.
pub(super) const fn handles(action: Action, free_hand: bool, byte: u8) -> bool {
    /// By hand (full, free) and action.
    const HANDLED: [[u16; 7]; 2] = [[0, 0, 0, 0, EMPTY, TOGGLED, 0], [0, 0, 0, CARRIED, 0, TOGGLED, 0]];
    is_among(byte, HANDLED[free_hand as usize][action as usize])
}

/// The two planes of a map, and where their lines are. Empty for views wider than [`WIDEST`].
#[derive(Debug, Clone, Default)]
pub(super) struct PackedMap {
    /// Rows, then columns, then a word's worth of slack.
    bytes: Vec<u8>,
    /// Of rows, and of columns: where the first begins, and bytes from one to the next.
    planes: [Plane; 2],
    view: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Plane {
    start: usize,
    stride: usize,
}

impl PackedMap {
    /// The planes of a level's initial map, for the level's view size.
    pub(super) fn new(level: &Level) -> Self {
        let view = level.settings.view_size;
        if view > WIDEST {
            return Self::default();
        }
        let (width, height) = (level.width() as usize, level.height() as usize);
        let (row, column) = (width + 2 * (view - 1), height + 2 * (view - 1));
        let columns = (height + view - 1) * row;
        let length = columns + (width + view - 1) * column + size_of::<u64>();
        let planes = [Plane { start: 0, stride: row }, Plane { start: columns, stride: column }];
        let mut map = Self { bytes: vec![WALL; length], planes, view };
        for (index, cell) in level.initial.cells.iter().enumerate() {
            let (x, y) = level.coordinates(index);
            map.set(x as usize, y as usize, *cell);
        }
        map
    }

    /// Becomes a copy of `source` in the memory that is there.
    pub(super) fn copy_from(&mut self, source: &Self) {
        self.bytes.clone_from(&source.bytes);
        (self.planes, self.view) = (source.planes, source.view);
    }

    /// Puts a cell into both planes.
    pub(super) fn set(&mut self, x: usize, y: usize, cell: Cell) {
        let byte = appearance(cell);
        let (far, half) = (self.view - 1, self.view / 2);
        let [rows, columns] = self.planes;
        self.bytes[rows.start + (y + half) * rows.stride + x + far] = byte;
        self.bytes[columns.start + (x + half) * columns.stride + y + far] = byte;
    }

    /// The cell at `(x, y)`, at most one beyond the map's edge.
    #[inline]
    pub(super) fn at(&self, x: i32, y: i32) -> u8 {
        let Plane { start, stride } = self.planes[0];
        let origin = start + (self.view / 2) * stride + self.view - 1;
        self.bytes[origin.wrapping_add_signed(y as isize * stride as isize + x as isize)]
    }

    /// The view of an agent: column `i` in word `i`, row `j` in its byte `j`, and anything in the bytes above.
    #[inline]
    pub(super) fn view<const V: usize>(&self, agent: &Agent) -> [u64; V] {
        let far = V - 1;
        let direction = agent.direction as usize;
        let (along_y, forwards) = (direction & 1, direction < 2);
        let Plane { start, stride } = self.planes[along_y];
        let place = [usize::from(agent.x), usize::from(agent.y)];
        // The columns of the view follow one another along +y or +x, or backwards.
        let (along, across) = (place[along_y], place[1 - along_y]);
        let rightwards = direction == Direction::Right as usize || direction == Direction::Up as usize;
        let (column, step) =
            if rightwards { (across, stride) } else { (across + far, stride.wrapping_neg()) };
        let first = start + column * stride + along + if forwards { far } else { 0 };
        // Bytes run along +x or +y; an agent that looks that way sees the far end first.
        let turned = 0u64.wrapping_sub(u64::from(forwards));
        std::array::from_fn(|i| {
            let start = first.wrapping_add(step.wrapping_mul(i));
            let mut word = [0; size_of::<u64>()];
            word.copy_from_slice(&self.bytes[start..start + size_of::<u64>()]);
            let ahead = u64::from_le_bytes(word);
            let back = ahead.swap_bytes() >> (8 * (size_of::<u64>() - V));
            ahead ^ (ahead ^ back) & turned
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Color, DoorState, Object};

    #[test]
    fn a_byte_stands_for_the_three_bytes_of_its_cell() {
        let doors = [DoorState::Open, DoorState::Closed, DoorState::Locked];
        let mut objects: Vec<Object> = Vec::new();
        for color in Color::ALL {
            objects.extend(Kind::ALL.map(|kind| Object::new(kind, color)));
            objects.extend(doors.map(|state| Object::door(color, state)));
        }
        let cells = objects.iter().map(|object| Cell::new(object.encode(), 7)).chain([Cell::EMPTY]);
        for cell in cells {
            let byte = appearance(cell);
            assert_eq!(byte & OPAQUE != 0, cell.blocks_sight(), "{cell:?}");
            assert_eq!(CODES[usize::from(byte & !OPAQUE)][..3], cell.code(), "{cell:?}");
        }
        assert_eq!(CODES[0], [0; 4]);
    }
}
