use milepost_core::{Batch, Channel, Level, Version};
use milepost_policies::SequenceModel;
use milepost_preferences::transform::{
    LengthPenalty, RawScore, RewardShaper, Shaped, ShaperState, TransformConfig,
};
use serde::{Deserialize, Serialize};

use super::{ReferenceBook, RewardModel};
use crate::{ScoreError, ScoreReport, Scorer, state};

/// How scores become rewards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RewardScorerConfig {
    /// The channel it writes. Default `reward-model`.
    pub channel: String,
    /// The transform. Default none: [`TransformConfig::Vanilla`].
    pub transform: TransformConfig,
    /// The penalty on length that comes before it, if there is one.
    pub length: Option<LengthPenalty>,
}

impl Default for RewardScorerConfig {
    fn default() -> Self {
        Self { channel: "reward-model".to_owned(), transform: TransformConfig::Vanilla, length: None }
    }
}

/// A frozen reward model as a scorer: one trajectory-level value, the transformed score of prompt and answer.
///
/// A score that is not finite is missing and counted (`rejected`). A prompt without references is an error where the
/// transform needs them, and so are references that another version of the model scored.
pub struct RewardModelScorer<M> {
    channel: String,
    model: RewardModel<M>,
    shaper: RewardShaper,
    references: ReferenceBook,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    version: Version,
    shaper: ShaperState,
}

impl<M: SequenceModel> RewardModelScorer<M> {
    /// Scores with `model`, transforms as `config` says.
    pub fn new(
        config: &RewardScorerConfig,
        model: RewardModel<M>,
        references: ReferenceBook,
    ) -> Result<Self, ScoreError> {
        let shaper = RewardShaper::new(&config.transform, config.length)?;
        if shaper.needs_references() && references.is_empty() {
            return Err(ScoreError::setting(
                &config.channel,
                "the number of prompts with references",
                0,
                "above 0, for this transform compares with references",
            ));
        }
        if !references.is_empty() && references.version() != model.version() {
            return Err(ScoreError::setting(
                &config.channel,
                "the model version of the references",
                references.version().0,
                "that of the reward model; score the references again",
            ));
        }
        Ok(Self { channel: config.channel.clone(), model, shaper, references })
    }

    /// The reward model.
    pub const fn model(&self) -> &RewardModel<M> {
        &self.model
    }

    fn shape<O>(&mut self, batch: &Batch<O>) -> Result<(Vec<f64>, Shaped), ScoreError> {
        let sequences: Vec<&[u32]> = batch.trajectories().map(|t| t.tokens.as_slice()).collect();
        if sequences.is_empty() {
            return Ok((Vec::new(), Shaped::default()));
        }
        let scores = self.model.score(&sequences)?;
        let scores = scores.expect(self.model.version()).expect("scored just now").clone();
        let raw: Vec<RawScore<'_>> = batch
            .trajectories()
            .zip(&scores)
            .map(|(trajectory, score)| RawScore {
                score: *score,
                tokens: trajectory.policy_mask().into_iter().filter(|written| *written).count(),
                references: self.references.get(trajectory.task),
            })
            .collect();
        let shaped = self.shaper.train(&raw)?;
        Ok((scores, shaped))
    }
}

impl<O, M: SequenceModel> Scorer<O> for RewardModelScorer<M> {
    fn name(&self) -> &str {
        &self.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        let (raw, shaped) = self.shape(batch)?;
        for (trajectory, reward) in batch.trajectories_mut().zip(&shaped.rewards) {
            let (values, valid) = (vec![reward.unwrap_or(0.0)], vec![reward.is_some()]);
            trajectory.add_channel(Channel::masked(&self.channel, Level::Trajectory, values, valid)?)?;
        }
        let mut report = ScoreReport::default();
        report.count("rejected", shaped.rejected);
        report.count("saturated", shaped.saturated);
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len().max(1) as f64;
        report.metric("raw_score", mean(raw.into_iter().filter(|score| score.is_finite()).collect()));
        report.metric("reward", mean(shaped.rewards.into_iter().flatten().collect()));
        Ok(report)
    }

    fn state(&self) -> Result<Vec<u8>, ScoreError> {
        let saved = Saved { version: self.model.version(), shaper: self.shaper.state() };
        Ok(state::pack(&[state::encode(&self.channel, &saved)?, self.model.to_bytes()?]))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), ScoreError> {
        let [saved, weights] = state::unpack(&self.channel, bytes)?;
        let saved: Saved = state::decode(&self.channel, saved)?;
        let model = self.model.clone().with_weights(weights, saved.version)?;
        self.shaper.restore(saved.shaper)?;
        self.model = model;
        Ok(())
    }
}
