//! One update: epochs of minibatches over the decisions of an iteration.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_credit::Rows;
use milepost_policies::Adam;

use crate::TrainError;
use crate::agent::{DecisionTable, Forward, Scores};
use crate::config::{LearnerConfig, MinibatchUnit, NormalizeConfig, Pairing, Pool};
use crate::credit::Credits;
use crate::distillation::{Lessons, Place};
use crate::host::host;
use crate::objective::{Minibatch, Objective, Tokens};
use crate::pairs::pairs;

/// A decision that teaches.
#[derive(Debug, Clone, Copy)]
struct Decision {
    index: usize,
    sequence: usize,
    advantage: f64,
    target: f64,
}

/// How one iteration's data move the model.
pub(crate) struct Update<'a> {
    pub config: &'a LearnerConfig,
    pub normalize: &'a NormalizeConfig,
    pub objective: &'a dyn Objective,
    /// How pairs are made, for updates that are counted in pairs.
    pub pairing: Pairing,
    /// Number of trajectories in each group.
    pub groups: &'a [usize],
    /// A constant factor on the policy loss of each decision, `[D]`.
    pub correction: Option<&'a [f64]>,
    /// What a teacher says.
    pub lessons: Option<&'a Lessons>,
    /// The trajectory that each of the last rows belongs to; the rows before them are trajectories themselves.
    pub companions: &'a [usize],
    pub run_seed: u64,
    pub iteration: u64,
}

/// Means over the minibatches of an update.
pub(crate) type Metrics = Vec<(String, f64)>;

impl Update<'_> {
    /// Applies the update. An update without a single decision that teaches changes nothing.
    pub(crate) fn apply<M: Module>(
        &self,
        mut model: M,
        optimizer: &mut Adam,
        table: &impl DecisionTable<M>,
        scores: &Scores,
        credits: &Credits,
    ) -> Result<(M, Metrics), TrainError> {
        let decisions = decisions(table.offsets(), credits, self.companions);
        let mut sums: Vec<(&'static str, Tensor<1>)> = Vec::new();
        let mut numbers: Vec<(&'static str, f64)> = Vec::new();
        let (mut distilled, mut positions) = (0.0, 0usize);
        let mut updates = 0u32;
        for epoch in 0..self.config.epochs {
            for sequences in self.minibatches(&decisions, credits, epoch) {
                let lengths: Vec<usize> = sequences.iter().map(Vec::len).collect();
                let chosen: Vec<Decision> =
                    sequences.iter().flatten().map(|index| decisions[*index]).collect();
                let rows: Vec<usize> = chosen.iter().map(|d| d.index).collect();
                let Forward { logits, values, actions } = table.forward(&model, &rows)?;
                let minibatch =
                    Minibatch { actions, tokens: self.tokens(&chosen, &lengths, table.turns(), scores)? };
                let student = self.lessons.map(|lessons| (lessons, logits.clone()));
                let mut loss = self.objective.loss(logits, values, &minibatch)?;
                if let Some((lessons, student)) = student {
                    let place = |d: &Decision| Place {
                        sequence: d.sequence,
                        decision: d.index - table.offsets()[d.sequence],
                    };
                    let places: Vec<Place> = chosen.iter().map(place).collect();
                    let term = lessons.term(student, &minibatch.tokens.rows, &places)?;
                    let mut weighted = 0.0;
                    if let Some((term, report)) = term {
                        loss.total = loss.total + term;
                        weighted = report.loss;
                        distilled += report.divergence_sum;
                        positions += report.positions;
                    }
                    loss.numbers.push(("distillation_loss", weighted));
                }
                let gradients = GradientsParams::from_grads(loss.total.backward(), &model);
                let (moved, norm) = optimizer.step(model, gradients);
                model = moved;
                accumulate(&mut numbers, loss.numbers.into_iter());
                accumulate(&mut sums, loss.metrics.into_iter().chain(norm.map(|norm| ("grad_norm", norm))));
                updates += 1;
            }
        }
        let mut metrics = self.means(numbers, sums, updates)?;
        if positions > 0 {
            metrics.push(("teacher_divergence".to_owned(), distilled / positions as f64));
        }
        Ok((model, metrics))
    }

    /// The sequences of each minibatch, each as indices of its decisions, in the keyed order of this epoch.
    /// Tokens that were shuffled are one sequence; of a pair the preferred one comes first.
    fn minibatches(&self, decisions: &[Decision], credits: &Credits, epoch: usize) -> Vec<Vec<Vec<usize>>> {
        let mut stream = Stream::new(StreamKey {
            run_seed: self.run_seed,
            purpose: Purpose::SHUFFLE,
            task: 0,
            episode: self.iteration,
            step: epoch as u32,
        });
        let size = self.config.minibatch;
        if self.config.unit == MinibatchUnit::Token {
            let mut tokens: Vec<usize> = (0..decisions.len()).collect();
            stream.shuffle(&mut tokens);
            return tokens.chunks(size).map(|chunk| vec![chunk.to_vec()]).collect();
        }
        let indices: Vec<usize> = (0..decisions.len()).collect();
        let sequences: Vec<&[usize]> =
            indices.chunk_by(|a, b| decisions[*a].sequence == decisions[*b].sequence).collect();
        let mut units: Vec<Vec<&[usize]>> = match self.config.unit {
            MinibatchUnit::Pair => {
                let of = |trajectory: usize| {
                    sequences.iter().copied().find(|s| decisions[s[0]].sequence == trajectory)
                };
                self.pairs(credits).into_iter().filter_map(|(a, b)| Some(vec![of(a)?, of(b)?])).collect()
            }
            MinibatchUnit::Trajectory | MinibatchUnit::Token => sequences.iter().map(|s| vec![*s]).collect(),
        };
        stream.shuffle(&mut units);
        let rows = |unit: &Vec<&[usize]>| unit.iter().map(|s| s.to_vec()).collect::<Vec<_>>();
        units.chunks(size).map(|chunk| chunk.iter().flat_map(rows).collect()).collect()
    }

    /// Pairs of trajectories by return.
    fn pairs(&self, credits: &Credits) -> Vec<(usize, usize)> {
        let score = |returns: &Vec<f64>| returns.first().copied().unwrap_or(0.0);
        let scores: Vec<f64> = credits.returns.iter().map(score).collect();
        pairs(self.pairing, self.groups, &scores, &credits.keep)
    }

    fn tokens(
        &self,
        chosen: &[Decision],
        lengths: &[usize],
        turns: &[u32],
        scores: &Scores,
    ) -> Result<Tokens, TrainError> {
        let mut advantages: Vec<f64> = chosen.iter().map(|d| d.advantage).collect();
        if self.normalize.pool == Pool::Minibatch {
            let raw = advantages.clone();
            self.normalize.rule().apply(&raw, &mut advantages)?;
        }
        let of = |column: &[f32]| chosen.iter().map(|d| f64::from(column[d.index])).collect::<Vec<f64>>();
        Ok(Tokens {
            rows: Rows::ragged(lengths),
            turns: Rows::ragged(&turn_lengths(chosen, turns)),
            old_log_probs: of(&scores.logp),
            reference: scores.reference.as_deref().map(of),
            advantages,
            returns: chosen.iter().map(|d| d.target).collect(),
            old_values: of(&scores.values),
            correction: self.correction.map(|column| chosen.iter().map(|d| column[d.index]).collect()),
        })
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

/// The length of each turn of each sequence, where decisions that follow one another are of one turn.
fn turn_lengths(chosen: &[Decision], turns: &[u32]) -> Vec<usize> {
    let same = |a: &Decision, b: &Decision| (a.sequence, turns[a.index]) == (b.sequence, turns[b.index]);
    chosen.chunk_by(same).map(<[Decision]>::len).collect()
}

/// The decisions that teach, trajectory by trajectory; those of its companions follow a trajectory's own and are one
/// sequence with them.
fn decisions(offsets: &[usize], credits: &Credits, companions: &[usize]) -> Vec<Decision> {
    let mut decisions = Vec::new();
    let trajectories = offsets.len() - 1 - companions.len();
    for sequence in (0..trajectories).filter(|sequence| credits.keep[*sequence]) {
        let beside = companions.iter().enumerate().filter(|(_, place)| **place == sequence);
        for row in std::iter::once(sequence).chain(beside.map(|(index, _)| trajectories + index)) {
            let pairs = credits.advantages[row].iter().zip(&credits.returns[row]);
            decisions.extend(pairs.enumerate().map(|(t, (advantage, target))| Decision {
                index: offsets[row] + t,
                sequence,
                advantage: *advantage,
                target: *target,
            }));
        }
    }
    decisions
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn companions_follow_their_trajectory_and_leave_all_others_as_they_were(
            sizes in prop::collection::vec((1..4_usize, any::<bool>()), 1..6),
            beside in prop::collection::vec((0..6_usize, 1..3_usize), 0..5),
        ) {
            let n = sizes.len();
            let mut credits = Credits::default();
            for (index, (size, keep)) in sizes.iter().enumerate() {
                credits.advantages.push(vec![index as f64; *size]);
                credits.returns.push(vec![-(index as f64); *size]);
                credits.keep.push(*keep);
            }
            let mut offsets = vec![0];
            for size in sizes.iter().map(|(size, _)| *size).chain(beside.iter().map(|(_, size)| *size)) {
                offsets.push(offsets[offsets.len() - 1] + size);
            }
            let plain = decisions(&offsets[..=n], &credits, &[]);
            let places: Vec<usize> = beside.iter().map(|(place, _)| place % n).collect();
            credits.accompany(places.iter().copied().zip(beside.iter().map(|(_, size)| *size)));
            let joined = decisions(&offsets, &credits, &places);
            let own: Vec<_> = joined.iter().filter(|d| d.index < offsets[n]).copied().collect();
            let key = |d: &Decision| (d.index, d.sequence, d.advantage.to_bits(), d.target.to_bits());
            prop_assert_eq!(own.iter().map(key).collect::<Vec<_>>(), plain.iter().map(key).collect::<Vec<_>>());
            prop_assert!(joined.windows(2).all(|pair| pair[0].sequence <= pair[1].sequence));
            for decision in joined.iter().filter(|d| d.index >= offsets[n]) {
                let row = offsets.partition_point(|offset| *offset <= decision.index) - 1;
                prop_assert_eq!(decision.sequence, places[row - n]);
                prop_assert_eq!(decision.advantage, decision.sequence as f64);
                prop_assert_eq!(decision.target, -(decision.sequence as f64));
            }
            let taught: usize = beside.iter().zip(&places).filter(|(_, place)| sizes[**place].1).map(|((_, size), _)| size).sum();
            prop_assert_eq!(joined.len(), plain.len() + taught);
        }
    }
}
