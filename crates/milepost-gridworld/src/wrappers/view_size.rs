use crate::gridworld::Episode;
use crate::level::{LevelError, Settings};
use crate::observation::GridObservation;
use crate::view;
use crate::wrappers::{Unwrapped, View};

/// A view of another size: `size * size * 3` bytes, as [`GridObservation::image`]. Only what is seen changes;
/// [`crate::Gridworld::with_view_size`] also changes what pictures highlight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewSize {
    size: usize,
}

impl ViewSize {
    /// `size` by `size` cells: odd, 3 to 13.
    pub fn new(size: usize) -> Result<Self, LevelError> {
        Settings { view_size: size, ..Settings::new(1) }.check()?;
        Ok(Self { size })
    }
}

impl<E: Unwrapped> View<E> for ViewSize {
    type Observation = GridObservation;

    fn new_observation(&self, _inner: &E) -> GridObservation {
        GridObservation { image: vec![0; self.size * self.size * 3], direction: 0 }
    }

    fn observe(&self, inner: &E, into: &mut GridObservation) {
        into.image.resize(self.size * self.size * 3, 0);
        if let Some(Episode { level, state, .. }) = &inner.unwrapped().episode {
            view::image_of_size(self.size, level, state, &mut into.image);
            into.direction = state.direction as u8;
        } else {
            into.image.fill(0);
            into.direction = 0;
        }
    }
}
