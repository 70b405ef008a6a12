//! Initial weights, drawn on the host from keyed streams: they depend on neither the device nor the
//! order or thread in which networks are built.

use burn::{
    module::Param,
    tensor::{Device, Tensor, TensorData},
};
use milepost_core::{Purpose, Stream, StreamKey};

/// Draws the parameters of one network; each takes the next index as its stream's `task`.
#[derive(Debug)]
pub(crate) struct Initializer<'a> {
    run_seed: u64,
    next: u64,
    device: &'a Device,
}

impl<'a> Initializer<'a> {
    pub(crate) const fn new(run_seed: u64, device: &'a Device) -> Self {
        Self { run_seed, next: 0, device }
    }

    /// A matrix `[inputs, outputs]` with orthonormal rows or columns (the fewer of the two), times `gain`
    /// (Saxe et al. 2014).
    pub(crate) fn orthogonal(&mut self, inputs: usize, outputs: usize, gain: f64) -> Param<Tensor<2>> {
        let values = self.draw_orthogonal(inputs, outputs, gain);
        Param::from_data(TensorData::new(values, [inputs, outputs]), self.device)
    }

    /// A matrix of independent normal draws with standard deviation `deviation`.
    pub(crate) fn normal(&mut self, [rows, columns]: [usize; 2], deviation: f64) -> Param<Tensor<2>> {
        let key = StreamKey { task: self.next, ..StreamKey::new(self.run_seed, Purpose::INITIAL_WEIGHTS) };
        self.next += 1;
        let mut stream = Stream::new(key);
        let values: Vec<f32> = (0..rows * columns).map(|_| (deviation * stream.normal()) as f32).collect();
        Param::from_data(TensorData::new(values, [rows, columns]), self.device)
    }

    /// A parameter of ones; it takes an index too.
    pub(crate) fn ones<const D: usize>(&mut self, shape: [usize; D]) -> Param<Tensor<D>> {
        self.next += 1;
        Param::from_data(TensorData::new(vec![1f32; shape.iter().product()], shape), self.device)
    }

    /// `blocks` such orthogonal matrices side by side, `[inputs, blocks · outputs]`: the gates of a recurrent
    /// layer.
    pub(crate) fn orthogonal_blocks(
        &mut self,
        inputs: usize,
        outputs: usize,
        blocks: usize,
        gain: f64,
    ) -> Param<Tensor<2>> {
        let matrices: Vec<_> = (0..blocks).map(|_| self.draw_orthogonal(inputs, outputs, gain)).collect();
        let row = |r: usize| matrices.iter().flat_map(move |m| &m[r * outputs..(r + 1) * outputs]).copied();
        let values: Vec<f32> = (0..inputs).flat_map(row).collect();
        Param::from_data(TensorData::new(values, [inputs, blocks * outputs]), self.device)
    }

    /// The values of [`Initializer::orthogonal`], row-major.
    fn draw_orthogonal(&mut self, inputs: usize, outputs: usize, gain: f64) -> Vec<f32> {
        let key = StreamKey { task: self.next, ..StreamKey::new(self.run_seed, Purpose::INITIAL_WEIGHTS) };
        self.next += 1;
        orthogonal(inputs, outputs, gain, &mut Stream::new(key))
    }

    /// A parameter of zeros. It takes an index too, so that later parameters keep theirs.
    pub(crate) fn zeros<const D: usize>(&mut self, shape: [usize; D]) -> Param<Tensor<D>> {
        self.next += 1;
        Param::from_data(TensorData::new(vec![0f32; shape.iter().product()], shape), self.device)
    }
}

/// Row-major `[rows, columns]`: Gaussian vectors along the longer side, orthonormalised by modified
/// Gram–Schmidt, twice each against the loss of orthogonality by cancellation.
fn orthogonal(rows: usize, columns: usize, gain: f64, stream: &mut Stream) -> Vec<f32> {
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    while basis.len() < count {
        let mut vector: Vec<f64> = (0..length).map(|_| stream.normal()).collect();
        for _ in 0..2 {
            for other in &basis {
                let overlap = dot(&vector, other);
                vector.iter_mut().zip(other).for_each(|(v, o)| *v -= overlap * o);
            }
        }
        let norm = dot(&vector, &vector).sqrt();
        // A draw inside the span of the others has probability zero; draw again if it happens.
        if norm > 1e-9 {
            for v in &mut vector {
                *v /= norm;
            }
            basis.push(vector);
        }
    }
    let at =
        |row: usize, column: usize| if rows <= columns { basis[row][column] } else { basis[column][row] };
    (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))).map(|(r, c)| (gain * at(r, c)) as f32).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_shorter_side_is_orthogonal_with_norm_gain(
            rows in 1usize..24, columns in 1usize..24, seed: u64, gain in 0.01f64..2.0,
        ) {
            let mut stream = Stream::new(StreamKey::new(seed, Purpose::INITIAL_WEIGHTS));
            let m = orthogonal(rows, columns, gain, &mut stream);
            let vector = |i: usize| -> Vec<f64> {
                if rows <= columns {
                    m[i * columns..(i + 1) * columns].iter().map(|x| f64::from(*x)).collect()
                } else {
                    (0..rows).map(|r| f64::from(m[r * columns + i])).collect()
                }
            };
            for i in 0..rows.min(columns) {
                for j in 0..=i {
                    let expected = if i == j { gain * gain } else { 0.0 };
                    prop_assert!((dot(&vector(i), &vector(j)) - expected).abs() < 1e-6 * gain * gain);
                }
            }
        }
    }
}
