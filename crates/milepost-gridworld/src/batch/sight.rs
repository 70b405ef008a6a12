//! Which cells of a view are visible, for many views at once.
//!
//! MiniGrid's `process_vis` sweeps each row right and then left, from the agent's row outwards: a visible
//! cell that does not block sight lights the next cell of the sweep and the cells ahead of both. Let a row's
//! *lit* cells be those lit from the row before, and `F` the runs of transparent cells that hold a lit one.
//! The sweep to the right reaches the end of each such run and the sweep back all of it, so with
//! `D = F ∪ left(F) ∪ right(F)` the row's visible cells are `lit ∪ D`, and `D` is lit in the next row.
//! A row is a byte and a view a lane, so that the compiler can work on all lanes with vector instructions.

/// Views worked on together.
pub(super) const LANES: usize = 16;

/// One byte for each view: bit `i` is column `i`.
type Row = [u8; LANES];

/// The visible cells of each row, given those that block sight.
#[inline]
pub(super) fn visible<const V: usize>(opaque: &[Row; V]) -> [Row; V] {
    let all = (1 << V) - 1;
    let mut visible = [[0; LANES]; V];
    let mut lit = [1 << (V / 2); LANES];
    for j in (0..V).rev() {
        for lane in 0..LANES {
            let clear = !opaque[j][lane] & all;
            let run = runs(lit[lane] & clear, clear);
            let spread = (run | run << 1 | run >> 1) & all;
            visible[j][lane] = lit[lane] | spread;
            lit[lane] = spread;
        }
    }
    visible
}

/// The runs of `clear` bits that hold a bit of `lit`, a subset of `clear`. Bit 7 is clear in both.
const fn runs(lit: u8, clear: u8) -> u8 {
    // A carry travels from each lit bit to the end of its run.
    let mut run = (lit | (clear.wrapping_add(lit) ^ clear ^ lit)) & clear;
    run |= (run >> 1) & clear;
    let clear = clear & (clear >> 1);
    run |= (run >> 2) & clear;
    let clear = clear & (clear >> 2);
    run | (run >> 4) & clear
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view;
    use proptest::prelude::*;

    fn agrees<const V: usize>(opaque: [[u8; LANES]; V]) -> Result<(), TestCaseError> {
        let all = (1 << V) - 1;
        let seen = visible(&opaque);
        for lane in 0..LANES {
            let rows: [u16; V] = opaque.map(|row| u16::from(row[lane]));
            let expected = view::visible(&rows).map(|row| row & all);
            prop_assert_eq!(seen.map(|row| u16::from(row[lane])), expected);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn all_lanes_see_what_the_sweeps_see(dense: [[u8; LANES]; 7], other: [[u8; LANES]; 7]) {
            let sparse: [Row; 7] = std::array::from_fn(|j| {
                std::array::from_fn(|lane| dense[j][lane] & other[j][lane])
            });
            agrees::<7>(dense)?;
            agrees::<7>(sparse)?;
            agrees::<5>(std::array::from_fn(|j| sparse[j]))?;
            agrees::<3>(std::array::from_fn(|j| sparse[j]))?;
        }
    }
}
