//! A reward that is learned from comparisons, and the scorer that lets a policy train on it.
//!
//! A [`RewardModel`] is any [`SequenceModel`] whose value head, read after the last token of prompt and answer, is
//! the score. [`RewardModel::train`] fits it to a [`PreferenceSet`]; [`RewardModelScorer`] writes its scores, sent
//! through a [`RewardShaper`](milepost_preferences::transform::RewardShaper), to a trajectory-level channel.

mod references;
mod scorer;
#[cfg(test)]
mod tests;
mod training;

use burn::tensor::Tensor;
use milepost_core::{Version, Versioned};
use milepost_policies::{
    CheckpointError, PolicyError, SequenceModel, average_weights, final_values, model_from_bytes,
    model_to_bytes,
};
use milepost_preferences::loss::{PairLoss, PairReport, PairScores};
use milepost_preferences::{Label, PreferenceError, PreferencePair, PreferenceSet};

pub use references::ReferenceBook;
pub use scorer::{RewardModelScorer, RewardScorerConfig};
pub use training::{RewardModelTraining, TrainingReport};

/// Sequences that go through the network together when they are scored.
const PORTION: usize = 64;

/// A scalar score of token sequences, learned from comparisons. Its parameters are on an autodiff device.
#[derive(Debug, Clone)]
pub struct RewardModel<M> {
    network: M,
    version: Version,
}

/// Why a reward model cannot be trained or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RewardModelError {
    /// The network refused.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The loss or the transform refused.
    #[error(transparent)]
    Preference(#[from] PreferenceError),
    /// The weights could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// There is nothing to learn from.
    #[error(
        "none of {pairs} pairs teaches ({skipped} were skipped, the others weigh nothing); ask other questions"
    )]
    NothingToLearn {
        /// Pairs of the set.
        pairs: usize,
        /// Those that were skipped.
        skipped: usize,
    },
    /// A setting is out of range.
    #[error("reward-model.{setting} is {value}, but must be {rule}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// Training diverged.
    #[error("a score of the reward model became {value} in epoch {epoch}; lower its learning rate")]
    Diverged {
        /// The epoch, from 0.
        epoch: usize,
        /// The score.
        value: f64,
    },
}

impl<M: SequenceModel> RewardModel<M> {
    /// An untrained model of version 0. The network needs a value head (for a transformer,
    /// [`ValueKind::Head`](milepost_policies::ValueKind::Head), through which gradients reach the features).
    pub const fn new(network: M) -> Self {
        Self { network, version: Version(0) }
    }

    /// The version: how often the weights were changed.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The network.
    pub const fn network(&self) -> &M {
        &self.network
    }

    /// The score of each sequence (prompt and answer), in order. Not finite where the network is not: it is for the
    /// caller to reject and count such a score. The same in every batch, up to rounding.
    pub fn score(&self, sequences: &[&[u32]]) -> Result<Versioned<Vec<f64>>, RewardModelError> {
        let model = self.network.valid();
        // Of similar length together: little is padding.
        let mut order: Vec<usize> = (0..sequences.len()).collect();
        order.sort_by_key(|index| sequences[*index].len());
        let mut scores = vec![0.0; sequences.len()];
        for portion in order.chunks(PORTION) {
            let portion_sequences: Vec<&[u32]> = portion.iter().map(|index| sequences[*index]).collect();
            let values = host(final_values(&model, &portion_sequences)?)?;
            portion.iter().zip(values).for_each(|(index, value)| scores[*index] = value);
        }
        Ok(Versioned::new(scores, self.version))
    }

    /// How well the model predicts labels that it was not trained on: the plain Bradley–Terry loss and accuracy.
    pub fn evaluate(&self, set: &PreferenceSet<Vec<u32>>) -> Result<PairReport, RewardModelError> {
        let pairs: Vec<&PreferencePair<Vec<u32>>> = set.teaching().collect();
        if pairs.is_empty() {
            return Ok(PairReport { skipped: set.pairs().len(), ..PairReport::default() });
        }
        let scores = self.score(&sides(&pairs))?;
        let scores = scores.expect(self.version).expect("scored just now");
        let (first, second) = scores.split_at(pairs.len());
        let columns = Columns::of(&pairs);
        let (mut up, mut down) = (vec![0.0; pairs.len()], vec![0.0; pairs.len()]);
        let report = PairLoss::default().evaluate(&columns.scores(first, second), &mut up, &mut down)?;
        Ok(PairReport { skipped: set.pairs().len() - pairs.len(), ..report })
    }

    /// The uniform weight average of several models of one shape (WARM). Its version is above all of theirs.
    pub fn average(models: &[Self]) -> Result<Self, RewardModelError> {
        let networks: Vec<M> = models.iter().map(|model| model.network.clone()).collect();
        let version = models.iter().map(|model| model.version).max().unwrap_or_default().next();
        Ok(Self { network: average_weights(&networks)?, version })
    }

    /// The weights as safetensors bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RewardModelError> {
        Ok(model_to_bytes(&self.network)?)
    }

    /// The model with the weights that `bytes` hold, and the version that they had.
    pub fn with_weights(self, bytes: &[u8], version: Version) -> Result<Self, RewardModelError> {
        Ok(Self { network: model_from_bytes(self.network, bytes)?, version })
    }
}

/// The first items of all pairs, then the second ones.
fn sides<'a>(pairs: &[&'a PreferencePair<Vec<u32>>]) -> Vec<&'a [u32]> {
    let (first, second) =
        (pairs.iter().map(|pair| pair.first.as_slice()), pairs.iter().map(|pair| pair.second.as_slice()));
    first.chain(second).collect()
}

/// Labels and weights of pairs.
struct Columns {
    labels: Vec<Label>,
    weights: Vec<f64>,
}

impl Columns {
    fn of(pairs: &[&PreferencePair<Vec<u32>>]) -> Self {
        let (labels, weights) = pairs.iter().map(|pair| (pair.label, pair.weight)).unzip();
        Self { labels, weights }
    }

    fn scores<'a>(&'a self, first: &'a [f64], second: &'a [f64]) -> PairScores<'a> {
        PairScores { weights: Some(&self.weights), ..PairScores::new(first, second, &self.labels) }
    }
}

fn host(values: Tensor<1>) -> Result<Vec<f64>, PolicyError> {
    let read = values.try_into_vec_as::<f32>();
    let read = read.map_err(|error| PolicyError::Device { reason: error.to_string() })?;
    Ok(read.into_iter().map(f64::from).collect())
}
