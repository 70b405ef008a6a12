use milepost_core::Batch;
use serde::{Deserialize, Serialize};

use crate::agent::EpisodeSummary;

/// What one iteration did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IterationReport {
    /// Environment steps taken.
    pub steps: u64,
    /// Policy tokens that are learned from.
    pub policy_tokens: u64,
    /// Tokens that the policy drew, those that were thrown away included.
    #[serde(default)]
    pub drawn_tokens: u64,
    /// Episodes that ended, in slot order.
    pub episodes: Vec<EpisodeSummary>,
    /// Named numbers: losses, entropy, ratios, norms, and what scorers measured.
    pub metrics: Vec<(String, f64)>,
    /// Named counts of everything dropped, missing or fallen back on.
    pub counters: Vec<(String, u64)>,
    /// What each reward channel paid.
    pub channels: Vec<ChannelTotal>,
}

/// What one channel paid over an iteration, before combination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelTotal {
    /// The channel.
    pub name: String,
    /// Sum of its values.
    pub sum: f64,
    /// Sum of their magnitudes.
    pub magnitude: f64,
    /// How many values were present.
    pub present: u64,
    /// How many were missing.
    pub missing: u64,
}

impl ChannelTotal {
    /// The totals of every channel of a batch, in the channels' order.
    #[must_use]
    pub fn of<O>(batch: &Batch<O>) -> Vec<Self> {
        let mut totals: Vec<Self> = Vec::new();
        for channel in batch.trajectories().flat_map(|trajectory| trajectory.signals.iter()) {
            let index = totals.iter().position(|total| total.name == channel.name()).unwrap_or_else(|| {
                let name = channel.name().to_owned();
                totals.push(Self { name, sum: 0.0, magnitude: 0.0, present: 0, missing: 0 });
                totals.len() - 1
            });
            let total = &mut totals[index];
            for value in channel.iter() {
                match value {
                    Some(value) => {
                        total.sum += value;
                        total.magnitude += value.abs();
                        total.present += 1;
                    }
                    None => total.missing += 1,
                }
            }
        }
        totals
    }
}
