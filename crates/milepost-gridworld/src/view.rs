//! What the agent sees: a square in front of it, turned so that it looks up, with hidden cells left out.
//!
//! Visibility follows MiniGrid's `process_vis`: from the agent's row outwards, each row is swept left to
//! right and back; a visible cell that does not block sight lights the next cell of the sweep and the
//! cells ahead of both. Here a row is a bit mask and a sweep is a flood through transparent bits.

use std::ops::Range;

use crate::cell::Cell;
use crate::level::Level;
use crate::state::State;

/// Writes the image, `view * view * 3` bytes; column `i`, row `j` and channel `c` at `((i * view) + j) * 3 + c`.
pub(crate) fn image(level: &Level, state: &State, out: &mut [u8]) {
    match level.settings.view_size {
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
    for i in columns {
        let column = &mut window.cells[i];
        let top = corner + right * i as i32;
        for j in rows.clone() {
            let cell = state.cells[(top + back * j as i32) as usize];
            column[j] = cell;
            window.opaque[j] &= !(u16::from(!cell.blocks_sight()) << i);
        }
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
pub(crate) fn visible<const V: usize>(opaque: &[u16; V]) -> [u16; V] {
    let all: u16 = (1 << V) - 1;
    let mut rows = [0; V];
    rows[V - 1] = 1 << (V / 2);
    for j in (0..V).rev() {
        let clear = !opaque[j] & all;
        let rightwards = flood_up(rows[j] & clear & (all >> 1), clear & (all >> 1));
        rows[j] |= rightwards << 1;
        let leftwards = flood_down(rows[j] & clear & !1, clear & !1);
        rows[j] |= leftwards >> 1;
        if j > 0 {
            rows[j - 1] = rightwards | rightwards << 1 | leftwards | leftwards >> 1;
        }
    }
    rows
}

/// Bits of `clear` reached from `lit` by moving to higher bits.
const fn flood_up(mut lit: u16, mut clear: u16) -> u16 {
    lit |= (lit << 1) & clear;
    clear &= clear << 1;
    lit |= (lit << 2) & clear;
    clear &= clear << 2;
    lit |= (lit << 4) & clear;
    clear &= clear << 4;
    lit | (lit << 8) & clear
}

/// Bits of `clear` reached from `lit` by moving to lower bits.
const fn flood_down(mut lit: u16, mut clear: u16) -> u16 {
    lit |= (lit >> 1) & clear;
    clear &= clear >> 1;
    lit |= (lit >> 2) & clear;
    clear &= clear >> 2;
    lit |= (lit >> 4) & clear;
    clear &= clear >> 4;
    lit | (lit >> 8) & clear
}

fn sized<const V: usize>(level: &Level, state: &State, out: &mut [u8]) {
    let mut window = window::<V>(level, state);
    let rows = if level.settings.see_through_walls { [u16::MAX; V] } else { visible(&window.opaque) };
    // The hand is shown where the agent stands.
    window.cells[V / 2][V - 1] = state.carrying;
    let columns = out.chunks_exact_mut(3 * V);
    for (i, (column, bytes)) in window.cells.iter().zip(columns).enumerate() {
        for ((cell, row), code) in column.iter().zip(&rows).zip(bytes.chunks_exact_mut(3)) {
            code.copy_from_slice(&cell.code_if(row >> i & 1 == 1));
        }
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
