use serde::{Deserialize, Serialize};

use crate::ScoreError;

/// Settings of a [`HopModel`](super::HopModel).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HopModelConfig {
    /// Names of the views of the frames before and after.
    pub views: Vec<String>,
    /// The view of the first frame and of the goal.
    pub reference_view: String,
    /// Width of a frame's embedding. Default 64.
    pub embedding: usize,
    /// Width of the hidden layer above the four embeddings. Default 64.
    pub hidden: usize,
    /// Gradient steps. Default 1000.
    pub steps: usize,
    /// Pairs in a step. Default 128.
    pub batch: usize,
    /// Highest learning rate of Adam, after warming up over 3 % of the steps and before a cosine to 0. Default 10⁻³.
    pub learning_rate: f64,
    /// Probability that one of several views of a pair is dropped. Default 0.1.
    pub view_dropout: f64,
    /// Probability that the first frame and the goal are taken from another episode of the same task. Default 0.75.
    pub reference_swap: f64,
}

impl Default for HopModelConfig {
    fn default() -> Self {
        Self {
            views: vec!["global".to_owned(), "ego".to_owned()],
            reference_view: "global".to_owned(),
            embedding: 64,
            hidden: 64,
            steps: 1000,
            batch: 128,
            learning_rate: 1e-3,
            view_dropout: 0.1,
            reference_swap: 0.75,
        }
    }
}

/// The share of the steps in which the learning rate rises.
const WARM_UP: f64 = 0.03;

impl HopModelConfig {
    /// Whether it can be trained.
    pub fn check(&self) -> Result<(), ScoreError> {
        let counts = [
            ("views", self.views.len()),
            ("embedding", self.embedding),
            ("hidden", self.hidden),
            ("steps", self.steps),
            ("batch", self.batch),
        ];
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(ScoreError::setting("hop-model", name, 0, "at least 1"));
        }
        for (name, share) in [("view-dropout", self.view_dropout), ("reference-swap", self.reference_swap)] {
            if !(0.0..=1.0).contains(&share) {
                return Err(ScoreError::setting("hop-model", name, share, "a probability"));
            }
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(ScoreError::setting("hop-model", "learning-rate", self.learning_rate, "positive"));
        }
        Ok(())
    }

    /// The learning rate of a step.
    pub(super) fn learning_rate_at(&self, step: usize) -> f64 {
        let (at, all) = (step as f64 + 1.0, self.steps as f64);
        let warm = (WARM_UP * all).max(1.0);
        if at <= warm {
            return self.learning_rate * at / warm;
        }
        let share = (at - warm) / (all - warm).max(1.0);
        self.learning_rate * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * share))
    }
}
