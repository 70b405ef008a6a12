use milepost_core::Encoder;

use crate::observation::GridObservation;

/// The image as numbers: every byte divided by 10, in the order of the bytes. 147 features for a view of 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlatImage {
    view_size: usize,
}

impl FlatImage {
    /// For images of `view_size` by `view_size` cells.
    #[must_use]
    pub const fn new(view_size: usize) -> Self {
        Self { view_size }
    }
}

impl Default for FlatImage {
    /// For MiniGrid's default view of 7 by 7 cells.
    fn default() -> Self {
        Self::new(7)
    }
}

impl Encoder<GridObservation> for FlatImage {
    fn len(&self) -> usize {
        self.view_size * self.view_size * 3
    }

    fn encode(&self, observation: &GridObservation, _state_key: u64, out: &mut [f32]) {
        for (feature, byte) in out.iter_mut().zip(&observation.image) {
            *feature = f32::from(*byte) / 10.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_the_bytes_over_ten() {
        let encoder = FlatImage::default();
        assert_eq!(encoder.len(), 147);
        let image: Vec<u8> = (0..147).map(|i| i % 11).collect();
        let mut features = vec![0.0; 147];
        encoder.encode(&GridObservation { image: image.clone(), direction: 0 }, 0, &mut features);
        for (byte, feature) in image.iter().zip(&features) {
            assert!((f64::from(*feature) - f64::from(*byte) / 10.0).abs() < 1e-7);
        }
    }
}
