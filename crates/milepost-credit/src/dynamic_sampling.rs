//! Bookkeeping of a sampler that goes on until enough groups teach.

/// Counts kept groups until a batch is full: DAPO's dynamic sampling (arXiv 2503.14476).
///
/// Drop the groups that [`crate::GroupFilter`] rejects, tell [`DynamicSampling::observe`], and generate again
/// while it answers [`Progress::Generate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DynamicSampling {
    wanted: usize,
    max_batches: usize,
    kept: usize,
    generated: usize,
    batches: usize,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Generate more: this many groups are missing.
    Generate {
        /// Groups still wanted.
        missing: usize,
    },
    /// Enough groups teach; `surplus` of the kept ones are too many and the last of them are left out.
    Full {
        /// Groups above the wanted number.
        surplus: usize,
    },
}

/// Too few groups teach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "only {kept} of {wanted} groups teach after {batches} batches ({generated} groups generated); \
     use tasks of medium difficulty, larger groups, or more batches"
)]
pub struct SamplingExhausted {
    /// Groups kept.
    pub kept: usize,
    /// Groups wanted.
    pub wanted: usize,
    /// Batches generated.
    pub batches: usize,
    /// Groups generated.
    pub generated: usize,
}

impl DynamicSampling {
    /// A batch of `wanted` groups from at most `max_batches` generations.
    #[must_use]
    pub const fn new(wanted: usize, max_batches: usize) -> Self {
        Self { wanted, max_batches, kept: 0, generated: 0, batches: 0 }
    }

    /// Takes in one generation: how many groups it had and how many of them were kept.
    ///
    /// # Errors
    /// The last allowed generation did not fill the batch.
    pub const fn observe(&mut self, generated: usize, kept: usize) -> Result<Progress, SamplingExhausted> {
        self.batches += 1;
        self.generated += generated;
        self.kept += kept;
        if self.kept >= self.wanted {
            Ok(Progress::Full { surplus: self.kept - self.wanted })
        } else if self.batches >= self.max_batches {
            Err(SamplingExhausted {
                kept: self.kept,
                wanted: self.wanted,
                batches: self.batches,
                generated: self.generated,
            })
        } else {
            Ok(Progress::Generate { missing: self.wanted - self.kept })
        }
    }

    /// Share of generated groups that were kept so far; `None` before any.
    #[must_use]
    pub fn yield_rate(&self) -> Option<f64> {
        (self.generated > 0).then(|| self.kept as f64 / self.generated as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_asks_for_more_until_full_and_then_states_the_surplus() {
        let mut sampling = DynamicSampling::new(5, 3);
        assert_eq!(sampling.yield_rate(), None);
        assert_eq!(sampling.observe(4, 2), Ok(Progress::Generate { missing: 3 }));
        assert_eq!(sampling.observe(4, 4), Ok(Progress::Full { surplus: 1 }));
        assert_eq!(sampling.yield_rate(), Some(0.75));
    }

    #[test]
    fn the_last_generation_that_does_not_fill_the_batch_is_an_error_with_the_counts() {
        let mut sampling = DynamicSampling::new(5, 2);
        assert!(sampling.observe(8, 1).is_ok());
        let error = sampling.observe(8, 1).expect_err("two batches gave two groups");
        assert_eq!((error.kept, error.wanted, error.batches, error.generated), (2, 5, 2, 16));
    }
}
