//! One update: epochs of minibatches over the decisions of an iteration.

use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_credit::Rows;
use milepost_policies::{ActorCritic, Adam};

use crate::TrainError;
use crate::config::{LearnerConfig, MinibatchUnit, NormalizeConfig, Pool};
use crate::credit::Credits;
use crate::objective::{Minibatch, Objective, Tokens};
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
        let mut numbers: Vec<(&'static str, f64)> = Vec::new();
        let mut updates = 0u32;
        for epoch in 0..self.config.epochs {
            for indices in self.minibatches(&decisions, epoch) {
                let chosen: Vec<Decision> = indices.iter().map(|index| decisions[*index]).collect();
                let minibatch = self.minibatch(&chosen, table, scores)?;
                let rows = ints(chosen.iter().map(|d| d.row as i32).collect(), self.device);
                let (logits, values) = model.forward(table.features.clone().select(0, rows));
                let loss = self.objective.loss(logits, values, &minibatch)?;
                let gradients = GradientsParams::from_grads(loss.total.backward(), &model);
                let (moved, norm) = optimizer.step(model, gradients);
                model = moved;
                accumulate(&mut numbers, loss.numbers.into_iter());
                accumulate(&mut sums, loss.metrics.into_iter().chain(norm.map(|norm| ("grad_norm", norm))));
                updates += 1;
            }
        }
        Ok((model, self.means(numbers, sums, updates)?))
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
        let of = |column: &[f32]| chosen.iter().map(|d| f64::from(column[d.row])).collect::<Vec<f64>>();
        let tokens = Tokens {
            rows: self.rows(chosen),
            old_log_probs: of(&scores.logp),
            reference: scores.reference.as_deref().map(of),
            advantages,
            returns: chosen.iter().map(|d| d.target).collect(),
            old_values: of(&scores.values),
        };
        Ok(Minibatch {
            actions: ints(chosen.iter().map(|d| table.actions[d.row]).collect(), self.device),
            tokens,
        })
    }

    /// The sequences of a minibatch. Tokens that were shuffled are one.
    fn rows(&self, chosen: &[Decision]) -> Rows {
        let lengths: Vec<usize> = match self.config.unit {
            MinibatchUnit::Token => vec![chosen.len()],
            MinibatchUnit::Trajectory => {
                chosen.chunk_by(|a, b| a.sequence == b.sequence).map(<[Decision]>::len).collect()
            }
        };
        Rows::ragged(&lengths)
    }

    /// Means over the updates. What lies on the device is read back in one transfer.
    fn means(
        &self,
        numbers: Vec<(&'static str, f64)>,
        sums: Vec<(&'static str, Tensor<1>)>,
        updates: u32,
    ) -> Result<Metrics, TrainError> {
        let (names, tensors): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
        let read = if tensors.is_empty() { Vec::new() } else { host(Tensor::cat(tensors, 0))? };
        let read = names.into_iter().zip(read.into_iter().map(f64::from));
        numbers
            .into_iter()
            .chain(read)
            .map(|(name, sum)| {
                let value = sum / f64::from(updates);
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

/// Adds each named number to the sum of its name.
fn accumulate<T: Clone + std::ops::Add<Output = T>>(
    sums: &mut Vec<(&'static str, T)>,
    metrics: impl Iterator<Item = (&'static str, T)>,
) {
    for (name, value) in metrics {
        match sums.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum = sum.clone() + value,
            None => sums.push((name, value)),
        }
    }
}
