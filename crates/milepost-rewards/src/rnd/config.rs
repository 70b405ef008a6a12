use serde::{Deserialize, Serialize};

use crate::ScoreError;

/// Settings of [`Rnd`](crate::Rnd). The defaults are the released code's where it has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RndConfig {
    /// The channel it writes. Default `rnd`.
    pub channel: String,
    /// Widths of the hidden layers of the target. Default `[64, 64]`.
    pub target_hidden: Vec<usize>,
    /// Widths of the hidden layers of the predictor. Default `[64, 64]`.
    pub predictor_hidden: Vec<usize>,
    /// Width of the output of both. Default 32.
    pub outputs: usize,
    /// Discount of the forward filter that scales the bonus. Default 0.99.
    pub gamma: f64,
    /// Whitened features are clipped to ± this. Default 5.
    pub clip: f64,
    /// Share of a batch's states that each epoch trains the predictor on. Default 0.25; the release
    /// lowers it as environments grow in number.
    pub share: f64,
    /// Passes over a batch. Default 1.
    pub epochs: u32,
    /// States in one step of the optimizer. Default 256.
    pub minibatch: usize,
    /// Adam's step size for the predictor. Default 10⁻⁴.
    pub learning_rate: f64,
}

impl Default for RndConfig {
    fn default() -> Self {
        Self {
            channel: "rnd".to_owned(),
            target_hidden: vec![64, 64],
            predictor_hidden: vec![64, 64],
            outputs: 32,
            gamma: 0.99,
            clip: 5.0,
            share: 0.25,
            epochs: 1,
            minibatch: 256,
            learning_rate: 1e-4,
        }
    }
}

impl RndConfig {
    /// Whether every number is in its range.
    pub fn check(&self) -> Result<(), ScoreError> {
        let smallest = |widths: &[usize]| widths.iter().copied().min().unwrap_or(1) as f64;
        let rules = [
            (
                "target_hidden",
                smallest(&self.target_hidden),
                self.target_hidden.iter().all(|w| *w > 0),
                "positive",
            ),
            (
                "predictor_hidden",
                smallest(&self.predictor_hidden),
                self.predictor_hidden.iter().all(|w| *w > 0),
                "positive",
            ),
            ("outputs", self.outputs as f64, self.outputs > 0, "positive"),
            ("gamma", self.gamma, (0.0..1.0).contains(&self.gamma), "in [0, 1)"),
            ("clip", self.clip, self.clip > 0.0, "positive"),
            ("share", self.share, self.share > 0.0 && self.share <= 1.0, "in (0, 1]"),
            ("minibatch", self.minibatch as f64, self.minibatch > 0, "positive"),
            (
                "learning_rate",
                self.learning_rate,
                (0.0..f64::INFINITY).contains(&self.learning_rate),
                "finite and not negative",
            ),
        ];
        match rules.into_iter().find(|(_, _, holds, _)| !holds) {
            None => Ok(()),
            Some((setting, value, _, rule)) => Err(ScoreError::setting(&self.channel, setting, value, rule)),
        }
    }
}
