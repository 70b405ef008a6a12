use std::collections::BTreeMap;

use milepost_core::Trajectory;
use serde::{Deserialize, Serialize};

use crate::ScoreError;

/// Memory of one episode for each slot: emptied where an episode starts, kept where a sampler cuts one,
/// forgotten where it ends.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct EpisodeMemory<T> {
    slots: BTreeMap<u32, Open<T>>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Open<T> {
    next_step: u32,
    memory: T,
}

impl<T: Default> EpisodeMemory<T> {
    /// Calls `visit` with the memory of the trajectory's episode, as it stood before this fragment.
    ///
    /// A fragment that does not continue where its slot's last one ended is refused: the memory would
    /// be of another episode.
    pub(crate) fn with<O, R>(
        &mut self,
        scorer: &str,
        trajectory: &Trajectory<O>,
        visit: impl FnOnce(&mut T) -> R,
    ) -> Result<R, ScoreError> {
        let (slot, first) = (trajectory.slot, trajectory.first_step);
        let mut open = self.slots.remove(&slot).filter(|_| first != 0).unwrap_or_default();
        if open.next_step != first {
            return Err(ScoreError::Fragment {
                scorer: scorer.to_owned(),
                slot,
                expected: open.next_step,
                found: first,
            });
        }
        let result = visit(&mut open.memory);
        if !trajectory.ending.ends_episode() {
            open.next_step = first + trajectory.turns.len() as u32;
            self.slots.insert(slot, open);
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::fragment;
    use milepost_core::{CutReason, Ending, Outcome};

    const CUT: Ending = Ending::Cut(CutReason::SegmentFull);

    #[test]
    fn memory_lives_exactly_as_long_as_its_episode_in_each_slot() {
        let mut memory = EpisodeMemory::<Vec<u64>>::default();
        let mut seen = |slot, first, keys: &[u64], ending| {
            let trajectory = fragment(slot, first, keys, ending);
            memory.with("x", &trajectory, |m| {
                m.extend(&keys[1..]);
                m.clone()
            })
        };
        assert_eq!(seen(0, 0, &[1, 2], CUT).expect("a start"), [2]);
        assert_eq!(seen(1, 0, &[1, 7, 8], CUT).expect("another slot"), [7, 8]);
        assert_eq!(seen(0, 1, &[2, 3], CUT).expect("goes on"), [2, 3]);
        assert_eq!(seen(1, 2, &[8, 9], Ending::Terminated(Outcome::Success)).expect("ends"), [7, 8, 9]);
        assert_eq!(seen(1, 0, &[1, 5], CUT).expect("starts afresh"), [5]);
        let skipped = seen(0, 5, &[3, 4], CUT).expect_err("steps 2 to 4 are missing");
        assert!(matches!(skipped, ScoreError::Fragment { slot: 0, expected: 2, found: 5, .. }), "{skipped}");
    }

    #[test]
    fn an_ended_episode_cannot_be_continued() {
        let mut memory = EpisodeMemory::<u32>::default();
        let ended = fragment(0, 0, &[1, 2], Ending::Terminated(Outcome::Failure));
        memory.with("x", &ended, |_| ()).expect("a start");
        let more = memory.with("x", &fragment(0, 1, &[2, 3], CUT), |_| ());
        assert!(matches!(more, Err(ScoreError::Fragment { expected: 0, found: 1, .. })));
    }
}
