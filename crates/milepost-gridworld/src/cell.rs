//! The packed form of a cell that stepping and looking work on.

use crate::object::{EMPTY_CODE, Kind};

/// Four bytes: type, colour, state, and the identity of the object (0 if it has none).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Cell(u32);

impl Cell {
    /// Nothing: an empty cell, an empty hand, an empty box.
    pub(crate) const EMPTY: Self = Self::new(EMPTY_CODE, 0);
    /// A grey wall, which is also what lies outside the map.
    pub(crate) const WALL: Self = Self::new([Kind::Wall as u8, crate::Color::Grey as u8, 0], 0);

    pub(crate) const fn new(code: [u8; 3], id: u8) -> Self {
        Self(u32::from_le_bytes([code[0], code[1], code[2], id]))
    }

    pub(crate) const fn code(self) -> [u8; 3] {
        let [kind, color, state, _] = self.0.to_le_bytes();
        [kind, color, state]
    }

    /// [`Cell::code`], or zeros; without a branch.
    pub(crate) const fn code_if(self, seen: bool) -> [u8; 3] {
        Self(self.0 & 0u32.wrapping_sub(seen as u32)).code()
    }

    /// The three bytes as a number, for hashing.
    pub(crate) const fn appearance(self) -> u32 {
        self.0 & 0x00ff_ffff
    }

    pub(crate) const fn id(self) -> u8 {
        (self.0 >> 24) as u8
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.kind_code() == EMPTY_CODE[0]
    }

    pub(crate) const fn is(self, kind: Kind) -> bool {
        self.kind_code() == kind as u8
    }

    const fn kind_code(self) -> u8 {
        self.0 as u8
    }

    const fn color_code(self) -> u8 {
        (self.0 >> 8) as u8
    }

    const fn state_code(self) -> u8 {
        (self.0 >> 16) as u8
    }

    pub(crate) const fn is_open_door(self) -> bool {
        self.is(Kind::Door) && self.state_code() == 0
    }

    pub(crate) const fn is_locked_door(self) -> bool {
        self.is(Kind::Door) && self.state_code() == 2
    }

    /// Empty, floor, goal, lava or an open door.
    pub(crate) const fn can_enter(self) -> bool {
        const ENTERABLE: u32 =
            1 << EMPTY_CODE[0] | 1 << Kind::Floor as u8 | 1 << Kind::Goal as u8 | 1 << Kind::Lava as u8;
        ENTERABLE >> self.kind_code() & 1 == 1 || self.is_open_door()
    }

    pub(crate) const fn can_carry(self) -> bool {
        const PORTABLE: u32 = 1 << Kind::Key as u8 | 1 << Kind::Ball as u8 | 1 << Kind::Box as u8;
        PORTABLE >> self.kind_code() & 1 == 1
    }

    /// A wall, or a door that is not open.
    pub(crate) const fn blocks_sight(self) -> bool {
        self.is(Kind::Wall) | (self.is(Kind::Door) & (self.state_code() != 0))
    }

    /// This door after being toggled with `held` in hand: a locked one opens for a key of its colour, others swap.
    pub(crate) const fn toggled_door(self, held: Self) -> Self {
        let state = match self.state_code() {
            0 => 1,
            2 if !(held.is(Kind::Key) && held.color_code() == self.color_code()) => 2,
            _ => 0,
        };
        Self(self.0 & 0xff00_ffff | state << 16)
    }

    /// Whether kind and colour are those of `other`.
    pub(crate) const fn looks_like(self, kind: Kind, color: crate::Color) -> bool {
        self.kind_code() == kind as u8 && self.color_code() == color as u8
    }
}
