use serde::{Deserialize, Serialize};

/// What one value of a channel belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Level {
    /// One value for each token, `[L]`.
    Token,
    /// One value for each turn, `[T]`.
    Turn,
    /// One value for the trajectory, `[1]`.
    Trajectory,
}

/// A named reward channel of one trajectory. A missing value is not a zero: `valid` says which are there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    name: String,
    level: Level,
    values: Vec<f64>,
    valid: Vec<bool>,
}

impl Channel {
    /// A channel in which every value is present.
    pub fn dense(name: impl Into<String>, level: Level, values: Vec<f64>) -> Result<Self, SignalError> {
        let valid = vec![true; values.len()];
        Self::masked(name, level, values, valid)
    }

    /// A channel in which only the entries with `valid` are present; the others are stored as 0 and never read.
    pub fn masked(
        name: impl Into<String>,
        level: Level,
        mut values: Vec<f64>,
        valid: Vec<bool>,
    ) -> Result<Self, SignalError> {
        let name = name.into();
        if values.len() != valid.len() {
            return Err(SignalError::MaskLength { channel: name, values: values.len(), mask: valid.len() });
        }
        for (index, (value, present)) in values.iter_mut().zip(&valid).enumerate() {
            if !present {
                *value = 0.0;
            } else if !value.is_finite() {
                return Err(SignalError::NonFinite { channel: name, index, value: *value });
            }
        }
        Ok(Self { name, level, values, valid })
    }

    /// The channel's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its values belong to.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The value at `index`, if it is present.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<f64> {
        (*self.valid.get(index)?).then(|| self.values[index])
    }

    /// All entries, missing ones as `None`.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<f64>> + '_ {
        self.values.iter().zip(&self.valid).map(|(value, present)| present.then_some(*value))
    }

    /// The values with 0 where one is missing. Read together with [`Channel::valid`].
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Which values are present.
    #[must_use]
    pub fn valid(&self) -> &[bool] {
        &self.valid
    }

    /// Sum of the values that are present.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.values.iter().sum()
    }
}

/// The reward channels of one trajectory. Scorers add channels; none writes into another's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Signals {
    channels: Vec<Channel>,
}

impl Signals {
    /// Adds a channel whose name is not yet taken.
    pub fn insert(&mut self, channel: Channel) -> Result<(), SignalError> {
        if self.get(channel.name()).is_some() {
            return Err(SignalError::Duplicate { channel: channel.name });
        }
        self.channels.push(channel);
        Ok(())
    }

    /// The channel called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    /// The channel called `name`, or an error that names the ones there are.
    pub fn require(&self, name: &str) -> Result<&Channel, SignalError> {
        self.get(name).ok_or_else(|| SignalError::Missing {
            channel: name.to_owned(),
            present: self.channels.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// All channels, in the order in which they were added.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Channel> {
        self.channels.iter()
    }

    /// Removes all channels, so that a trajectory can be scored afresh.
    pub fn clear(&mut self) {
        self.channels.clear();
    }
}

/// Bad input to a reward channel.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// Values and mask differ in length.
    #[error(
        "channel `{channel}` has {values} values but a mask of {mask}; give one mask entry for each value"
    )]
    MaskLength {
        /// The channel.
        channel: String,
        /// Number of values.
        values: usize,
        /// Number of mask entries.
        mask: usize,
    },
    /// The channel does not fit the trajectory.
    #[error("channel `{channel}` has {found} values at {level:?} level, but the trajectory needs {expected}")]
    Length {
        /// The channel.
        channel: String,
        /// Its level.
        level: Level,
        /// Number of values it has.
        found: usize,
        /// Number of values it should have.
        expected: usize,
    },
    /// A present value is NaN or infinite.
    #[error(
        "channel `{channel}` holds {value} at index {index}; a scorer must return finite values or mark them missing"
    )]
    NonFinite {
        /// The channel.
        channel: String,
        /// Where.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A channel of this name exists already.
    #[error(
        "channel `{channel}` exists already; scorers never write into each other's channel, so rename one"
    )]
    Duplicate {
        /// The name.
        channel: String,
    },
    /// There is no channel of this name.
    #[error("no channel is called `{channel}`; the trajectory has: {present}")]
    Missing {
        /// The name asked for.
        channel: String,
        /// The names there are.
        present: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_not_a_zero() {
        let channel = Channel::masked("gain", Level::Turn, vec![1.0, f64::NAN, 3.0], vec![true, false, true])
            .expect("valid");
        assert_eq!(channel.iter().collect::<Vec<_>>(), [Some(1.0), None, Some(3.0)]);
        assert_eq!(channel.sum(), 4.0);
    }

    #[test]
    fn bad_channels_are_refused_by_name() {
        let nan = Channel::dense("rnd", Level::Turn, vec![0.0, f64::NAN]).expect_err("not finite");
        assert!(nan.to_string().contains("`rnd`") && nan.to_string().contains("index 1"), "{nan}");
        let mut signals = Signals::default();
        let channel = Channel::dense("a", Level::Trajectory, vec![1.0]).expect("valid");
        signals.insert(channel.clone()).expect("first");
        assert!(matches!(signals.insert(channel), Err(SignalError::Duplicate { .. })));
        assert!(signals.require("b").expect_err("absent").to_string().contains("has: a"));
    }
}
