//! Two hashes of a state: the incremental key that counts visits, and the byte hash that recordings carry.
//!
//! The key is the exclusive or of one word for every cell, one for the hand and one for the pose
//! (Zobrist hashing with computed instead of tabulated words), so a step changes it in a few operations.
//! Objects that look alike count as the same, unless the task refers to them or they hide something.

use crate::cell::Cell;
use crate::level::Level;
use crate::position::Direction;
use crate::state::State;

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014), a bijection of 64-bit words.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Folds `value` into an ordered hash.
pub(crate) const fn fold(hash: u64, value: u64) -> u64 {
    mix(hash.rotate_left(5) ^ mix(value))
}

/// The word of `cell` in a slot: a cell's index, or the number of cells for the hand.
pub(crate) fn word(level: &Level, slot: usize, cell: Cell) -> u64 {
    mix(((slot as u64) << 32 | u64::from(cell.appearance())) ^ level.salt(cell))
}

/// The word of a pose.
pub(crate) const fn pose(x: i32, y: i32, direction: Direction) -> u64 {
    mix(1 << 63 | (x as u64) << 24 | (y as u64) << 8 | direction as u64)
}

/// The key computed from nothing but the state: what the incremental one must equal.
pub(crate) fn from_scratch(level: &Level, state: &State) -> u64 {
    let cells = state.cells.iter().enumerate().fold(0, |key, (slot, cell)| key ^ word(level, slot, *cell));
    level.static_key()
        ^ cells
        ^ word(level, level.cell_count(), state.carrying)
        ^ pose(state.x, state.y, state.direction)
}

/// FNV-1a, 64 bits, over: the cells' codes; `x, y` and content of each box that hides something; the
/// agent's `x, y, direction`; the carried object (and its content), or three zeros. All x-major.
pub(crate) fn recorded(level: &Level, state: &State) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    for cell in &state.cells {
        hash.bytes(&cell.code());
    }
    for (index, cell) in state.cells.iter().enumerate() {
        let content = level.content(*cell);
        if !content.is_empty() {
            let (x, y) = level.coordinates(index);
            hash.bytes(&[x as u8, y as u8]);
            hash.nested(level, content);
        }
    }
    hash.bytes(&[state.x as u8, state.y as u8, state.direction as u8]);
    if state.carrying.is_empty() {
        hash.bytes(&[0, 0, 0]);
    } else {
        hash.nested(level, state.carrying);
    }
    hash.0
}

struct Fnv(u64);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn nested(&mut self, level: &Level, mut cell: Cell) {
        while !cell.is_empty() {
            self.bytes(&cell.code());
            cell = level.content(cell);
        }
    }
}
