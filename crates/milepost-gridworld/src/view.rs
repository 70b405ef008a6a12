//! What the agent sees: a square in front of it, turned so that it looks up, with hidden cells left out.
//!
//! Visibility follows MiniGrid's `process_vis`: from the agent's row outwards, each row is swept left to
//! right and back; a visible cell that does not block sight lights the next cell of the sweep and the
//! cells ahead of both. Here a row is a bit mask, and both sweeps are one expression (see [`row`]).

use std::ops::Range;

use crate::cell::Cell;
use crate::level::Level;
use crate::state::State;

/// Writes the image, `view * view * 3` bytes; column `i`, row `j` and channel `c` at `((i * view) + j) * 3 + c`.
pub(crate) fn image(level: &Level, state: &State, out: &mut [u8]) {
    image_of_size(level.settings.view_size, level, state, out);
}

/// The image of a view of `size` by `size` cells, whatever the level's own.
pub(crate) fn image_of_size(size: usize, level: &Level, state: &State, out: &mut [u8]) {
    match size {
        3 => sized::<3>(level, state, out),
        5 => sized::<5>(level, state, out),
        7 => sized::<7>(level, state, out),
        9 => sized::<9>(level, state, out),
        11 => sized::<11>(level, state, out),
        _ => sized::<13>(level, state, out),
    }
}

/// The part of the map in view, column by column, and for each row the cells that block sight.
struct Window<const V: usize> {
    cells: [[Cell; V]; V],
    opaque: [u16; V],
}

#[inline]
fn window<const V: usize>(level: &Level, state: &State) -> Window<V> {
    let mut window = Window { cells: [[Cell::WALL; V]; V], opaque: [u16::MAX; V] };
    let (dx, dy) = state.direction.vector();
    let (far, half) = (V as i32 - 1, V as i32 / 2);
    // The top-left corner of the view. Columns run along (-dy, dx), rows back along (-dx, -dy).
    let (x, y) = (state.x + dx * far + dy * half, state.y + dy * far - dx * half);
    let (columns, rows) = if dx == 0 {
        (inside::<V>(x, -dy, level.width()), inside::<V>(y, -dy, level.height()))
    } else {
        (inside::<V>(y, dx, level.height()), inside::<V>(x, -dx, level.width()))
    };
    let height = level.height();
    let (corner, right, back) = (x * height + y, dx - dy * height, -dx * height - dy);
    for j in rows {
        let left = corner + back * j as i32;
        let mut clear = 0;
        for i in columns.clone() {
            let cell = state.cells[(left + right * i as i32) as usize];
            window.cells[i][j] = cell;
            clear |= u16::from(!cell.blocks_sight()) << i;
        }
        window.opaque[j] = !clear;
    }
    window
}

/// The `t` in `0..V` for which `start + step * t`, with `step` 1 or -1, is in `0..length`.
fn inside<const V: usize>(start: i32, step: i32, length: i32) -> Range<usize> {
    let (first, last) = if step > 0 { (-start, length - 1 - start) } else { (start - length + 1, start) };
    let end = (last + 1).clamp(0, V as i32);
    first.clamp(0, end) as usize..end as usize
}

/// For each row of the view, the visible cells.
fn visible<const V: usize>(opaque: &[u16; V]) -> [u16; V] {
    let mut visible = [0; V];
    let mut lit = 1 << (V / 2);
    for j in (0..V).rev() {
        (visible[j], lit) = row::<V>(lit, opaque[j]);
    }
    visible
}

/// The visible cells of a row, and the cells it lights in the row ahead, given those that the row behind
/// lights in it and those that block sight.
///
/// Let `F` be the runs of transparent cells that hold a lit one. The sweep to the right reaches the end of
/// each such run and the sweep back all of it, and both light its neighbours. So with
/// `D = F ∪ left(F) ∪ right(F)` the visible cells are `lit ∪ D`, and `D` is lit ahead.
pub(crate) const fn row<const V: usize>(lit: u16, opaque: u16) -> (u16, u16) {
    let all = (1 << V) - 1;
    let clear = !opaque & all;
    let run = runs::<V>(lit & clear, clear);
    let ahead = (run | run << 1 | run >> 1) & all;
    (lit | ahead, ahead)
}

/// The runs of `clear` bits that hold a bit of `lit`, a subset of `clear`. Bits from `V` on are 0 in both.
const fn runs<const V: usize>(lit: u16, mut clear: u16) -> u16 {
    // A carry travels upwards from each lit bit to the end of its run; shifts double their way down.
    let up = ((clear + lit) ^ clear ^ lit) & clear;
    let mut down = lit | (lit >> 1) & clear;
    clear &= clear >> 1;
    down |= (down >> 2) & clear;
    clear &= clear >> 2;
    down |= (down >> 4) & clear;
    if V > 8 {
        clear &= clear >> 4;
        down |= (down >> 8) & clear;
    }
    up | down
}

fn sized<const V: usize>(level: &Level, state: &State, out: &mut [u8]) {
    let mut window = window::<V>(level, state);
    let rows = if level.settings.see_through_walls { [u16::MAX; V] } else { visible(&window.opaque) };
    // The hand is shown where the agent stands.
    window.cells[V / 2][V - 1] = state.carrying;
    let out = &mut out[..V * V * 3];
    for (i, column) in window.cells.iter().enumerate() {
        for (j, cell) in column.iter().enumerate() {
            let [kind, color, state] = cell.code_if(rows[j] >> i & 1 == 1);
            write(out, i * V + j, [kind, color, state, 0]);
        }
    }
}

/// Writes the first three bytes of `code` as the `n`th cell of an image. The cell after it is written later.
#[inline]
pub(crate) fn write(image: &mut [u8], n: usize, code: [u8; 4]) {
    // Four bytes are one store.
    if let Some(bytes) = image.get_mut(3 * n..3 * n + 4) {
        bytes.copy_from_slice(&code);
    } else {
        image[3 * n..].copy_from_slice(&code[..3]);
    }
}

/// The cells of the map that are in view and visible, as indices.
pub(crate) fn visible_cells(level: &Level, state: &State) -> Vec<usize> {
    match level.settings.view_size {
        3 => visible_indices::<3>(level, state),
        5 => visible_indices::<5>(level, state),
        7 => visible_indices::<7>(level, state),
        9 => visible_indices::<9>(level, state),
        11 => visible_indices::<11>(level, state),
        _ => visible_indices::<13>(level, state),
    }
}

fn visible_indices<const V: usize>(level: &Level, state: &State) -> Vec<usize> {
    let window = window::<V>(level, state);
    let rows = if level.settings.see_through_walls { [u16::MAX; V] } else { visible(&window.opaque) };
    let (dx, dy) = state.direction.vector();
    let half = V as i32 / 2;
    let mut indices = Vec::new();
    for (i, j) in (0..V).flat_map(|i| (0..V).map(move |j| (i, j))) {
        if rows[j] >> i & 1 == 1 {
            let (ahead, right) = (V as i32 - 1 - j as i32, i as i32 - half);
            indices.extend(level.index(state.x + dx * ahead - dy * right, state.y + dy * ahead + dx * right));
        }
    }
    indices
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `process_vis` as MiniGrid writes it, on the rows' cells that block sight.
    pub(crate) fn swept<const V: usize>(opaque: &[u16; V]) -> [u16; V] {
        let mut mask = [0u16; V];
        mask[V - 1] = 1 << (V / 2);
        let seen_through = |mask: &[u16; V], i: usize, j: usize| (mask[j] & !opaque[j]) >> i & 1 == 1;
        for j in (0..V).rev() {
            for (from, to) in (0..V - 1).map(|i| (i, i + 1)).chain((1..V).rev().map(|i| (i, i - 1))) {
                if seen_through(&mask, from, j) {
                    mask[j] |= 1 << to;
                    if j > 0 {
                        mask[j - 1] |= 1 << from | 1 << to;
                    }
                }
            }
        }
        mask
    }

    proptest! {
        #[test]
        fn a_row_at_a_time_sees_what_the_sweeps_see(dense: [u16; 13], other: [u16; 13]) {
            let sparse: [u16; 13] = std::array::from_fn(|j| dense[j] & other[j]);
            prop_assert_eq!(visible(&dense), swept(&dense));
            prop_assert_eq!(visible(&sparse), swept(&sparse));
            let narrow: [u16; 7] = std::array::from_fn(|j| sparse[j]);
            prop_assert_eq!(visible(&narrow), swept(&narrow));
            let narrowest: [u16; 3] = std::array::from_fn(|j| dense[j]);
            prop_assert_eq!(visible(&narrowest), swept(&narrowest));
        }
    }
}
