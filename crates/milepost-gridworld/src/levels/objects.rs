//! Rooms with things in them: draws shared by several families.

use super::GenerateError;
use super::canvas::Canvas;
use crate::object::{Color, Kind, Object};

/// The kinds from which most families draw.
pub(super) const PORTABLE: [Kind; 3] = [Kind::Key, Kind::Ball, Kind::Box];

/// A thing on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) kind: Kind,
    pub(super) color: Color,
    pub(super) place: (i32, i32),
}

impl Placed {
    /// "red ball".
    pub(super) fn words(&self) -> String {
        format!("{} {}", self.color.name(), self.kind.name())
    }
}

/// Places `count` things that differ in kind or colour, each in a free cell that is not `rejected`, which is
/// told the cell and what was placed before.
pub(super) fn place_distinct(
    canvas: &mut Canvas<'_>,
    count: u8,
    rejected: impl Fn((i32, i32), &[Placed]) -> bool,
) -> Result<Vec<Placed>, GenerateError> {
    let mut placed: Vec<Placed> = Vec::new();
    while placed.len() < usize::from(count) {
        let (kind, color) = draw(canvas, &PORTABLE);
        if placed.iter().any(|other| (other.kind, other.color) == (kind, color)) {
            continue;
        }
        let place = canvas.free_cell(canvas.whole(), None, |place| rejected(place, &placed))?;
        canvas.grid.set(place.0, place.1, Some(Object::new(kind, color)));
        placed.push(Placed { kind, color, place });
    }
    Ok(placed)
}

/// Draws a kind, then a colour.
pub(super) fn draw(canvas: &mut Canvas<'_>, kinds: &[Kind]) -> (Kind, Color) {
    (canvas.rng.element(kinds), canvas.rng.element(&Color::ALPHABETICAL))
}
