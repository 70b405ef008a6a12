use burn::tensor::{Tensor, TensorData};
use milepost_core::Stream;

/// Inverted dropout with masks from a keyed stream: the library's own draws from one stream per process.
#[derive(Debug)]
pub(crate) struct Dropout {
    rate: f64,
    stream: Stream,
}

impl Dropout {
    pub(crate) const fn new(rate: f64, stream: Stream) -> Self {
        Self { rate, stream }
    }

    /// Zeros each number with probability `rate`, and divides the others by `1 − rate`.
    pub(crate) fn apply<const D: usize>(&mut self, x: Tensor<D>) -> Tensor<D> {
        if self.rate == 0.0 {
            return x;
        }
        let shape = x.dims();
        let kept = (1.0 / (1.0 - self.rate)) as f32;
        let threshold = (self.rate * 4_294_967_296.0) as u64;
        let mask: Vec<f32> = (0..shape.iter().product())
            .map(|_| if u64::from(self.stream.next_u32()) < threshold { 0.0 } else { kept })
            .collect();
        let device = x.device().inner();
        x * Tensor::from_data(TensorData::new(mask, shape), &device)
    }
}
