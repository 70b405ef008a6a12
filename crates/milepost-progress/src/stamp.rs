use serde::{Deserialize, Serialize};

use crate::ProgressError;

/// Which version of a model said it, and when on the simulated clock (steps of the run, never wall time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// The model's version.
    pub version: u64,
    /// The simulated time.
    pub time: u64,
}

/// A value that a changing model made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stamped<T> {
    /// What it said.
    pub value: T,
    /// When, and in which version.
    pub stamp: Stamp,
}

impl<T> Stamped<T> {
    /// The value, if the model has not changed since. Rewards of two versions on one trajectory do not
    /// telescope: either freeze them when they are collected, or compute all of them again.
    pub fn current(self, version: u64) -> Result<T, ProgressError> {
        if self.stamp.version == version {
            return Ok(self.value);
        }
        let reason = format!(
            "a value of version {} was read at version {version}; score the trajectory again",
            self.stamp.version
        );
        Err(ProgressError::Judge { judge: "a stamped value", reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_version_is_refused() {
        let value = Stamped { value: 0.5, stamp: Stamp { version: 3, time: 10 } };
        assert_eq!(value.current(3), Ok(0.5));
        assert!(value.current(4).expect_err("changed").to_string().contains("version 3"));
    }
}
