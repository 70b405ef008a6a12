use super::page::{CHANNELS, Page, Print, SIDE, VIEW, index};
use super::rect::Rect;

/// Numbers of a view, `[channel, y, x]`.
pub const VIEW_LEN: usize = (CHANNELS * VIEW * VIEW) as usize;

/// A part of a page as the policy sees it.
///
/// A page is seen through the mean of each block of 2×2 pixels. A box of at most `sharp` pixels in width and
/// height is shown pixel by pixel instead. Glyphs of small print are as large as a block and every value has the
/// same mean, so *a value in small print can be read from a sharp box that covers its glyph, and otherwise not
/// at all*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// What is shown, in pixels of the page; degenerate where the box was.
    pub region: Rect,
    /// Whether pixels are shown as they are.
    pub sharp: bool,
}

/// What can be read of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Where the cell stands.
    pub place: Rect,
    /// Its relation, where the glyph is shown whole.
    pub relation: Option<u32>,
    /// Its value, where the glyph is shown whole and large enough.
    pub value: Option<u32>,
}

const PAGE: Rect = Rect::new(0, 0, SIDE as i32, SIDE as i32);

impl Shown {
    /// The whole page.
    pub const FULL: Self = Self { region: PAGE, sharp: false };

    /// What a box shows. It is grown by `padding` first, and cut at the edges of the page.
    #[must_use]
    pub fn of_box(raw: Rect, sharp: u32, padding: u32) -> Self {
        if raw.is_degenerate() {
            return Self { region: Rect::new(0, 0, 0, 0), sharp: true };
        }
        let (width, height) = raw.size();
        let sharp = width.max(height) <= sharp as i32;
        let cut = raw.grown(padding as i32).intersection(PAGE);
        let even = |edge: i32| edge + edge % 2;
        let region =
            if sharp { cut } else { Rect::new(cut.x0 / 2 * 2, cut.y0 / 2 * 2, even(cut.x1), even(cut.y1)) };
        Self { region, sharp }
    }

    /// Writes the view, `[channel, y, x]` of `3 × 8 × 8`, from its upper left corner; zero where nothing is shown.
    ///
    /// # Panics
    /// If `into` does not have [`VIEW_LEN`] entries.
    pub fn render(self, page: &Page, into: &mut [f32]) {
        assert_eq!(into.len(), VIEW_LEN, "a view has {VIEW_LEN} numbers");
        into.fill(0.0);
        if self.region.is_degenerate() {
            return;
        }
        let step = if self.sharp { 1 } else { 2 };
        let (left, top) = (self.region.x0 as u32, self.region.y0 as u32);
        let columns = (self.region.x1 as u32 - left).div_ceil(step);
        let rows = (self.region.y1 as u32 - top).div_ceil(step);
        for channel in 0..CHANNELS {
            for y in 0..rows.min(VIEW) {
                for x in 0..columns.min(VIEW) {
                    let at = |dx, dy| page.pixels[index(channel, left + x * step + dx, top + y * step + dy)];
                    let brightness =
                        if self.sharp { at(0, 0) } else { (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4.0 };
                    into[((channel * VIEW + y) * VIEW + x) as usize] = brightness;
                }
            }
        }
    }

    /// What can be read, from top to bottom; cells of which nothing can be read are left out.
    pub fn read(self, page: &Page) -> impl Iterator<Item = Reading> + '_ {
        page.cells.iter().filter_map(move |cell| {
            let (relation, value) = page.glyph_boxes(cell);
            let large_enough = self.sharp || page.print == Print::Large;
            let reading = Reading {
                place: page.cell_box(cell),
                relation: self.region.covers(relation).then_some(cell.relation),
                value: (large_enough && self.region.covers(value)).then_some(cell.value),
            };
            (reading.relation.is_some() || self.region.covers(value)).then_some(reading)
        })
    }
}
