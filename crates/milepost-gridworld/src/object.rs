//! What a cell can hold, with MiniGrid's names and codes.

use serde::{Deserialize, Serialize};

/// The kind of an object. Discriminants are MiniGrid's type codes; an empty cell is code 1, an unseen one 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Kind {
    /// Blocks movement and sight.
    Wall = 2,
    /// Coloured floor; can be walked on.
    Floor = 3,
    /// Open, closed or locked, see [`DoorState`].
    Door = 4,
    /// Opens a locked door of its colour while carried.
    Key = 5,
    /// Can be carried.
    Ball = 6,
    /// Can be carried; toggling replaces it with its content.
    Box = 7,
    /// Stepping on it is success.
    Goal = 8,
    /// Stepping on it is failure.
    Lava = 9,
}

impl Kind {
    /// Every kind, in the order of the codes.
    pub const ALL: [Self; 8] =
        [Self::Wall, Self::Floor, Self::Door, Self::Key, Self::Ball, Self::Box, Self::Goal, Self::Lava];

    /// MiniGrid's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Floor => "floor",
            Self::Door => "door",
            Self::Key => "key",
            Self::Ball => "ball",
            Self::Box => "box",
            Self::Goal => "goal",
            Self::Lava => "lava",
        }
    }

    /// Whether objects of this kind are told apart from one another: they change, move or are referred to.
    #[must_use]
    pub(crate) const fn has_identity(self) -> bool {
        matches!(self, Self::Door | Self::Key | Self::Ball | Self::Box)
    }
}

/// A colour. Discriminants are MiniGrid's colour codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Color {
    /// Code 0.
    Red = 0,
    /// Code 1.
    Green = 1,
    /// Code 2.
    Blue = 2,
    /// Code 3.
    Purple = 3,
    /// Code 4.
    Yellow = 4,
    /// Code 5.
    Grey = 5,
}

impl Color {
    /// Every colour, in the order of the codes.
    pub const ALL: [Self; 6] = [Self::Red, Self::Green, Self::Blue, Self::Purple, Self::Yellow, Self::Grey];

    /// Every colour in alphabetical order, the order from which level generators draw.
    pub const ALPHABETICAL: [Self; 6] =
        [Self::Blue, Self::Green, Self::Grey, Self::Purple, Self::Red, Self::Yellow];

    /// MiniGrid's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Purple => "purple",
            Self::Yellow => "yellow",
            Self::Grey => "grey",
        }
    }
}

/// The state of a door. Discriminants are MiniGrid's state codes; everything else has state 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum DoorState {
    /// Can be walked and seen through.
    #[default]
    Open = 0,
    /// Opens when toggled.
    Closed = 1,
    /// Opens when toggled with a key of its colour in hand.
    Locked = 2,
}

/// A thing in a cell, in a hand or in a box, as levels describe it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Object {
    kind: Kind,
    color: Color,
    door: DoorState,
    contains: Option<Box<Object>>,
}

/// Three bytes that encode no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "({}, {}, {}) encodes no object; a cell is (type 1..=9, color 0..=5, state 0, or 0..=2 for a door)",
    .0[0], .0[1], .0[2]
)]
pub struct BadEncoding(pub [u8; 3]);

impl Object {
    /// An object other than a door (a door made this way is open).
    #[must_use]
    pub const fn new(kind: Kind, color: Color) -> Self {
        Self { kind, color, door: DoorState::Open, contains: None }
    }

    /// A grey wall.
    #[must_use]
    pub const fn wall() -> Self {
        Self::new(Kind::Wall, Color::Grey)
    }

    /// A green goal.
    #[must_use]
    pub const fn goal() -> Self {
        Self::new(Kind::Goal, Color::Green)
    }

    /// Red lava.
    #[must_use]
    pub const fn lava() -> Self {
        Self::new(Kind::Lava, Color::Red)
    }

    /// A door.
    #[must_use]
    pub const fn door(color: Color, state: DoorState) -> Self {
        Self { kind: Kind::Door, color, door: state, contains: None }
    }

    /// A box that hides `content`.
    #[must_use]
    pub fn box_with(color: Color, content: Self) -> Self {
        Self { contains: Some(Box::new(content)), ..Self::new(Kind::Box, color) }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its colour.
    #[must_use]
    pub const fn color(&self) -> Color {
        self.color
    }

    /// The state of a door; everything else counts as open.
    #[must_use]
    pub const fn door_state(&self) -> DoorState {
        self.door
    }

    /// What a box hides.
    #[must_use]
    pub fn contains(&self) -> Option<&Self> {
        self.contains.as_deref()
    }

    /// `[type, color, state]`, content left out.
    #[must_use]
    pub const fn encode(&self) -> [u8; 3] {
        [self.kind as u8, self.color as u8, self.door as u8]
    }

    /// The object that three bytes encode; `None` for an empty cell `(1, 0, 0)`.
    pub fn decode(code: [u8; 3]) -> Result<Option<Self>, BadEncoding> {
        if code == EMPTY_CODE {
            return Ok(None);
        }
        let bad = BadEncoding(code);
        let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == code[0]).ok_or(bad)?;
        let color = Color::ALL.into_iter().find(|color| *color as u8 == code[1]).ok_or(bad)?;
        let door = match (kind, code[2]) {
            (_, 0) => DoorState::Open,
            (Kind::Door, 1) => DoorState::Closed,
            (Kind::Door, 2) => DoorState::Locked,
            _ => return Err(bad),
        };
        Ok(Some(Self { kind, color, door, contains: None }))
    }
}

/// The encoding of an empty cell.
pub(crate) const EMPTY_CODE: [u8; 3] = [1, 0, 0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_inverts_encoding_and_refuses_the_rest() {
        for kind in Kind::ALL {
            for color in Color::ALL {
                let object = Object::new(kind, color);
                assert_eq!(Object::decode(object.encode()), Ok(Some(object)));
            }
        }
        let locked = Object::door(Color::Red, DoorState::Locked);
        assert_eq!(Object::decode([4, 0, 2]), Ok(Some(locked)));
        assert_eq!(Object::decode([1, 0, 0]), Ok(None));
        for code in [[0, 0, 0], [10, 0, 0], [4, 6, 0], [4, 0, 3], [5, 0, 1], [1, 1, 0]] {
            assert_eq!(Object::decode(code), Err(BadEncoding(code)));
        }
    }
}
