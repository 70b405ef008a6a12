use crate::grid::Grid;
use crate::level::{Blueprint, Settings};
use crate::levels::{Generate, GenerateError, SizeError};
use crate::object::{Color, Kind, Object};
use crate::position::{Direction, Position};
use crate::rng::NumpyRng;
use crate::rules::Task;

const ORE: Object = Object::new(Kind::Ball, Color::Yellow);
const MAX_STEPS: u32 = 200;
const ORES: usize = 3;
/// Caves drawn before a seed is given up.
const ATTEMPTS: u32 = 1000;

/// A cave that the agent sees 7 by 7 cells at a time: three ores, and lava next to most of them. Picking up one ore is
/// success, stepping on lava the end. 200 steps.
///
/// One cell in five is rock. Each ore has lava on one side with probability ¾, and there is as much lava elsewhere. Caves in
/// which no ore can be reached, or one lies within three cells of the start, are drawn again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LavaMine {
    size: u8,
}

impl LavaMine {
    /// A map of `size` by `size` cells, walls included; `size` is 11 to 64.
    pub fn new(size: u8) -> Result<Self, SizeError> {
        if (11..=64).contains(&size) {
            return Ok(Self { size });
        }
        Err(SizeError { what: "the size of a mine", found: size.into(), least: 11, most: 64 })
    }

    fn draw(self, rng: &mut NumpyRng) -> Option<(Grid, Position)> {
        let side = i32::from(self.size);
        let mut grid = Grid::new(self.size, self.size);
        grid.wall_rectangle(0, 0, side, side);
        for (x, y) in (1..side - 1).flat_map(|x| (1..side - 1).map(move |y| (x, y))) {
            if rng.integers(0, 5) == 0 {
                grid.set(x, y, Some(Object::wall()));
            }
        }
        let mut ores = Vec::new();
        for _ in 0..ORES {
            let ore = self.free(&grid, rng)?;
            grid.set(ore.0, ore.1, Some(ORE));
            ores.push(ore);
            if rng.integers(0, 4) > 0 {
                let (dx, dy) = Direction::from_code(rng.integers(0, 4) as u8).vector();
                let beside = (ore.0 + dx, ore.1 + dy);
                if grid.get(beside.0, beside.1).is_none() {
                    grid.set(beside.0, beside.1, Some(Object::lava()));
                }
            }
        }
        for _ in 0..ORES {
            let lava = self.free(&grid, rng)?;
            grid.set(lava.0, lava.1, Some(Object::lava()));
        }
        let agent = self.free(&grid, rng)?;
        let far = ores.iter().all(|ore| (ore.0 - agent.0).abs().max((ore.1 - agent.1).abs()) > 3);
        (far && self.reaches_ore(&grid, agent)).then(|| (grid, Position::new(agent.0 as u8, agent.1 as u8)))
    }

    /// A random empty cell.
    fn free(self, grid: &Grid, rng: &mut NumpyRng) -> Option<(i32, i32)> {
        let side = i32::from(self.size);
        let draws = (0..1000).map(|_| (rng.integers(1, side - 1), rng.integers(1, side - 1)));
        draws.into_iter().find(|(x, y)| grid.get(*x, *y).is_none())
    }

    /// Whether some ore is beside a cell that can be walked to.
    fn reaches_ore(self, grid: &Grid, start: (i32, i32)) -> bool {
        let side = usize::from(self.size);
        let mut known = vec![false; side * side];
        let mut frontier = vec![start];
        while let Some((x, y)) = frontier.pop() {
            for (dx, dy) in Direction::ALL.map(Direction::vector) {
                let next = (x + dx, y + dy);
                match grid.get(next.0, next.1) {
                    Some(object) if object.kind() == Kind::Ball => return true,
                    Some(_) => {}
                    None => {
                        let index = next.0 as usize * side + next.1 as usize;
                        if !std::mem::replace(&mut known[index], true) {
                            frontier.push(next);
                        }
                    }
                }
            }
        }
        false
    }
}

impl Generate for LavaMine {
    fn settings(&self) -> Settings {
        Settings::new(MAX_STEPS)
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let Some((grid, agent)) = (0..ATTEMPTS).find_map(|_| self.draw(rng)) else {
            let last = Box::new(GenerateError::Rejected { reason: "no ore can be reached" });
            return Err(GenerateError::Exhausted { attempts: ATTEMPTS, last });
        };
        Ok(Blueprint {
            grid,
            agent,
            direction: Direction::from_code(rng.integers(0, 4) as u8),
            carrying: None,
            task: Task::Fetch { kind: ORE.kind(), color: ORE.color() },
            mission: "avoid the lava and pick up a yellow ball".to_owned(),
            rng: None,
        })
    }
}
