//! Which cells of a view are visible, for many views at once.
//!
//! A row of a view is a bit mask and a view a lane, so that the compiler can work on all lanes of a row with
//! vector instructions. What happens in a row is [`view::row`], as in the scalar engine.

use crate::view;

/// Views worked on together.
pub(super) const LANES: usize = 16;

/// A row of every view: bit `i` is column `i`.
type Row = [u16; LANES];

/// The visible cells of each row, given those that block sight.
#[inline]
pub(super) fn visible<const V: usize>(opaque: &[Row; V]) -> [Row; V] {
    let mut visible = [[0; LANES]; V];
    let mut lit = [1 << (V / 2); LANES];
    for j in (0..V).rev() {
        for lane in 0..LANES {
            (visible[j][lane], lit[lane]) = view::row::<V>(lit[lane], opaque[j][lane]);
        }
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::tests::swept;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_lanes_see_what_the_sweeps_see(dense: [Row; 7], other: [Row; 7]) {
            let opaque: [Row; 7] =
                std::array::from_fn(|j| std::array::from_fn(|lane| dense[j][lane] & other[j][lane]));
            let seen = visible(&opaque);
            for lane in 0..LANES {
                prop_assert_eq!(seen.map(|row| row[lane]), swept(&opaque.map(|row| row[lane])));
            }
        }
    }
}
