//! One update: epochs of minibatches over the decisions of an iteration.

use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_policies::{ActorCritic, Adam};

use crate::TrainError;
use crate::config::{LearnerConfig, MinibatchUnit, NormalizeConfig, Pool};
use crate::credit::Credits;
use crate::objective::{Minibatch, Objective};
use crate::sampler::host;
use crate::table::{Scores, StateTable};

/// A decision that teaches.
#[derive(Debug, Clone, Copy)]
struct Decision {
    row: usize,
    sequence: usize,
    advantage: f64,
    target: f64,
}

/// How one iteration's data move the model.
pub(crate) struct Update<'a> {
    pub config: &'a LearnerConfig,
    pub normalize: &'a NormalizeConfig,
    pub aggregation: milepost_credit::Aggregation,
    pub objective: &'a dyn Objective,
    pub run_seed: u64,
    pub iteration: u64,
    pub device: &'a Device,
}

/// Means over the minibatches of an update.
pub(crate) type Metrics = Vec<(String, f64)>;

impl Update<'_> {
    /// Applies the update. An update without a single decision that teaches changes nothing.
    pub(crate) fn apply<M: ActorCritic>(
        &self,
        mut model: M,
        optimizer: &mut Adam,
        table: &StateTable,
        scores: &Scores,
        credits: &Credits,
    ) -> Result<(M, Metrics), TrainError> {
        let decisions = decisions(table, credits);
        let mut sums: Vec<(&'static str, Tensor<1>)> = Vec::new();
        let mut updates = 0u32;
        for epoch in 0..self.config.epochs {
            for indices in self.minibatches(&decisions, epoch) {
                let chosen: Vec<Decision> = indices.iter().map(|index| decisions[*index]).collect();
                let minibatch = self.minibatch(&chosen, table, scores)?;
                let rows = ints(chosen.iter().map(|d| d.row as i32).collect(), self.device);
                let (logits, values) = model.forward(table.features.clone().select(0, rows));
                let loss = self.objective.loss(logits, values, &minibatch);
                let gradients = GradientsParams::from_grads(loss.total.backward(), &model);
                let (moved, norm) = optimizer.step(model, gradients);
                model = moved;
                accumulate(&mut sums, loss.metrics.into_iter().chain(norm.map(|norm| ("grad_norm", norm))));
                updates += 1;
            }
        }
        Ok((model, self.read(sums, updates)?))
    }

    /// The decisions of each minibatch, as indices, in the keyed order of this epoch.
    fn minibatches(&self, decisions: &[Decision], epoch: usize) -> Vec<Vec<usize>> {
        let mut stream = Stream::new(StreamKey {
            run_seed: self.run_seed,
            purpose: Purpose::SHUFFLE,
            task: 0,
            episode: self.iteration,
            step: epoch as u32,
        });
        let mut units: Vec<Vec<usize>> = match self.config.unit {
            MinibatchUnit::Token => (0..decisions.len()).map(|index| vec![index]).collect(),
            MinibatchUnit::Trajectory => {
                let indices: Vec<usize> = (0..decisions.len()).collect();
                indices
                    .chunk_by(|a, b| decisions[*a].sequence == decisions[*b].sequence)
                    .map(<[usize]>::to_vec)
                    .collect()
            }
        };
        stream.shuffle(&mut units);
        units.chunks(self.config.minibatch).map(<[Vec<usize>]>::concat).collect()
    }

    fn minibatch(
        &self,
        chosen: &[Decision],
        table: &StateTable,
        scores: &Scores,
    ) -> Result<Minibatch, TrainError> {
        let mut advantages: Vec<f64> = chosen.iter().map(|d| d.advantage).collect();
        if self.normalize.pool == Pool::Minibatch {
            let raw = advantages.clone();
            self.normalize.rule().apply(&raw, &mut advantages)?;
        }
        let floats = |values: Vec<f32>| {
            let n = values.len();
            Tensor::<1>::from_data(TensorData::new(values, [n]), self.device)
        };
        Ok(Minibatch {
            actions: ints(chosen.iter().map(|d| table.actions[d.row]).collect(), self.device),
            old_logp: floats(chosen.iter().map(|d| scores.logp[d.row]).collect()),
            advantages: floats(advantages.into_iter().map(|a| a as f32).collect()),
            returns: floats(chosen.iter().map(|d| d.target as f32).collect()),
            old_values: floats(chosen.iter().map(|d| scores.values[d.row]).collect()),
            weights: floats(self.weights(chosen)?),
        })
    }

    /// The aggregation weight of each decision.
    fn weights(&self, chosen: &[Decision]) -> Result<Vec<f32>, TrainError> {
        let lengths: Vec<usize> = match self.config.unit {
            // Tokens of a minibatch are one sequence: only the token mean is allowed here.
            MinibatchUnit::Token => vec![chosen.len()],
            MinibatchUnit::Trajectory => {
                chosen.chunk_by(|a, b| a.sequence == b.sequence).map(<[Decision]>::len).collect()
            }
        };
        let mut weights = vec![0.0; lengths.len()];
        self.aggregation.weights(&lengths, &mut weights)?;
        Ok(lengths
            .iter()
            .zip(weights)
            .flat_map(|(length, weight)| std::iter::repeat_n(weight as f32, *length))
            .collect())
    }

    /// Reads the sums back in one transfer and turns them into means.
    fn read(&self, sums: Vec<(&'static str, Tensor<1>)>, updates: u32) -> Result<Metrics, TrainError> {
        if sums.is_empty() {
            return Ok(Vec::new());
        }
        let (names, tensors): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
        let values = host(Tensor::cat(tensors, 0))?;
        let means =
            names.into_iter().zip(values).map(|(name, sum)| (name, f64::from(sum) / f64::from(updates)));
        means
            .map(|(name, value)| {
                if value.is_finite() {
                    Ok((name.to_owned(), value))
                } else {
                    Err(TrainError::NonFinite { iteration: self.iteration, what: name.to_owned(), value })
                }
            })
            .collect()
    }
}

fn decisions(table: &StateTable, credits: &Credits) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for (sequence, offset) in table.offsets[..table.offsets.len() - 1].iter().enumerate() {
        if !credits.keep[sequence] {
            continue;
        }
        let pairs = credits.advantages[sequence].iter().zip(&credits.returns[sequence]);
        decisions.extend(pairs.enumerate().map(|(t, (advantage, target))| Decision {
            row: offset + t,
            sequence,
            advantage: *advantage,
            target: *target,
        }));
    }
    decisions
}

fn ints(values: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}

fn accumulate(
    sums: &mut Vec<(&'static str, Tensor<1>)>,
    metrics: impl Iterator<Item = (&'static str, Tensor<1>)>,
) {
    for (name, value) in metrics {
        match sums.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum = sum.clone() + value,
            None => sums.push((name, value)),
        }
    }
}
