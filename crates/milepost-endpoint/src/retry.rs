use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::EndpointError;
use crate::config::require;

/// When to try again, and how long to wait before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RetryConfig {
    /// Attempts for each question, at least 1. Default 5.
    pub attempts: u32,
    /// Seconds to wait after the first failure. Default 0.5.
    pub first_wait: f64,
    /// What each further wait is a multiple of, at least 1. Default 2.
    pub factor: f64,
    /// No wait is longer than this many seconds; where a server asks for a longer one, the question fails. Default 30.
    pub longest_wait: f64,
    /// Share of a wait that is drawn at random, so that clients do not come back together. Default 0.5.
    pub jitter: f64,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self { attempts: 5, first_wait: 0.5, factor: 2.0, longest_wait: 30.0, jitter: 0.5 }
    }
}

impl RetryConfig {
    pub(crate) fn check(&self) -> Result<(), EndpointError> {
        let seconds = |value: f64| (0.0..=86_400.0).contains(&value);
        require((1..=100).contains(&self.attempts), "retry.attempts", &self.attempts, "from 1 to 100")?;
        require(seconds(self.first_wait), "retry.first-wait", &self.first_wait, "seconds, at most a day")?;
        require(
            seconds(self.longest_wait),
            "retry.longest-wait",
            &self.longest_wait,
            "seconds, at most a day",
        )?;
        require((1.0..=100.0).contains(&self.factor), "retry.factor", &self.factor, "from 1 to 100")?;
        require((0.0..=1.0).contains(&self.jitter), "retry.jitter", &self.jitter, "a share, from 0 to 1")
    }

    /// The longest wait.
    #[must_use]
    pub fn longest(&self) -> Duration {
        Duration::try_from_secs_f64(self.longest_wait).unwrap_or_default()
    }

    /// The wait after the `failures`-th failure (from 1): `w = min(longest, first · factor^(failures − 1))`, of which
    /// the share `jitter` is multiplied by `u`, uniform in `[0, 1)`.
    #[must_use]
    pub fn wait(&self, failures: u32, u: f64) -> Duration {
        let grown = self.first_wait * libm::pow(self.factor, f64::from(failures.saturating_sub(1)));
        let whole = grown.min(self.longest_wait);
        Duration::try_from_secs_f64(whole * (1.0 - self.jitter * (1.0 - u)))
            .unwrap_or_else(|_| self.longest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn waits_grow_within_their_bounds(failures in 1u32..200, u in 0.0..1.0, jitter in 0.0..1.0) {
            let config = RetryConfig { jitter, ..RetryConfig::default() };
            let full = RetryConfig { jitter: 0.0, ..config.clone() };
            let wait = config.wait(failures, u);
            prop_assert!(wait <= config.longest() && wait <= full.wait(failures, u));
            prop_assert!(wait.as_secs_f64() >= (1.0 - jitter) * full.wait(failures, u).as_secs_f64() - 1e-9);
            prop_assert!(full.wait(failures + 1, 0.0) >= full.wait(failures, 0.0));
        }
    }

    #[test]
    fn the_first_waits_are_powers_of_the_factor() {
        let config = RetryConfig { jitter: 0.0, ..RetryConfig::default() };
        let waits = [1, 2, 3, 7, 8].map(|failures| config.wait(failures, 0.3).as_millis());
        assert_eq!(waits, [500, 1000, 2000, 30_000, 30_000]);
    }
}
