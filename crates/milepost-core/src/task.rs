use serde::{Deserialize, Serialize};

use crate::{Purpose, Stream, StreamKey};

/// The seed that fixes one task (a level, a quest, a program): same seed, same task, in every run.
///
/// Training and evaluation seeds are disjoint by construction: drawn evaluation seeds have the top
/// bit set, drawn training seeds do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaskSeed(u64);

const EVALUATION_BIT: u64 = 1 << 63;

impl TaskSeed {
    /// A seed given literally, for instance to reproduce a level of another system.
    #[must_use]
    pub const fn literal(seed: u64) -> Self {
        Self(seed)
    }

    /// The `index`-th training task of a run.
    #[must_use]
    pub fn train(run_seed: u64, index: u64) -> Self {
        Self(draw(run_seed, Purpose::TRAIN_TASK, index) & !EVALUATION_BIT)
    }

    /// The `index`-th evaluation task of a run.
    #[must_use]
    pub fn evaluation(run_seed: u64, index: u64) -> Self {
        Self(draw(run_seed, Purpose::EVALUATION_TASK, index) | EVALUATION_BIT)
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

fn draw(run_seed: u64, purpose: Purpose, index: u64) -> u64 {
    Stream::new(StreamKey { run_seed, purpose, task: index, episode: 0, step: 0 }).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn training_and_evaluation_tasks_are_disjoint(run: u64, a: u64, b: u64) {
            prop_assert_ne!(TaskSeed::train(run, a), TaskSeed::evaluation(run, b));
        }

        #[test]
        fn different_indices_give_different_tasks(run: u64, a in 0u64..1_000_000, d in 1u64..1000) {
            prop_assert_ne!(TaskSeed::train(run, a), TaskSeed::train(run, a + d));
        }
    }
}
