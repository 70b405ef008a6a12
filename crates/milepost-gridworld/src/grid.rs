//! A map under construction: objects by cell, before any episode runs on it.

use crate::object::{BadEncoding, EMPTY_CODE, Object};
use crate::position::Position;

/// A rectangular map of objects. Columns and rows are counted from the top-left corner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    width: u8,
    height: u8,
    /// x-major: cell `(x, y)` at `x * height + y`, the order of MiniGrid's `Grid.encode`.
    cells: Vec<Option<Object>>,
}

/// A map that cannot be made or changed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// The bytes do not cover the map.
    #[error("{found} bytes were given for a {width}x{height} map, which takes {expected} (3 a cell)")]
    Length {
        /// Columns.
        width: u8,
        /// Rows.
        height: u8,
        /// Bytes given.
        found: usize,
        /// Bytes needed.
        expected: usize,
    },
    /// A cell's bytes are no object.
    #[error("cell ({}, {}): {source}", position.x, position.y)]
    Cell {
        /// The cell.
        position: Position,
        /// Its bytes.
        source: BadEncoding,
    },
    /// Something was to be hidden where there is no box.
    #[error("cell ({}, {}) has no box to hide something in", .0.x, .0.y)]
    NoBox(Position),
}

impl Grid {
    /// An empty map.
    #[must_use]
    pub fn new(width: u8, height: u8) -> Self {
        Self { width, height, cells: vec![None; usize::from(width) * usize::from(height)] }
    }

    /// The map that MiniGrid's `Grid.encode` gives: 3 bytes a cell, x-major. Boxes are empty; see [`Grid::hide`].
    pub fn decode(width: u8, height: u8, bytes: &[u8]) -> Result<Self, GridError> {
        let expected = usize::from(width) * usize::from(height) * 3;
        if bytes.len() != expected {
            return Err(GridError::Length { width, height, found: bytes.len(), expected });
        }
        let mut grid = Self::new(width, height);
        for (index, code) in bytes.chunks_exact(3).enumerate() {
            grid.cells[index] = Object::decode([code[0], code[1], code[2]])
                .map_err(|source| GridError::Cell { position: grid.position(index), source })?;
        }
        Ok(grid)
    }

    /// 3 bytes a cell, x-major; the content of boxes is not shown.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.cells.iter().flat_map(|cell| cell.as_ref().map_or(EMPTY_CODE, Object::encode)).collect()
    }

    /// Columns.
    #[must_use]
    pub const fn width(&self) -> u8 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> u8 {
        self.height
    }

    /// The object at `(x, y)`; `None` if the cell is empty or not on the map.
    #[must_use]
    pub fn get(&self, x: i32, y: i32) -> Option<&Object> {
        self.cells.get(self.index(x, y)?)?.as_ref()
    }

    /// Puts an object at `(x, y)`, or empties the cell. Cells that are not on the map are left alone.
    pub fn set(&mut self, x: i32, y: i32, object: Option<Object>) {
        if let Some(index) = self.index(x, y) {
            self.cells[index] = object;
        }
    }

    /// Hides `content` in the box at `position`.
    pub fn hide(&mut self, position: Position, content: Object) -> Result<(), GridError> {
        let cell = self
            .index(i32::from(position.x), i32::from(position.y))
            .and_then(|index| self.cells[index].as_mut())
            .filter(|object| object.kind() == crate::object::Kind::Box)
            .ok_or(GridError::NoBox(position))?;
        *cell = Object::box_with(cell.color(), content);
        Ok(())
    }

    /// Fills the rectangle of `width` by `height` cells at `(x, y)` with copies of `object`.
    pub fn fill(&mut self, x: i32, y: i32, width: i32, height: i32, object: &Object) {
        for column in x..x + width {
            for row in y..y + height {
                self.set(column, row, Some(object.clone()));
            }
        }
    }

    /// Draws the border of a rectangle as walls.
    pub fn wall_rectangle(&mut self, x: i32, y: i32, width: i32, height: i32) {
        let wall = Object::wall();
        self.fill(x, y, width, 1, &wall);
        self.fill(x, y + height - 1, width, 1, &wall);
        self.fill(x, y, 1, height, &wall);
        self.fill(x + width - 1, y, 1, height, &wall);
    }

    /// Cells with what they hold, x-major.
    pub fn iter(&self) -> impl Iterator<Item = (Position, Option<&Object>)> {
        self.cells.iter().enumerate().map(|(index, cell)| (self.position(index), cell.as_ref()))
    }

    fn index(&self, x: i32, y: i32) -> Option<usize> {
        let inside = (0..i32::from(self.width)).contains(&x) && (0..i32::from(self.height)).contains(&y);
        inside.then(|| x as usize * usize::from(self.height) + y as usize)
    }

    fn position(&self, index: usize) -> Position {
        let height = usize::from(self.height);
        Position::new((index / height) as u8, (index % height) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Color, Kind};

    #[test]
    fn malformed_maps_are_refused_by_name() {
        assert_eq!(
            Grid::decode(2, 2, &[0; 5]),
            Err(GridError::Length { width: 2, height: 2, found: 5, expected: 12 })
        );
        let error = Grid::decode(1, 2, &[1, 0, 0, 9, 9, 9]).expect_err("color 9");
        assert_eq!(error, GridError::Cell { position: Position::new(0, 1), source: BadEncoding([9, 9, 9]) });
        let mut grid = Grid::new(3, 3);
        let place = Position::new(1, 1);
        let key = Object::new(Kind::Key, Color::Red);
        assert_eq!(grid.hide(place, key.clone()), Err(GridError::NoBox(place)));
        grid.set(1, 1, Some(Object::new(Kind::Box, Color::Blue)));
        grid.hide(place, key.clone()).expect("a box");
        assert_eq!(grid.get(1, 1).and_then(Object::contains), Some(&key));
    }

    #[test]
    fn decoding_inverts_encoding() {
        let mut grid = Grid::new(5, 4);
        grid.wall_rectangle(0, 0, 5, 4);
        grid.set(2, 2, Some(Object::goal()));
        assert_eq!(Grid::decode(5, 4, &grid.encode()), Ok(grid));
    }
}
