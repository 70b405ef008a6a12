use serde::{Deserialize, Serialize};

use super::mean::ratio;

/// Credit that goes to steps at which nothing was at stake.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Leakage {
    on_null: f64,
    all: f64,
    null_steps: u64,
    episodes: u64,
}

/// What [`Leakage`] found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LeakageScores {
    /// Mean `|ĉ|` of a null step; `None` if there was none.
    pub per_null_step: Option<f64>,
    /// `Σ_null |ĉ|` of an episode.
    pub per_episode: Option<f64>,
    /// `Σ_null |ĉ| / Σ |ĉ|`; `None` if all credit is 0.
    pub share: Option<f64>,
    /// Steps at nodes where every action has advantage 0.
    pub null_steps: u64,
}

impl Leakage {
    /// Adds a step.
    pub fn push(&mut self, credit: f64, null: bool) {
        self.all += credit.abs();
        if null {
            self.on_null += credit.abs();
            self.null_steps += 1;
        }
    }

    /// Counts episodes.
    pub const fn episodes(&mut self, count: usize) {
        self.episodes += count as u64;
    }

    /// The scores so far.
    pub fn finish(self) -> LeakageScores {
        LeakageScores {
            per_null_step: ratio(self.on_null, self.null_steps as f64),
            per_episode: ratio(self.on_null, self.episodes as f64),
            share: ratio(self.on_null, self.all),
            null_steps: self.null_steps,
        }
    }
}
