use milepost_core::Stream;

use super::{DataError, Dataset, Transitions};

/// Draws steps with given weights, with replacement. With equal weights over all steps this is the
/// length-proportional law: a trajectory comes up in proportion to its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampler {
    /// Cumulative weights.
    cumulative: Vec<f64>,
    uniform: bool,
}

impl Sampler {
    /// Every row equally likely.
    pub fn uniform(rows: usize) -> Result<Self, DataError> {
        Self::new(vec![1.0; rows], true)
    }

    /// Rows in proportion to `weights`: finite, not negative, not all zero.
    pub fn weighted(weights: &[f64]) -> Result<Self, DataError> {
        if let Some(weight) = weights.iter().find(|w| !w.is_finite() || **w < 0.0) {
            let (parameter, value) = ("weights", weight.to_string());
            return Err(DataError::Parameter { parameter, value, rule: "finite and not negative" });
        }
        Self::new(weights.to_vec(), false)
    }

    fn new(weights: Vec<f64>, uniform: bool) -> Result<Self, DataError> {
        let add = |total: &mut f64, weight: f64| {
            *total += weight;
            Some(*total)
        };
        let cumulative: Vec<f64> = weights.into_iter().scan(0.0, add).collect();
        match cumulative.last() {
            Some(total) if *total > 0.0 => Ok(Self { cumulative, uniform }),
            _ => Err(DataError::Empty { what: "row with a positive weight" }),
        }
    }

    /// One row.
    pub fn draw(&self, stream: &mut Stream) -> usize {
        let rows = self.cumulative.len();
        if self.uniform {
            return stream.below(rows as u64) as usize;
        }
        let at = stream.uniform() * self.cumulative[rows - 1];
        self.cumulative.partition_point(|total| *total <= at).min(rows - 1)
    }

    /// `count` rows.
    pub fn rows(&self, count: usize, stream: &mut Stream) -> Vec<usize> {
        (0..count).map(|_| self.draw(stream)).collect()
    }
}

/// Every `(trajectory, step)` of a data set, in order: what a sampler's rows mean for sequence models, which
/// need no next state.
#[must_use]
pub fn all_steps(data: &Dataset) -> Vec<(usize, usize)> {
    let steps = |(index, t): (usize, &super::Trajectory)| (0..t.len()).map(move |step| (index, step));
    data.trajectories().iter().enumerate().flat_map(steps).collect()
}

impl Transitions {
    /// Every row equally likely.
    pub fn sampler(&self) -> Result<Sampler, DataError> {
        Sampler::uniform(self.len())
    }
}
