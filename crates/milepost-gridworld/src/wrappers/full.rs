use crate::gridworld::Episode;
use crate::observation::GridObservation;
use crate::wrappers::{Unwrapped, View};

/// The code of the agent's cell in a full map: the agent's type, red, and where it looks.
const AGENT: u8 = 10;

/// The whole map instead of the agent's view: `width * height * 3` bytes, column `x`, row `y` and channel `c` at
/// `(x * height + y) * 3 + c`; the agent's cell is `(10, 0, direction)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FullyObserved;

impl<E: Unwrapped> View<E> for FullyObserved {
    type Observation = GridObservation;

    fn new_observation(&self, inner: &E) -> GridObservation {
        let (width, height) = inner.unwrapped().extent();
        GridObservation { image: vec![0; usize::from(width) * usize::from(height) * 3], direction: 0 }
    }

    fn observe(&self, inner: &E, into: &mut GridObservation) {
        into.image.clear();
        into.direction = 0;
        let Some(Episode { level, state, .. }) = &inner.unwrapped().episode else { return };
        into.image.extend(state.cells.iter().flat_map(|cell| cell.code()));
        into.direction = state.direction as u8;
        if let Some(index) = level.index(state.x, state.y) {
            into.image[3 * index..3 * index + 3].copy_from_slice(&[AGENT, 0, into.direction]);
        }
    }
}
