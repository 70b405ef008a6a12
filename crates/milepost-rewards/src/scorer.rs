use std::collections::BTreeMap;

use milepost_core::{Batch, SignalError};

/// Turns trajectories into a named reward channel.
///
/// The batch, all groups of it, is the unit of the call. Fragments of one episode arrive in order of
/// slot and time: [`first_step`](milepost_core::Trajectory::first_step) `== 0` starts an episode in its
/// [`slot`](milepost_core::Trajectory::slot), and memory of the episode before is gone.
///
/// Laws:
/// - a scorer writes one channel, [`Scorer::name`], to every trajectory, and touches no other;
/// - a value that cannot be known is missing, never a zero, and counted in the report;
/// - a scorer restored from [`Scorer::state`] goes on bit for bit as the saved one would have.
pub trait Scorer<O>: Send {
    /// The channel it writes.
    fn name(&self) -> &str;

    /// Adds the channel to every trajectory of the batch.
    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError>;

    /// Learns from a batch, after the policy has. Most scorers have nothing to learn.
    fn learn(&mut self, batch: &Batch<O>) -> Result<ScoreReport, ScoreError> {
        let _ = batch;
        Ok(ScoreReport::default())
    }

    /// Everything that later scores depend on, for an exact resume. Empty for a scorer without memory.
    fn state(&self) -> Result<Vec<u8>, ScoreError> {
        Ok(Vec::new())
    }

    /// Takes the state of another scorer of the same configuration.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), ScoreError> {
        if bytes.is_empty() {
            Ok(())
        } else {
            Err(ScoreError::State {
                scorer: self.name().to_owned(),
                reason: format!("{} bytes were given to a scorer that has no memory", bytes.len()),
            })
        }
    }
}

/// What happened in one call of a scorer: how often, and how much.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScoreReport {
    /// Events, such as missing values.
    pub counters: BTreeMap<String, u64>,
    /// Statistics, such as a mean bonus or a loss.
    pub metrics: BTreeMap<String, f64>,
}

impl ScoreReport {
    /// Adds `count` to a counter.
    pub fn count(&mut self, name: &str, count: u64) {
        *self.counters.entry(name.to_owned()).or_default() += count;
    }

    /// Sets a statistic.
    pub fn metric(&mut self, name: &str, value: f64) {
        self.metrics.insert(name.to_owned(), value);
    }

    /// Takes over another report, its names prefixed by `prefix/`.
    pub fn absorb(&mut self, prefix: &str, other: &Self) {
        for (name, count) in &other.counters {
            self.count(&format!("{prefix}/{name}"), *count);
        }
        for (name, value) in &other.metrics {
            self.metric(&format!("{prefix}/{name}"), *value);
        }
    }
}

/// Why trajectories could not be scored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// A channel or record is missing, has the wrong length, or holds a number that is not finite.
    #[error(transparent)]
    Signal(#[from] SignalError),
    /// A setting is out of range.
    #[error("scorer `{scorer}`: {setting} is {value}, but must be {rule}")]
    Setting {
        /// The channel that the scorer writes.
        scorer: String,
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        rule: &'static str,
    },
    /// A scorer with a network was built without a device.
    #[error("scorer `{scorer}` has a network and needs a device; put one into the scorer context")]
    NeedsDevice {
        /// The channel that the scorer writes.
        scorer: String,
    },
    /// Fragments of an episode did not arrive one after the other.
    #[error(
        "scorer `{scorer}`: slot {slot} continues an episode at step {found}, but its memory stands at step \
         {expected}; pass all fragments of a slot in order, from the start of an episode"
    )]
    Fragment {
        /// The channel that the scorer writes.
        scorer: String,
        /// The slot.
        slot: u32,
        /// The step at which the memory stands.
        expected: u32,
        /// The step at which the fragment starts.
        found: u32,
    },
    /// A number became NaN or infinite inside a scorer.
    #[error("scorer `{scorer}`: {what} is {value}; lower the learning rate or look for bad features")]
    NonFinite {
        /// The channel that the scorer writes.
        scorer: String,
        /// Which number.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// A reward model cannot score.
    #[error(transparent)]
    RewardModel(#[from] crate::reward_model::RewardModelError),
    /// A transform of learned rewards refused.
    #[error(transparent)]
    Preference(#[from] milepost_preferences::PreferenceError),
    /// A rule over groups refused its arguments.
    #[error(transparent)]
    Credit(#[from] milepost_credit::CreditError),
    /// A saved state does not fit.
    #[error("scorer `{scorer}` cannot take or give its state: {reason}")]
    State {
        /// The channel that the scorer writes.
        scorer: String,
        /// Why.
        reason: String,
    },
}

impl ScoreError {
    pub(crate) fn setting(
        scorer: &str,
        setting: &'static str,
        value: impl std::fmt::Display,
        rule: &'static str,
    ) -> Self {
        Self::Setting { scorer: scorer.to_owned(), setting, value: value.to_string(), rule }
    }
}
