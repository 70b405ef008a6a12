use milepost_core::Environment;

use crate::grid::Grid;
use crate::gridworld::Gridworld;
use crate::level::{Blueprint, Settings};
use crate::levels::{Generate, GenerateError, SizeError};
use crate::object::{Color, DoorState, Kind, Object};
use crate::position::{Direction, Position};
use crate::rng::NumpyRng;
use crate::rules::{Instruction, Task};

const KEY: Object = Object::new(Kind::Key, Color::Yellow);
const BALL: Object = Object::new(Kind::Ball, Color::Blue);
/// What marks the pad: a green piece of the outer wall.
const MARK: Object = Object::new(Kind::Wall, Color::Green);

/// Four stages in a row: take the key, open the door, take the ball, drop it on the pad.
///
/// A dividing wall with a locked door separates the agent and the key from the ball and the pad. The pad is the one cell in
/// front of a green piece of the outer wall, and dropping the ball there is success. One object is carried at a time, so the
/// key must be dropped before the ball is taken; every stage can be undone. The budget is `3 · size²` steps.
///
/// [`crate::DistanceOracle`] gives the exact number of steps to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StagedFetch {
    size: u8,
}

impl StagedFetch {
    /// A map of `size` by `size` cells, walls included; `size` is 7 to 64.
    pub fn new(size: u8) -> Result<Self, SizeError> {
        if (7..=64).contains(&size) {
            return Ok(Self { size });
        }
        Err(SizeError { what: "the size of a staged fetch", found: size.into(), least: 7, most: 64 })
    }
}

/// How many of the four stages the present state has behind it: 1 with the key in hand, 2 once the door is open, 3 with
/// the ball in hand, 4 after success. It falls when a stage is undone, and is 0 before the first reset.
#[must_use]
pub fn stage(world: &Gridworld) -> u8 {
    let Some(level) = world.level() else { return 0 };
    let open = |index: usize| {
        level.initial.cells[index].is_locked_door()
            && world.object_at(level.position(index)).is_some_and(|door| door.door_state() == DoorState::Open)
    };
    match world.carrying() {
        _ if world.ending().is_some_and(milepost_core::Ending::is_success) => 4,
        Some(held) if held.kind() == Kind::Ball => 3,
        _ if (0..level.cell_count()).any(open) => 2,
        Some(held) if held.kind() == Kind::Key => 1,
        _ => 0,
    }
}

/// A free cell of columns `left..right`, none of `taken`.
fn free_cell(rng: &mut NumpyRng, (left, right): (u8, u8), size: u8, taken: &[Position]) -> Position {
    let columns = left..right;
    let cells: Vec<Position> = columns
        .flat_map(|x| (1..size - 1).map(move |y| Position::new(x, y)))
        .filter(|cell| !taken.contains(cell))
        .collect();
    rng.element(&cells)
}

impl Generate for StagedFetch {
    fn settings(&self) -> Settings {
        Settings::new(3 * u32::from(self.size).pow(2))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let size = self.size;
        let side = i32::from(size);
        let mut grid = Grid::new(size, size);
        grid.wall_rectangle(0, 0, side, side);
        let divider = rng.integers(3, side - 3);
        grid.fill(divider, 0, 1, side, &Object::wall());
        grid.set(divider, rng.integers(1, side - 1), Some(Object::door(Color::Yellow, DoorState::Locked)));
        let pad_row = rng.integers(1, side - 1);
        grid.set(side - 1, pad_row, Some(MARK));
        let mark = Position::new(size - 1, pad_row as u8);
        let pad = Position::new(size - 2, pad_row as u8);
        let (near, far) = ((1, divider as u8), (divider as u8 + 1, size - 1));
        let ball = free_cell(rng, far, size, &[pad]);
        let key = free_cell(rng, near, size, &[]);
        let agent = free_cell(rng, near, size, &[key]);
        grid.set(ball.x.into(), ball.y.into(), Some(BALL));
        grid.set(key.x.into(), key.y.into(), Some(KEY));
        Ok(Blueprint {
            grid,
            agent,
            direction: Direction::from_code(rng.integers(0, 4) as u8),
            carrying: None,
            task: Task::Instruction(Instruction::PutNext {
                moved: vec![ball],
                beside: vec![mark],
                strict: false,
            }),
            mission: "use the key to open the door, then put the blue ball at the green wall".to_owned(),
            rng: None,
        })
    }
}
