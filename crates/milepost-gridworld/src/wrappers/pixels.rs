use crate::wrappers::{Unwrapped, View};
use crate::{RgbImage, TileAtlas};

/// An observation in pixels.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct RgbObservation {
    /// The picture.
    pub image: RgbImage,
    /// Where the agent looks: 0 right, 1 down, 2 left, 3 up.
    pub direction: u8,
}

/// The whole map in pixels; the cells that the agent sees are brighter.
#[derive(Debug, Clone)]
pub struct RgbFrame(
    /// Its tiles.
    pub TileAtlas,
);

/// The agent's view in pixels.
#[derive(Debug, Clone)]
pub struct RgbView(
    /// Its tiles.
    pub TileAtlas,
);

impl<E: Unwrapped> View<E> for RgbFrame {
    type Observation = RgbObservation;

    fn new_observation(&self, inner: &E) -> RgbObservation {
        let (width, height) = inner.unwrapped().extent();
        let pixels = |cells: u8| usize::from(cells) * self.0.tile_size();
        RgbObservation { image: RgbImage::black(pixels(width), pixels(height)), direction: 0 }
    }

    fn observe(&self, inner: &E, into: &mut RgbObservation) {
        let world = inner.unwrapped();
        self.0.draw_frame(world, true, &mut into.image);
        into.direction = world.direction() as u8;
    }
}

impl<E: Unwrapped> View<E> for RgbView {
    type Observation = RgbObservation;

    fn new_observation(&self, inner: &E) -> RgbObservation {
        let side = match inner.unwrapped().agent() {
            Some(_) => inner.unwrapped().settings().view_size * self.0.tile_size(),
            None => 0,
        };
        RgbObservation { image: RgbImage::black(side, side), direction: 0 }
    }

    fn observe(&self, inner: &E, into: &mut RgbObservation) {
        let world = inner.unwrapped();
        self.0.draw_view(world, &mut into.image);
        into.direction = world.direction() as u8;
    }
}
