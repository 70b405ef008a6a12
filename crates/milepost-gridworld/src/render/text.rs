use crate::gridworld::Gridworld;
use crate::object::{DoorState, Kind, Object};
use crate::position::{Direction, Position};

impl Gridworld {
    /// The map as text, two characters a cell and one line a row, as MiniGrid prints it: the agent is `>>`,
    /// `VV`, `<<` or `^^`; a door is `__` when open, else `D` or `L` (locked) and its colour; other things
    /// are a letter and their colour: **W**all, **F**loor, **K**ey, b**A**ll, **B**ox, **G**oal, la**V**a.
    #[must_use]
    pub fn to_text(&self) -> String {
        let (width, height) = self.extent();
        let row = |y| (0..width).map(|x| self.cell_text(Position::new(x, y))).collect::<String>();
        (0..height).map(row).collect::<Vec<_>>().join("\n")
    }

    fn cell_text(&self, position: Position) -> String {
        if self.agent() == Some(position) {
            let arrow = match self.direction() {
                Direction::Right => ">>",
                Direction::Down => "VV",
                Direction::Left => "<<",
                Direction::Up => "^^",
            };
            return arrow.to_owned();
        }
        self.object_at(position).map_or_else(|| "  ".to_owned(), |object| object_text(&object))
    }
}

fn object_text(object: &Object) -> String {
    let letter = match (object.kind(), object.door_state()) {
        (Kind::Door, DoorState::Open) => return "__".to_owned(),
        (Kind::Door, DoorState::Closed) => 'D',
        (Kind::Door, DoorState::Locked) => 'L',
        (Kind::Wall, _) => 'W',
        (Kind::Floor, _) => 'F',
        (Kind::Key, _) => 'K',
        (Kind::Ball, _) => 'A',
        (Kind::Box, _) => 'B',
        (Kind::Goal, _) => 'G',
        (Kind::Lava, _) => 'V',
    };
    let color = object.color().name().chars().take(1).map(|c| c.to_ascii_uppercase());
    std::iter::once(letter).chain(color).collect()
}
