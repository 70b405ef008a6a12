use std::collections::BTreeMap;
use std::sync::Arc;

use milepost_core::{Batch, Channel, Encoder, Level, Trajectory};
use serde::{Deserialize, Serialize};

use crate::hash::hash_words;
use crate::slots::EpisodeMemory;
use crate::{ScoreError, ScoreReport, Scorer, state};

/// What counts as the same state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountKey {
    /// The environment's state key. It tells levels apart: the same cell of another maze is another state.
    #[default]
    State,
    /// A hash of the encoded observation: states that look alike are one, across levels too.
    Observation,
}

/// How long visits are remembered, and what a visit pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountMode {
    /// `1 / √N` with `N` the visits of the whole run.
    #[default]
    Lifetime,
    /// `1 / √N` with `N` the visits of this episode.
    Episodic,
    /// 1 for the first visit of this episode, 0 for the others.
    FirstVisit,
}

type Visits = BTreeMap<u64, u64>;

/// A count bonus for arriving in `s'`: `scale / √N(s')`, this visit included (Strehl and Littman 2008,
/// MBIE-EB; Bellemare et al. 2016), or one of its episodic variants.
///
/// Visits are counted in the order of the batch. The final state of an episode counts and pays like
/// any other; the state in which an episode starts was not arrived in, and does neither.
pub struct Count<O> {
    channel: String,
    scale: f64,
    key: CountKey,
    mode: CountMode,
    encoder: Arc<dyn Encoder<O> + Sync>,
    memory: Memory,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Memory {
    lifetime: Visits,
    episodes: EpisodeMemory<Visits>,
}

impl<O> Count<O> {
    /// Writes the bonus to `channel`. The encoder is used where observations are the keys.
    pub fn new(
        channel: impl Into<String>,
        scale: f64,
        key: CountKey,
        mode: CountMode,
        encoder: Arc<dyn Encoder<O> + Sync>,
    ) -> Result<Self, ScoreError> {
        let channel = channel.into();
        if !scale.is_finite() {
            return Err(ScoreError::setting(&channel, "scale", scale, "finite"));
        }
        Ok(Self { channel, scale, key, mode, encoder, memory: Memory::default() })
    }

    /// The keys of the states that were arrived in, `[T]`.
    fn arrivals(&self, trajectory: &Trajectory<O>) -> Vec<u64> {
        let states = trajectory.state_keys.iter().zip(&trajectory.observations).skip(1);
        match self.key {
            CountKey::State => states.map(|(key, _)| *key).collect(),
            CountKey::Observation => {
                let mut features = vec![0.0; self.encoder.len()];
                states
                    .map(|(key, observation)| {
                        self.encoder.encode(observation, *key, &mut features);
                        hash_words(features.iter().map(|x| u64::from(x.to_bits())))
                    })
                    .collect()
            }
        }
    }
}

/// Counts a visit; the number of visits, this one included.
fn visit(visits: &mut Visits, key: u64) -> u64 {
    let count = visits.entry(key).or_default();
    *count = count.saturating_add(1);
    *count
}

impl<O> Scorer<O> for Count<O> {
    fn name(&self) -> &str {
        &self.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        let mut report = ScoreReport::default();
        for trajectory in batch.trajectories_mut() {
            let keys = self.arrivals(trajectory);
            let count = |visits: &mut Visits| keys.iter().map(|key| visit(visits, *key)).collect::<Vec<_>>();
            let counts = match self.mode {
                CountMode::Lifetime => count(&mut self.memory.lifetime),
                CountMode::Episodic | CountMode::FirstVisit => {
                    self.memory.episodes.with(&self.channel, trajectory, count)?
                }
            };
            report.count("first_visits", counts.iter().filter(|n| **n == 1).count() as u64);
            let bonus = |n: &u64| match self.mode {
                CountMode::FirstVisit => self.scale * f64::from(u8::from(*n == 1)),
                CountMode::Lifetime | CountMode::Episodic => self.scale / (*n as f64).sqrt(),
            };
            let values = counts.iter().map(bonus).collect();
            trajectory.add_channel(Channel::dense(&self.channel, Level::Turn, values)?)?;
        }
        if self.mode == CountMode::Lifetime {
            report.metric("distinct_states", self.memory.lifetime.len() as f64);
        }
        Ok(report)
    }

    fn state(&self) -> Result<Vec<u8>, ScoreError> {
        state::encode(&self.channel, &self.memory)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), ScoreError> {
        self.memory = state::decode(&self.channel, bytes)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{KeyFeatures, batch, channel, fragment};
    use milepost_core::{CutReason, Ending, Outcome};
    use milepost_testkit::golden::{Golden, numbers};
    use proptest::prelude::*;

    const CUT: Ending = Ending::Cut(CutReason::SegmentFull);
    const ENDED: Ending = Ending::Terminated(Outcome::Failure);

    fn counter(key: CountKey, mode: CountMode) -> Count<u64> {
        Count::new("count", 1.0, key, mode, Arc::new(KeyFeatures)).expect("valid settings")
    }

    /// The bonus of each arrival when the states `keys` are walked in fragments of one slot.
    fn walk(scorer: &mut Count<u64>, fragments: &[(u32, Vec<u64>, Ending)]) -> Vec<f64> {
        let trajectories = fragments.iter().map(|(first, keys, ending)| fragment(0, *first, keys, *ending));
        let mut batch = batch(trajectories);
        scorer.score(&mut batch).expect("scores");
        channel(&batch, "count").into_iter().flatten().collect()
    }

    #[test]
    fn fixture_counts() {
        let golden = Golden::read("intrinsic.json").expect("fixture");
        let section = golden.section("counts");
        for case in &section.cases {
            let states: Vec<u64> = numbers(&case.inputs["states"]).iter().map(|s| *s as u64).collect();
            let episodes = numbers(&case.inputs["episode"]);
            // The recording pays for the first state of an episode too: arrive there from a state outside.
            let mut fragments: Vec<(u32, Vec<u64>, Ending)> = Vec::new();
            for (i, state) in states.iter().enumerate() {
                if i == 0 || episodes[i] != episodes[i - 1] {
                    fragments.push((0, vec![u64::MAX], ENDED));
                }
                fragments.last_mut().expect("an episode").1.push(*state);
            }
            for (mode, output) in [
                (CountMode::Lifetime, "lifetime_count_bonus"),
                (CountMode::Episodic, "episodic_count_bonus"),
                (CountMode::FirstVisit, "first_visit"),
            ] {
                let got = walk(&mut counter(CountKey::State, mode), &fragments);
                section.tolerance.f64.check(output, &got, &numbers(&case.outputs[output]));
            }
        }
    }

    #[test]
    fn states_that_look_alike_share_a_count_only_if_observations_are_the_key() {
        // `KeyFeatures` shows the key modulo 10.
        let walked = [(0, vec![0, 1, 11, 21], ENDED)];
        assert_eq!(walk(&mut counter(CountKey::State, CountMode::FirstVisit), &walked), [1.0, 1.0, 1.0]);
        assert_eq!(
            walk(&mut counter(CountKey::Observation, CountMode::FirstVisit), &walked),
            [1.0, 0.0, 0.0]
        );
    }

    fn mode() -> impl Strategy<Value = CountMode> {
        prop::sample::select(vec![CountMode::Lifetime, CountMode::Episodic, CountMode::FirstVisit])
    }

    proptest! {
        #[test]
        fn the_bonus_of_a_state_falls_with_each_visit_and_sums_to_at_most_twice_the_root(visits in 1usize..200) {
            let keys = vec![7; visits + 1];
            let bonuses = walk(&mut counter(CountKey::State, CountMode::Lifetime), &[(0, keys, ENDED)]);
            prop_assert!(bonuses.windows(2).all(|w| w[1] < w[0]));
            prop_assert!(bonuses.iter().sum::<f64>() <= 2.0 * (visits as f64).sqrt());
        }

        #[test]
        fn renaming_states_changes_nothing(
            keys in prop::collection::vec(0u64..8, 2..60), shift in 1u64.., mode in mode(),
        ) {
            let renamed = keys.iter().map(|key| key.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(shift)).collect();
            prop_assert_eq!(
                walk(&mut counter(CountKey::State, mode), &[(0, keys, ENDED)]),
                walk(&mut counter(CountKey::State, mode), &[(0, renamed, ENDED)])
            );
        }

        #[test]
        fn cutting_an_episode_changes_nothing(
            keys in prop::collection::vec(0u64..6, 3..60), at in 1usize..58, mode in mode(),
        ) {
            let at = at.min(keys.len() - 2);
            let parts = [(0, keys[..=at].to_vec(), CUT), (at as u32, keys[at..].to_vec(), ENDED)];
            prop_assert_eq!(
                walk(&mut counter(CountKey::State, mode), &[(0, keys, ENDED)]),
                walk(&mut counter(CountKey::State, mode), &parts)
            );
        }

        #[test]
        fn a_restored_counter_goes_on_as_the_saved_one(
            before in prop::collection::vec(0u64..6, 2..30), after in prop::collection::vec(0u64..6, 1..30),
            mode in mode(),
        ) {
            let mut saved = counter(CountKey::State, mode);
            walk(&mut saved, &[(0, before.clone(), CUT)]);
            let mut restored = counter(CountKey::State, mode);
            restored.restore(&saved.state().expect("saves")).expect("restores");
            let mut keys = vec![before[before.len() - 1]];
            keys.extend(after);
            let next = [(before.len() as u32 - 1, keys, ENDED)];
            prop_assert_eq!(walk(&mut saved, &next), walk(&mut restored, &next));
            prop_assert_eq!(saved.state().expect("saves"), restored.state().expect("saves"));
        }
    }
}
