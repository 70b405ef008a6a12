use milepost_core::Batch;
use milepost_rewards::ScoreReport;

use super::{ModelScorer, View, over_decisions};
use crate::TrainError;
use crate::agent::Agent;

/// `log π(a_t | s_t)` of every trained token under the policy that drew it, in nats, by the training forward pass.
/// A token-level channel; other tokens have no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProbability {
    channel: String,
}

impl LogProbability {
    /// Writes `channel`.
    pub fn new(channel: impl Into<String>) -> Self {
        Self { channel: channel.into() }
    }
}

impl<A: Agent> ModelScorer<A> for LogProbability {
    fn name(&self) -> &str {
        &self.channel
    }

    fn score(
        &mut self,
        view: &View<'_, A>,
        batch: &mut Batch<A::Observation>,
    ) -> Result<ScoreReport, TrainError> {
        let values: Vec<f64> = view.scores.logp.iter().map(|logp| f64::from(*logp)).collect();
        for (trajectory, decisions) in batch.trajectories_mut().zip(view.decisions()) {
            trajectory.add_channel(over_decisions(&self.channel, trajectory, &values[decisions])?)?;
        }
        let mut report = ScoreReport::default();
        report.metric("mean", values.iter().sum::<f64>() / values.len().max(1) as f64);
        Ok(report)
    }
}
