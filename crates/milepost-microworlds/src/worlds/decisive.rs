use milepost_core::{Purpose, Stream, StreamKey};
use serde::{Deserialize, Serialize};

use crate::error::{Check, TaskError};

/// Which steps (or turns) of an episode decide, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Decisive {
    /// The first steps, this many.
    First(u32),
    /// The last steps, this many.
    Last(u32),
    /// These steps.
    At(Vec<u32>),
    /// Steps drawn without replacement, once for all episodes.
    Random {
        /// How many.
        count: u32,
        /// Fixes which.
        seed: u64,
    },
}

impl Decisive {
    /// The decisive ones out of `horizon` steps, ascending; `Err` unless there are some, each in range and once.
    pub(super) fn resolve(&self, check: Check, horizon: u32) -> Result<Vec<u32>, TaskError> {
        check.between("decisive (their number)", self.count(), 1, horizon)?;
        let decisive = self.steps(horizon);
        for step in &decisive {
            check.that(*step < horizon, "decisive", step, format!("from 0 to {}", horizon - 1))?;
        }
        for pair in decisive.windows(2) {
            check.that(pair[0] != pair[1], "decisive", pair[0], "listed once")?;
        }
        Ok(decisive)
    }

    fn steps(&self, horizon: u32) -> Vec<u32> {
        match self {
            Self::First(count) => (0..*count).collect(),
            Self::Last(count) => (horizon.saturating_sub(*count)..horizon).collect(),
            Self::At(steps) => {
                let mut steps = steps.clone();
                steps.sort_unstable();
                steps
            }
            Self::Random { count, seed } => {
                let mut steps: Vec<u32> = (0..horizon).collect();
                Stream::new(StreamKey::new(*seed, Purpose::named("decisive steps"))).shuffle(&mut steps);
                steps.truncate(*count as usize);
                steps.sort_unstable();
                steps
            }
        }
    }

    /// How many steps are asked for.
    fn count(&self) -> u32 {
        match self {
            Self::First(count) | Self::Last(count) | Self::Random { count, .. } => *count,
            Self::At(steps) => steps.len() as u32,
        }
    }
}

/// How the number of good decisions `n` out of `K` becomes a share `f(n)` of the effect on success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Combination {
    /// `n / K`: each decision adds its share.
    Lin,
    /// 1 if all are good: each is necessary.
    And,
    /// 1 if any is good: each is sufficient.
    Or,
    /// `n mod 2`: what a decision is worth depends on all others.
    Xor,
}

impl Combination {
    /// `f(n)` for `n` good decisions out of `k`.
    #[must_use]
    pub fn share(self, n: u32, k: u32) -> f64 {
        match self {
            Self::Lin => f64::from(n) / f64::from(k),
            Self::And => f64::from(u8::from(n == k)),
            Self::Or => f64::from(u8::from(n > 0)),
            Self::Xor => f64::from(n % 2),
        }
    }
}
