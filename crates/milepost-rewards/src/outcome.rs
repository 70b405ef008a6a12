use milepost_core::{Batch, Channel, Level, Trajectory};
use serde::{Deserialize, Serialize};

use crate::{ScoreError, ScoreReport, Scorer};

/// Which of the environment's own verdicts the outcome channel carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeSource {
    /// The environment's reward of each turn.
    #[default]
    Reward,
    /// 1 at the turn that ended the episode in success, 0 everywhere else.
    Success,
}

/// The environment's own outcome as a turn-level channel `[T]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    channel: String,
    source: OutcomeSource,
}

impl Outcome {
    /// Writes `source` to `channel`.
    pub fn new(channel: impl Into<String>, source: OutcomeSource) -> Self {
        Self { channel: channel.into(), source }
    }

    fn values<O>(&self, trajectory: &Trajectory<O>) -> Vec<f64> {
        match self.source {
            OutcomeSource::Reward => trajectory.turns.iter().map(|turn| turn.reward).collect(),
            OutcomeSource::Success => {
                let mut values = vec![0.0; trajectory.turns.len()];
                if let Some(last) = values.last_mut().filter(|_| trajectory.ending.is_success()) {
                    *last = 1.0;
                }
                values
            }
        }
    }
}

impl<O> Scorer<O> for Outcome {
    fn name(&self) -> &str {
        &self.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        for trajectory in batch.trajectories_mut() {
            let values = self.values(trajectory);
            trajectory.add_channel(Channel::dense(&self.channel, Level::Turn, values)?)?;
        }
        Ok(ScoreReport::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{batch, channel, fragment};
    use milepost_core::{Budget, Ending, Outcome as Verdict};

    #[test]
    fn the_environment_s_own_rewards_or_its_success() {
        let success = Ending::Terminated(Verdict::Success);
        let mut batch = batch([
            fragment(0, 0, &[1, 2, 3], success),
            fragment(1, 0, &[4, 5], Ending::Truncated(Budget::Steps)),
        ]);
        Outcome::new("paid", OutcomeSource::Reward).score(&mut batch).expect("scores");
        Outcome::new("success", OutcomeSource::Success).score(&mut batch).expect("scores");
        assert_eq!(channel(&batch, "paid"), [Some(2.0), Some(3.0), Some(5.0)]);
        assert_eq!(channel(&batch, "success"), [Some(0.0), Some(1.0), Some(0.0)]);
    }

    #[test]
    fn two_scorers_cannot_share_a_channel() {
        let mut batch = batch([fragment(0, 0, &[1, 2], Ending::Malformed)]);
        let mut scorer = Outcome::new("paid", OutcomeSource::Reward);
        scorer.score(&mut batch).expect("the first");
        assert!(matches!(scorer.score(&mut batch), Err(ScoreError::Signal(_))));
    }
}
