use serde::{Deserialize, Serialize};

/// Running moments and extremes of a stream of scores.
///
/// Batches are merged as by Chan, Golub and LeVeque (1979), a parallel form of Welford's rule: the statistics are
/// those of the concatenated stream however it was cut.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunningScores {
    count: u64,
    mean: f64,
    /// `Σ (x − mean)²`.
    squares: f64,
    least: f64,
    most: f64,
}

impl RunningScores {
    /// The statistics of one batch.
    #[must_use]
    pub fn of(scores: &[f64]) -> Self {
        if scores.is_empty() {
            return Self::default();
        }
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        Self {
            count: scores.len() as u64,
            mean,
            squares: scores.iter().map(|score| (score - mean) * (score - mean)).sum(),
            least: scores.iter().copied().fold(f64::INFINITY, f64::min),
            most: scores.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    /// The statistics of both streams together.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        if self.count == 0 {
            return other;
        }
        if other.count == 0 {
            return self;
        }
        let (n, m) = (self.count as f64, other.count as f64);
        let gap = other.mean - self.mean;
        Self {
            count: self.count + other.count,
            mean: self.mean + gap * m / (n + m),
            squares: self.squares + other.squares + gap * gap * n * m / (n + m),
            least: self.least.min(other.least),
            most: self.most.max(other.most),
        }
    }

    /// How many scores were seen.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; 0 of none.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// Their population standard deviation; 0 of none.
    #[must_use]
    pub fn deviation(&self) -> f64 {
        if self.count == 0 { 0.0 } else { (self.squares / self.count as f64).sqrt() }
    }

    /// The smallest and the largest; 0 of none.
    #[must_use]
    pub const fn extremes(&self) -> (f64, f64) {
        (self.least, self.most)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_statistics_are_those_of_the_whole_stream_however_it_is_cut(
            scores in prop::collection::vec(-50.0..50.0f64, 1..40), cuts in prop::collection::vec(0usize..40, 0..5),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(scores.len())).chain([0, scores.len()]).collect();
            cuts.sort_unstable();
            let merged = cuts
                .windows(2)
                .map(|pair| RunningScores::of(&scores[pair[0]..pair[1]]))
                .fold(RunningScores::default(), RunningScores::merged);
            let whole = RunningScores::of(&scores);
            prop_assert_eq!((merged.count(), merged.extremes()), (whole.count(), whole.extremes()));
            prop_assert!((merged.mean() - whole.mean()).abs() < 1e-9);
            prop_assert!((merged.deviation() - whole.deviation()).abs() < 1e-9);
        }
    }
}
