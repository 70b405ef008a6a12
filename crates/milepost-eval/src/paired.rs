use crate::aggregate::{interquartile_mean, mean};
use crate::{Bootstrap, Estimate, Scores, StatsError};

/// Differences `a − b` of two arms whose runs share seed, tasks and environment noise, so that what the
/// pair has in common cancels.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedDifferences {
    differences: Scores,
}

/// In how many pairs which arm was better, by the mean over tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    /// Pairs in which the first arm scored higher.
    pub higher: usize,
    /// Pairs in which it scored lower.
    pub lower: usize,
    /// Pairs without a difference.
    pub equal: usize,
}

impl PairedDifferences {
    /// Of two arms with the same runs and tasks, row `i` of one paired with row `i` of the other.
    pub fn new(a: &Scores, b: &Scores) -> Result<Self, StatsError> {
        Ok(Self { differences: a.minus(b)? })
    }

    /// Of one score for each seed.
    pub fn of_seeds(a: &[f64], b: &[f64]) -> Result<Self, StatsError> {
        Self::new(&Scores::single_task(a)?, &Scores::single_task(b)?)
    }

    /// The differences, `[runs, tasks]`.
    pub const fn scores(&self) -> &Scores {
        &self.differences
    }

    /// Number of pairs.
    pub const fn pairs(&self) -> usize {
        self.differences.runs()
    }

    /// Mean difference with its interval.
    pub fn mean(&self, bootstrap: &Bootstrap) -> Result<Estimate, StatsError> {
        bootstrap.estimate(&self.differences, mean)
    }

    /// Interquartile mean of the differences with its interval.
    pub fn interquartile_mean(&self, bootstrap: &Bootstrap) -> Result<Estimate, StatsError> {
        bootstrap.estimate(&self.differences, interquartile_mean)
    }

    /// Which arm was better how often.
    pub fn signs(&self) -> Signs {
        let means = self.differences.run_means();
        let count = |holds: fn(&f64) -> bool| means.iter().filter(|mean| holds(mean)).count();
        Signs { higher: count(|m| *m > 0.0), lower: count(|m| *m < 0.0), equal: count(|m| *m == 0.0) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_pair_shares_cancels() {
        // Seeds differ wildly, the arms by exactly 0.1.
        let b = [0.0, 10.0, -5.0, 3.0, 7.0];
        let a = b.map(|score| score + 0.1);
        let pairs = PairedDifferences::of_seeds(&a, &b).expect("same seeds");
        let mean = pairs.mean(&Bootstrap::default()).expect("five pairs");
        assert!((mean.value - 0.1).abs() < 1e-12 && mean.interval.width() < 1e-9, "{mean:?}");
        assert_eq!(pairs.signs(), Signs { higher: 5, lower: 0, equal: 0 });
    }

    proptest! {
        #[test]
        fn exchanging_the_arms_mirrors_the_estimate(
            scores in prop::collection::vec((-1.0..1.0f64, -1.0..1.0f64), 2..10),
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) = scores.into_iter().unzip();
            let forward = PairedDifferences::of_seeds(&a, &b).expect("pairs");
            let backward = PairedDifferences::of_seeds(&b, &a).expect("pairs");
            let bootstrap = Bootstrap { replicates: 200, ..Bootstrap::default() };
            let (f, g) = (forward.mean(&bootstrap).expect("runs"), backward.mean(&bootstrap).expect("runs"));
            prop_assert!((f.value + g.value).abs() < 1e-12);
            prop_assert!((f.interval.low + g.interval.high).abs() < 1e-9);
            prop_assert_eq!(forward.signs().higher, backward.signs().lower);
        }
    }
}
