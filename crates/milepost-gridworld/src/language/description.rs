use crate::object::{Color, Kind, Object};
use crate::position::Direction;

/// Which objects are meant, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Description {
    /// Whether several objects match.
    pub article: Article,
    /// Their colour; any, if `None`.
    pub color: Option<Color>,
    /// Their kind; anything at all (even a wall), if `None`.
    pub kind: Option<Kind>,
    /// Where they are, seen from where the agent starts; anywhere, if `None`.
    pub location: Option<Location>,
}

/// Whether a description is of one object or of one among several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Article {
    /// Exactly one object matches.
    The,
    /// Several match.
    A,
}

/// Where something is: in the half of the agent's room on this side of it. Corners are in two halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Location {
    /// On the left hand.
    Left,
    /// On the right hand.
    Right,
    /// In front.
    Front,
    /// Behind.
    Behind,
}

impl Location {
    /// Every location, in the order from which levels draw.
    pub const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Front, Self::Behind];

    /// Whether a place at `offset` from an agent that looks in `direction` is there.
    #[must_use]
    pub const fn holds(self, direction: Direction, offset: (i32, i32)) -> bool {
        let toward = match self {
            Self::Front => direction,
            Self::Right => direction.clockwise(),
            Self::Behind => direction.clockwise().clockwise(),
            Self::Left => direction.counter_clockwise(),
        };
        let (dx, dy) = toward.vector();
        dx * offset.0 + dy * offset.1 > 0
    }
}

impl Description {
    /// "the `color` `kind`", with what is `None` left out.
    #[must_use]
    pub const fn new(kind: Option<Kind>, color: Option<Color>, location: Option<Location>) -> Self {
        Self { article: Article::The, color, kind, location }
    }

    /// "the `color` `kind`".
    #[must_use]
    pub const fn of(kind: Kind, color: Color) -> Self {
        Self::new(Some(kind), Some(color), None)
    }

    /// "the `kind`".
    #[must_use]
    pub const fn any(kind: Kind) -> Self {
        Self::new(Some(kind), None, None)
    }

    /// Whether an object looks as described, wherever it is.
    #[must_use]
    pub fn looks_like(self, object: &Object) -> bool {
        self.kind.is_none_or(|kind| kind == object.kind())
            && self.color.is_none_or(|color| color == object.color())
    }
}
