use super::{DataError, Dataset};

/// Added to the standard deviation, so that a constant component does not divide by zero.
const FLOOR: f64 = 1e-3;

/// `(s − mean) / (std + 10⁻³)` in each component, fitted on training states alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalizer {
    mean: Vec<f32>,
    scale: Vec<f32>,
}

impl Normalizer {
    /// Mean and population standard deviation of all recorded states. Actions are not needed, so trajectories
    /// without them count.
    pub fn fit(data: &Dataset) -> Result<Self, DataError> {
        let states = data.trajectories().iter().flat_map(|t| &t.states).copied();
        Self::fit_rows(&states.collect::<Vec<_>>(), data.state_width())
    }

    /// The same for rows of any kind, `[n, width]`.
    pub fn fit_rows(rows: &[f32], width: usize) -> Result<Self, DataError> {
        let n = rows.len() / width.max(1);
        if n == 0 {
            return Err(DataError::Empty { what: "states" });
        }
        let column = |c: usize| rows.iter().skip(c).step_by(width).map(|x| f64::from(*x));
        let (mut mean, mut scale) = (Vec::with_capacity(width), Vec::with_capacity(width));
        for c in 0..width {
            let center = column(c).sum::<f64>() / n as f64;
            let variance = column(c).map(|x| (x - center) * (x - center)).sum::<f64>() / n as f64;
            mean.push(center as f32);
            scale.push((variance.sqrt() + FLOOR) as f32);
        }
        Ok(Self { mean, scale })
    }

    /// The map that changes nothing.
    #[must_use]
    pub fn identity(width: usize) -> Self {
        Self { mean: vec![0.0; width], scale: vec![1.0; width] }
    }

    /// Means and scales.
    #[must_use]
    pub fn into_parts(self) -> (Vec<f32>, Vec<f32>) {
        (self.mean, self.scale)
    }

    /// Components.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.mean.len()
    }

    /// Normalises rows in place.
    pub fn apply(&self, rows: &mut [f32]) -> Result<(), DataError> {
        if !rows.len().is_multiple_of(self.width()) {
            let (found, expected) = (rows.len() % self.width(), self.width());
            return Err(DataError::Width { what: "states", found, expected });
        }
        for row in rows.chunks_mut(self.width()) {
            for ((x, mean), scale) in row.iter_mut().zip(&self.mean).zip(&self.scale) {
                *x = (*x - mean) / scale;
            }
        }
        Ok(())
    }

    /// A normalised copy.
    pub fn normalized(&self, rows: &[f32]) -> Result<Vec<f32>, DataError> {
        let mut rows = rows.to_vec();
        self.apply(&mut rows)?;
        Ok(rows)
    }
}
