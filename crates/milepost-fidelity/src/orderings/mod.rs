//! Claims of the literature that a reproduction must show, each a function that runs what it needs.
//!
//! Rows 1 to 4 and 12 are held to numbers; rows 5, 6, 8, 10 and 11 to the interval of a paired difference (or to
//! exact arithmetic); rows 7 and 9 are made for large models, so that only their direction can be looked at.

mod ablations;
mod benchmark;
mod hindsight;
mod identifiability;
mod invariance;
mod lab;

use std::sync::atomic::AtomicBool;

use milepost_eval::Interval;
use serde::{Deserialize, Serialize};

use crate::FidelityError;

/// How much is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Effort {
    /// Seeds of a comparison.
    pub seeds: u64,
    /// Batches of each seed.
    pub batches: u64,
}

impl Effort {
    /// Enough for every verdict, in some seconds.
    pub const STANDARD: Self = Self { seeds: 10, batches: 300 };
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The claim holds.
    Holds,
    /// It does not.
    DoesNotHold,
    /// A note on the direction: it points the claimed way.
    Agrees,
    /// A note on the direction: it does not point the claimed way.
    Disagrees,
}

/// A number behind a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Measured {
    /// What was measured.
    pub what: String,
    /// What came out.
    pub value: f64,
    /// Its interval, if it is a comparison over seeds.
    pub interval: Option<Interval>,
    /// What was expected, if it is a number.
    pub expected: Option<f64>,
}

impl Measured {
    fn new(what: impl Into<String>, value: f64) -> Self {
        Self { what: what.into(), value, interval: None, expected: None }
    }

    fn expecting(self, expected: f64) -> Self {
        Self { expected: Some(expected), ..self }
    }

    /// Whether the value is the expected one up to `tolerance`.
    fn within(&self, tolerance: f64) -> bool {
        self.expected.is_some_and(|expected| (self.value - expected).abs() <= tolerance)
    }
}

/// One claim with what was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ordering {
    /// Number of the claim.
    pub row: u8,
    /// The claim.
    pub claim: &'static str,
    /// Who makes it.
    pub source: &'static str,
    /// What would show it.
    pub expected: &'static str,
    /// The numbers.
    pub measured: Vec<Measured>,
    /// The verdict.
    pub verdict: Verdict,
}

/// Numbers of all claims.
pub const ROWS: std::ops::RangeInclusive<u8> = 1..=12;

/// Checks the claim of a row.
pub fn check(row: u8, effort: Effort, stop: &AtomicBool) -> Result<Ordering, FidelityError> {
    let lab = lab::Lab { effort, stop };
    match row {
        1 => benchmark::leakage_grows_with_the_horizon(&lab),
        2 => benchmark::success_changes_the_estimand(&lab),
        3 => benchmark::branches_converge_with_their_root(&lab),
        4 => benchmark::peers_per_turn_need_a_large_batch(&lab),
        5 => hindsight::rewards_are_better_outcomes_than_states(&lab),
        6 => hindsight::hindsight_varies_less_than_returns(&lab),
        7 => ablations::branches_rank_better_than_learned_values(&lab),
        8 => ablations::shrinkage_tames_lucky_rare_actions(&lab),
        9 => ablations::direct_scores_beat_elaborate_signals(&lab),
        10 => hindsight::broadcast_noise_grows_with_the_horizon(&lab),
        11 => invariance::only_potentials_keep_the_best_policies(),
        12 => identifiability::logs_alone_cannot_tell_two_worlds_apart(&lab),
        _ => Err(FidelityError::Unknown { what: "ordering", name: row.to_string() }),
    }
}
