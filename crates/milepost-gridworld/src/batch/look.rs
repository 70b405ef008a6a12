//! The observations of neighbouring slots, written side by side.

use super::agent::Agent;
use super::packed::{CODES, PackedMap, WIDEST};
use super::sight::{LANES, visible};
use crate::view;

/// The lowest bit of every byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Writes the images of at most [`LANES`] slots, `view * view * 3` bytes each.
pub(super) fn images(
    view: usize,
    see_through_walls: bool,
    maps: &[PackedMap],
    agents: &[Agent],
    out: &mut [u8],
) {
    match view {
        3 => sized::<3>(see_through_walls, maps, agents, out),
        5 => sized::<5>(see_through_walls, maps, agents, out),
        _ => sized::<WIDEST>(see_through_walls, maps, agents, out),
    }
}

fn sized<const V: usize>(see_through_walls: bool, maps: &[PackedMap], agents: &[Agent], out: &mut [u8]) {
    let mut views = [[0; V]; LANES];
    let mut opaque = [[0; LANES]; V];
    for (lane, (map, agent)) in maps.iter().zip(agents).enumerate() {
        let view = &mut views[lane];
        *view = map.view::<V>(agent);
        // Bit 7 of byte `j` of column `i` becomes bit `i` of byte `j`.
        let rows = view.iter().enumerate().fold(0, |rows, (i, column)| rows | (column >> 7 & ONES) << i);
        for (row, byte) in opaque.iter_mut().zip(rows.to_le_bytes()) {
            row[lane] = u16::from(byte);
        }
        // The hand is shown where the agent stands.
        let here = 8 * (V - 1);
        let hand = u64::from(agent.hand) << here;
        view[V / 2] = view[V / 2] & !(0xff << here) | hand;
    }
    let seen = if see_through_walls { [[u16::MAX; LANES]; V] } else { visible(&opaque) };
    for (lane, image) in out.chunks_exact_mut(V * V * 3).enumerate() {
        let mut rows = [0; 8];
        for (byte, row) in rows.iter_mut().zip(&seen) {
            *byte = row[lane] as u8;
        }
        write(&views[lane], u64::from_le_bytes(rows), image);
    }
}

/// Three bytes a cell, column by column; `rows` holds the visible cells of row `j` in byte `j`.
#[inline]
fn write<const V: usize>(view: &[u64; V], rows: u64, image: &mut [u8]) {
    let image = &mut image[..V * V * 3];
    for (i, column) in view.iter().enumerate() {
        let shown = column & ((rows >> i & ONES) * 0x7f);
        for (j, byte) in shown.to_le_bytes().into_iter().take(V).enumerate() {
            view::write(image, i * V + j, CODES[usize::from(byte & 0x7f)]);
        }
    }
}
