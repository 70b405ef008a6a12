use crate::grid::Grid;
use crate::level::{Blueprint, Settings};
use crate::levels::{Generate, GenerateError, SizeError};
use crate::object::{Color, Kind, Object};
use crate::position::{Direction, Position};
use crate::rng::NumpyRng;
use crate::rules::{Instruction, Task};

const TREE: Object = Object::new(Kind::Box, Color::Green);

/// A wide plain with a single tree, a green box: facing it is success. `8 · size` steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SparseGrove {
    size: u8,
}

impl SparseGrove {
    /// A map of `size` by `size` cells, walls included; `size` is 9 to 100.
    pub fn new(size: u8) -> Result<Self, SizeError> {
        if (9..=100).contains(&size) {
            return Ok(Self { size });
        }
        Err(SizeError { what: "the size of a grove", found: size.into(), least: 9, most: 100 })
    }
}

impl Generate for SparseGrove {
    fn settings(&self) -> Settings {
        Settings::new(8 * u32::from(self.size))
    }

    /// The tree is at least a third of the map away from the agent, by rows or by columns.
    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let size = self.size;
        let mut grid = Grid::new(size, size);
        grid.wall_rectangle(0, 0, size.into(), size.into());
        let cells: Vec<Position> =
            (1..size - 1).flat_map(|x| (1..size - 1).map(move |y| Position::new(x, y))).collect();
        let tree = rng.element(&cells);
        let far: Vec<Position> = cells
            .into_iter()
            .filter(|cell| cell.x.abs_diff(tree.x).max(cell.y.abs_diff(tree.y)) >= size / 3)
            .collect();
        let agent = rng.element(&far);
        grid.set(tree.x.into(), tree.y.into(), Some(TREE));
        Ok(Blueprint {
            grid,
            agent,
            direction: Direction::from_code(rng.integers(0, 4) as u8),
            carrying: None,
            task: Task::Instruction(Instruction::GoTo(vec![tree])),
            mission: "go to the green box".to_owned(),
            rng: None,
        })
    }
}
