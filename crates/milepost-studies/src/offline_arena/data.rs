use milepost_core::{Purpose, Stream, StreamKey, TaskSeed};
use milepost_microworlds::arena2d::{Arena2d, ArenaData, record};
use milepost_offline::data::{ActionColumn, ActionSpace, Dataset, Trajectory};

use crate::StudyError;

/// Records a named data set: `trajectories` episodes on training tasks of `seed`. The same seed gives the same
/// episodes whatever the observation hides.
pub(crate) fn recorded(
    arena: &Arena2d,
    data: ArenaData,
    trajectories: usize,
    seed: u64,
) -> Result<Dataset, StudyError> {
    let mut all = Vec::with_capacity(trajectories);
    for (index, script) in data.scripts(trajectories).into_iter().enumerate() {
        let id = index as u64;
        let key = StreamKey { task: id, ..StreamKey::new(seed, Purpose::named("arena2d data")) };
        let recording = record(arena, script, TaskSeed::train(seed, id), &mut Stream::new(key))
            .map_err(StudyError::part("recording"))?;
        all.push(Trajectory {
            id,
            states: recording.observations,
            actions: ActionColumn::Recorded(recording.actions),
            rewards: recording.rewards,
            end: recording.ending.into(),
        });
    }
    Dataset::new(arena.features(), ActionSpace::Box(Arena2d::ACTIONS), all).map_err(StudyError::part("data"))
}
