use super::canvas::Canvas;
use super::{Generate, GenerateError, SizeError, check_size};
use crate::level::{Blueprint, Settings};
use crate::object::Object;
use crate::position::Direction;
use crate::rng::NumpyRng;
use crate::rules::Task;

/// What stands in the agent's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Deadly, and can be seen over.
    Lava,
    /// Harmless, and blocks sight.
    Wall,
}

impl Obstacle {
    pub(super) const fn object(self) -> Object {
        match self {
            Self::Lava => Object::lava(),
            Self::Wall => Object::wall(),
        }
    }

    pub(super) const fn mission(self) -> &'static str {
        match self {
            Self::Lava => "avoid the lava and get to the green goal square",
            Self::Wall => "find the opening and get to the green goal square",
        }
    }
}

/// Rivers of lava (or walls) across the map, each with one opening on the way from corner to corner.
#[derive(Debug, Clone, Copy)]
pub struct Crossing {
    size: u8,
    crossings: usize,
    obstacle: Obstacle,
}

/// A size from which no crossing can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CrossingError {
    /// It is too small.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// Rivers lie on even rows and columns, the goal in an odd corner.
    #[error("the size of a crossing is {0}; it must be odd, so that rivers and the goal fit")]
    EvenSize(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    /// A river of constant `x`.
    Vertical,
    /// A river of constant `y`.
    Horizontal,
}

impl Crossing {
    /// A map of `size` by `size` cells, walls included, with up to `crossings` rivers; `size` is odd, 5 to 255.
    pub fn new(size: u8, crossings: usize, obstacle: Obstacle) -> Result<Self, CrossingError> {
        check_size("the size of a crossing", size, 5)?;
        if size.is_multiple_of(2) {
            return Err(CrossingError::EvenSize(size));
        }
        Ok(Self { size, crossings, obstacle })
    }
}

impl Generate for Crossing {
    fn settings(&self) -> Settings {
        Settings::new(4 * u32::from(self.size).pow(2))
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let size = i32::from(self.size);
        let mut canvas = Canvas::walled(self.size, self.size, rng);
        (canvas.agent, canvas.direction) = ((1, 1), Direction::Right);
        canvas.grid.set(size - 2, size - 2, Some(Object::goal()));

        let places = || (2..size - 2).step_by(2);
        let mut rivers: Vec<(Axis, i32)> = places().map(|x| (Axis::Vertical, x)).collect();
        rivers.extend(places().map(|y| (Axis::Horizontal, y)));
        canvas.rng.shuffle(&mut rivers);
        rivers.truncate(self.crossings);
        let sorted = |axis| {
            let mut places: Vec<i32> =
                rivers.iter().filter(|(a, _)| *a == axis).map(|(_, place)| *place).collect();
            places.sort_unstable();
            places
        };
        let (vertical, horizontal) = (sorted(Axis::Vertical), sorted(Axis::Horizontal));
        let obstacle = self.obstacle.object();
        for y in &horizontal {
            canvas.grid.fill(1, *y, size - 2, 1, &obstacle);
        }
        for x in &vertical {
            canvas.grid.fill(*x, 1, 1, size - 2, &obstacle);
        }

        // The order in which a path from corner to corner crosses the rivers.
        let mut path = vec![Axis::Horizontal; vertical.len()];
        path.extend(vec![Axis::Vertical; horizontal.len()]);
        canvas.rng.shuffle(&mut path);
        let limits = |rivers: &[i32]| -> Vec<i32> {
            std::iter::once(0).chain(rivers.iter().copied()).chain([size - 1]).collect()
        };
        let (columns, rows) = (limits(&vertical), limits(&horizontal));
        let (mut column, mut row) = (0, 0);
        for step in path {
            let (x, y) = match step {
                Axis::Horizontal => {
                    column += 1;
                    (columns[column], canvas.rng.integers(rows[row] + 1, rows[row + 1]))
                }
                Axis::Vertical => {
                    row += 1;
                    (canvas.rng.integers(columns[column] + 1, columns[column + 1]), rows[row])
                }
            };
            canvas.grid.set(x, y, None);
        }
        Ok(canvas.finish(Task::Goal, self.obstacle.mission()))
    }
}
