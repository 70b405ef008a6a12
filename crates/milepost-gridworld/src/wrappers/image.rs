use std::fmt::Debug;

use milepost_core::Environment;

use crate::RgbImage;
use crate::observation::GridObservation;
use crate::wrappers::{RgbObservation, Unwrapped, View};

/// An observation with an image in it.
pub trait HasImage {
    /// The image.
    type Image: Clone + Debug + PartialEq + Default + Send + 'static;

    /// An observation that holds `image` as a buffer, whatever it shows.
    fn holding(image: Self::Image) -> Self;

    /// The image alone.
    fn into_image(self) -> Self::Image;
}

impl HasImage for GridObservation {
    type Image = Vec<u8>;

    fn holding(image: Vec<u8>) -> Self {
        Self { image, direction: 0 }
    }

    fn into_image(self) -> Vec<u8> {
        self.image
    }
}

impl HasImage for RgbObservation {
    type Image = RgbImage;

    fn holding(image: RgbImage) -> Self {
        Self { image, direction: 0 }
    }

    fn into_image(self) -> RgbImage {
        self.image
    }
}

/// The image of an observation, without direction and mission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImageOnly;

impl<E: Unwrapped> View<E> for ImageOnly
where
    E::Observation: HasImage,
{
    type Observation = <E::Observation as HasImage>::Image;

    fn new_observation(&self, inner: &E) -> Self::Observation {
        inner.new_observation().into_image()
    }

    fn observe(&self, inner: &E, into: &mut Self::Observation) {
        observe_image(inner, into);
    }
}

/// Writes the image that `inner` sees into a buffer.
pub(crate) fn observe_image<E: Environment>(inner: &E, into: &mut <E::Observation as HasImage>::Image)
where
    E::Observation: HasImage,
{
    let mut seen = E::Observation::holding(std::mem::take(into));
    inner.observe(&mut seen);
    *into = seen.into_image();
}
