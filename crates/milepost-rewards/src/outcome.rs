use milepost_core::{Batch, Channel, Ending, Level, Trajectory};
use serde::{Deserialize, Serialize};

use crate::{ScoreError, ScoreReport, Scorer};

/// Which of the environment's own verdicts the outcome channel carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
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
    format_penalty: Option<f64>,
}

impl Outcome {
    /// Writes `source` to `channel`.
    pub fn new(channel: impl Into<String>, source: OutcomeSource) -> Self {
        Self { channel: channel.into(), source, format_penalty: None }
    }

    /// What an episode is worth that ended without an answer, because a turn could not be understood or a budget was
    /// used up: `penalty` stands in the place of its last turn's value (`λ_fmt` of IGPO, arXiv 2510.14967).
    pub fn with_format_penalty(self, penalty: f64) -> Result<Self, ScoreError> {
        if !penalty.is_finite() {
            return Err(ScoreError::setting(&self.channel, "format-penalty", penalty, "finite"));
        }
        Ok(Self { format_penalty: Some(penalty), ..self })
    }

    fn values<O>(&self, trajectory: &Trajectory<O>) -> Vec<f64> {
        let mut values = self.paid(trajectory);
        if matches!(trajectory.ending, Ending::Malformed | Ending::Truncated(_))
            && let (Some(last), Some(penalty)) = (values.last_mut(), self.format_penalty)
        {
            *last = penalty;
        }
        values
    }

    fn paid<O>(&self, trajectory: &Trajectory<O>) -> Vec<f64> {
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
    use milepost_core::{Budget, CutReason, Outcome as Verdict};

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
    fn an_episode_without_an_answer_is_worth_the_penalty_and_one_that_was_cut_what_it_was() {
        let endings = [
            Ending::Terminated(Verdict::Success),
            Ending::Terminated(Verdict::Failure),
            Ending::Malformed,
            Ending::Truncated(Budget::Steps),
            Ending::Cut(CutReason::Branch),
        ];
        let mut batch = batch(endings.map(|ending| fragment(0, 0, &[1, 2, 3], ending)));
        let scorer = Outcome::new("paid", OutcomeSource::Reward).with_format_penalty(-2.0);
        scorer.expect("finite").score(&mut batch).expect("scores");
        let lasts: Vec<_> = channel(&batch, "paid").into_iter().skip(1).step_by(2).collect();
        assert_eq!(lasts, [3.0, 3.0, -2.0, -2.0, 3.0].map(Some));
        assert!(Outcome::new("paid", OutcomeSource::Reward).with_format_penalty(f64::NAN).is_err());
    }

    #[test]
    fn two_scorers_cannot_share_a_channel() {
        let mut batch = batch([fragment(0, 0, &[1, 2], Ending::Malformed)]);
        let mut scorer = Outcome::new("paid", OutcomeSource::Reward);
        scorer.score(&mut batch).expect("the first");
        assert!(matches!(scorer.score(&mut batch), Err(ScoreError::Signal(_))));
    }
}
