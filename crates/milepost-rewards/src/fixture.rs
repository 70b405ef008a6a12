//! Small trajectories for tests.

use milepost_core::{Batch, Ending, Group, StateRecords, TaskSeed, Trajectory, TrajectoryBuilder, Version};

/// A fragment through the states `keys`; each observation is its key, each turn pays 0.
pub(crate) fn fragment(slot: u32, first_step: u32, keys: &[u64], ending: Ending) -> Trajectory<u64> {
    recorded(slot, first_step, keys, &vec![0.0; keys.len()], ending)
}

/// The same with a record `phi`; the turn into a state pays its key.
pub(crate) fn recorded(
    slot: u32,
    first_step: u32,
    keys: &[u64],
    phi: &[f64],
    ending: Ending,
) -> Trajectory<u64> {
    let records = StateRecords::named(["phi"]);
    let mut builder =
        TrajectoryBuilder::new(TaskSeed::literal(u64::from(slot)), slot, first_step, Version(0), records);
    for (t, (key, phi)) in keys.iter().zip(phi).enumerate() {
        if t > 0 {
            builder.action(0, -0.7, *key as f64);
        }
        builder.state(*key, *key, &[*phi]);
    }
    builder.finish(ending).expect("a consistent test trajectory")
}

/// Each trajectory a group of its own.
pub(crate) fn batch<O>(trajectories: impl IntoIterator<Item = Trajectory<O>>) -> Batch<O> {
    let groups = trajectories.into_iter().map(|t| Group::new(vec![t]).expect("one member")).collect();
    Batch { groups }
}

/// The values of a channel over all trajectories, in order; missing ones are `None`.
pub(crate) fn channel<O>(batch: &Batch<O>, name: &str) -> Vec<Option<f64>> {
    batch
        .trajectories()
        .flat_map(|t| t.signals.require(name).expect("scored").iter().collect::<Vec<_>>())
        .collect()
}

/// Shows the last decimal digit of a state's key, and whether it is even.
pub(crate) struct KeyFeatures;

impl milepost_core::Encoder<u64> for KeyFeatures {
    fn len(&self) -> usize {
        2
    }

    fn encode(&self, observation: &u64, _state_key: u64, out: &mut [f32]) {
        out[0] = (observation % 10) as f32;
        out[1] = f32::from(u8::from(observation.is_multiple_of(2)));
    }
}
