use milepost_core::{Batch, Channel, Level};
use milepost_rewards::{ScoreError, ScoreReport, Scorer};

/// The channel of [`VerdictReward`].
pub(super) const VERDICT: &str = "verdict";

/// `+1` for a right verdict, `−1` for a wrong one and for what cannot be read, at the turn that gave it.
#[derive(Debug, Clone, Copy)]
pub(super) struct VerdictReward;

impl Scorer<()> for VerdictReward {
    fn name(&self) -> &str {
        VERDICT
    }

    fn score(&mut self, batch: &mut Batch<()>) -> Result<ScoreReport, ScoreError> {
        for trajectory in batch.trajectories_mut() {
            let mut values = vec![0.0; trajectory.turns.len()];
            if let Some(last) = values.last_mut() {
                *last = if trajectory.ending.is_success() { 1.0 } else { -1.0 };
            }
            trajectory.add_channel(Channel::dense(VERDICT, Level::Turn, values)?)?;
        }
        Ok(ScoreReport::default())
    }
}
