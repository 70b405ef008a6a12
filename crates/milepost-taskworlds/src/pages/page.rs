use milepost_core::Stream;

use super::rect::Rect;

/// Width and height of a page in pixels.
pub const SIDE: u32 = 16;
/// Width and height of what the policy is shown of a page.
pub const VIEW: u32 = 8;
/// Colour channels.
pub const CHANNELS: u32 = 3;
/// Facts that a page tells.
pub const CELLS: usize = 3;
/// Width and height of the glyph of an entity.
pub const TITLE: u32 = 3;

/// How large a page is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Print {
    /// Cells of 2×4 pixels: relations can be read off the full view, values cannot.
    Small,
    /// Cells of 4×8 pixels: all can be read off the full view.
    Large,
}

impl Print {
    /// Side of a glyph in pixels; a cell is two of them side by side.
    const fn glyph(self) -> u32 {
        match self {
            Self::Small => 2,
            Self::Large => 4,
        }
    }
}

/// A fact on a page: the glyph of a relation and, to its right, that of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Which relation.
    pub relation: u32,
    /// Its value.
    pub value: u32,
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
}

/// A page: title, cells and clutter as `3 × 16 × 16` pixels from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The entity that it is about.
    pub entity: u32,
    /// How large it is printed.
    pub print: Print,
    /// What it tells, from top to bottom.
    pub cells: [Cell; CELLS],
    /// Brightness, `[channel, y, x]`.
    pub pixels: Box<[f32]>,
}

/// The glyph of an entity, `[3, 3]` in rows: the nine bits of a number, different for each of the first 511.
#[must_use]
pub fn title(entity: u32) -> [f32; (TITLE * TITLE) as usize] {
    // An odd factor permutes the residues of 2⁹ and spreads neighbours.
    let code = entity.wrapping_add(1).wrapping_mul(181) % 512;
    std::array::from_fn(|bit| ((code >> bit) & 1) as f32)
}

impl Page {
    /// Lays the facts out at random places and prints them.
    pub(super) fn new(
        entity: u32,
        print: Print,
        facts: [(u32, u32); CELLS],
        clutter: f64,
        stream: &mut Stream,
    ) -> Self {
        let glyph = print.glyph();
        // Cells take different rows, so they never touch; everything stands on even pixels.
        let mut rows: Vec<u32> = (4..=SIDE - glyph).step_by(glyph as usize).collect();
        stream.shuffle(&mut rows);
        rows.truncate(CELLS);
        rows.sort_unstable();
        let columns = u64::from((SIDE - 2 * glyph) / 2 + 1);
        let cells = std::array::from_fn(|index| {
            let (relation, value) = facts[index];
            Cell { relation, value, x: 2 * stream.below(columns) as u32, y: rows[index] }
        });
        let pixels = vec![0.0; (CHANNELS * SIDE * SIDE) as usize].into();
        let mut page = Self { entity, print, cells, pixels };
        page.print_clutter(clutter, stream);
        page.print_glyphs();
        page
    }

    /// Half-bright pixels of a random colour; those below glyphs are printed over.
    fn print_clutter(&mut self, share: f64, stream: &mut Stream) {
        for y in 0..SIDE {
            for x in 0..SIDE {
                if stream.uniform() < share {
                    let channel = stream.below(u64::from(CHANNELS)) as u32;
                    self.pixels[index(channel, x, y)] = 0.5;
                }
            }
        }
    }

    fn print_glyphs(&mut self) {
        for (bit, brightness) in (0..).zip(title(self.entity)) {
            self.dot(bit % TITLE, bit / TITLE, [0.0, 0.0, brightness]);
        }
        let scale = self.print.glyph() / 2;
        for Cell { relation, value, x, y } in self.cells {
            let channel = |bit: u32| ((relation + 1) >> bit & 1) as f32;
            let colour = [channel(0), channel(1), channel(2)];
            for dot in 0..4 {
                let lit = |on: bool| f32::from(u8::from(on));
                // One lit dot in each of two channels, whatever the value: the mean tells nothing.
                let code = [lit(dot == value % 4), lit(dot == value / 4), 0.0];
                for part in 0..scale * scale {
                    let dx = dot % 2 * scale + part % scale;
                    let dy = dot / 2 * scale + part / scale;
                    self.dot(x + dx, y + dy, colour);
                    self.dot(x + 2 * scale + dx, y + dy, code);
                }
            }
        }
    }

    fn dot(&mut self, x: u32, y: u32, colour: [f32; 3]) {
        for (channel, brightness) in (0..).zip(colour) {
            self.pixels[index(channel, x, y)] = brightness;
        }
    }

    /// The box of a cell.
    #[must_use]
    pub fn cell_box(&self, cell: &Cell) -> Rect {
        let glyph = self.print.glyph() as i32;
        let (x, y) = (cell.x as i32, cell.y as i32);
        Rect::new(x, y, x + 2 * glyph, y + glyph)
    }

    /// The boxes of a cell's relation and of its value.
    #[must_use]
    pub fn glyph_boxes(&self, cell: &Cell) -> (Rect, Rect) {
        let whole = self.cell_box(cell);
        let middle = whole.x0 + self.print.glyph() as i32;
        (Rect { x1: middle, ..whole }, Rect { x0: middle, ..whole })
    }

    /// The cell that tells `relation`, if one does.
    #[must_use]
    pub fn cell(&self, relation: u32) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.relation == relation)
    }
}

/// Where a pixel stands in a page's `[channel, y, x]`.
pub(super) const fn index(channel: u32, x: u32, y: u32) -> usize {
    ((channel * SIDE + y) * SIDE + x) as usize
}
