use crate::observation::GridObservation;
use crate::wrappers::{Unwrapped, View};

const KINDS: usize = 11;
const COLORS: usize = 6;
const STATES: usize = 3;

/// Each cell of the view as 20 bits, one byte each: 11 for its type, 6 for its colour, 3 for its state. Bit `b` of column
/// `i` and row `j` is at `(i * view + j) * 20 + b`.
///
/// Meant for the agent's view. In a full map the agent's cell shows its direction as a state, and the fourth direction has
/// no bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OneHot;

impl OneHot {
    /// Bits of a cell.
    pub const BITS: usize = KINDS + COLORS + STATES;
}

impl<E: Unwrapped<Observation = GridObservation>> View<E> for OneHot {
    type Observation = GridObservation;

    fn new_observation(&self, inner: &E) -> GridObservation {
        let cells = inner.new_observation().image.len() / 3;
        GridObservation { image: vec![0; cells * Self::BITS], direction: 0 }
    }

    fn observe(&self, inner: &E, into: &mut GridObservation) {
        inner.observe(into);
        if inner.unwrapped().agent().is_none() {
            let bits = into.image.len() / 3 * Self::BITS;
            into.image.clear();
            into.image.resize(bits, 0);
            return;
        }
        let cells = into.image.len() / 3;
        into.image.resize(cells * Self::BITS, 0);
        // From the back, so that no code is overwritten before it is read.
        for cell in (0..cells).rev() {
            let [kind, color, state] = std::array::from_fn(|c| usize::from(into.image[3 * cell + c]));
            let bits = &mut into.image[cell * Self::BITS..(cell + 1) * Self::BITS];
            bits.fill(0);
            let set = [
                (kind < KINDS).then_some(kind),
                (color < COLORS).then_some(KINDS + color),
                (state < STATES).then_some(KINDS + COLORS + state),
            ];
            for bit in set.into_iter().flatten() {
                bits[bit] = 1;
            }
        }
    }
}
