//! How the reward model learns from a batch.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_credit::Rows;
use milepost_objectives::{ImplicitRewardLoss, LabelledBatch};
use milepost_rewards::ScoreReport;

use super::labels::Labels;
use super::{ImplicitRewardModel, View};
use crate::TrainError;
use crate::agent::{Agent, DecisionTable, Forward};
use crate::host::host;
use crate::objective::linear;

/// What one step learns from.
struct Lesson {
    /// Trajectories, in order.
    trajectories: Vec<usize>,
    /// Pairs (better, worse) of places in `trajectories`.
    pairs: Vec<(usize, usize)>,
}

impl<M: Module> ImplicitRewardModel<M> {
    /// Passes over a batch: every trajectory that is `finite` and has an outcome and a token. Nothing is changed where
    /// there is nothing to learn from, or where an error is returned.
    pub(super) fn learn_from<A: Agent<Model = M>>(
        &mut self,
        view: &View<'_, A>,
        reference: &[f64],
        labels: &Labels,
        finite: &[bool],
        report: &mut ScoreReport,
    ) -> Result<(), TrainError> {
        let rows: Vec<_> = view.decisions().collect();
        let usable: Vec<bool> = (0..rows.len())
            .map(|n| finite[n] && !rows[n].is_empty() && labels.outcomes[n].is_some())
            .collect();
        let (mut model, mut optimizer) = (self.model.clone(), self.optimizer.clone());
        let (mut loss, mut correct, mut terms, mut updates) = (0.0, 0, 0, 0_u32);
        for epoch in 0..self.config.epochs {
            for lesson in self.lessons(view.iteration, epoch as u32, labels, &usable, report) {
                let decisions: Vec<usize> =
                    lesson.trajectories.iter().flat_map(|n| rows[*n].clone()).collect();
                let Forward { logits, actions, .. } = view.table.forward(&model, &decisions)?;
                let logp: Tensor<1> =
                    log_softmax(logits, 1).gather(1, actions.unsqueeze_dim(1)).squeeze_dim(1);
                let now: Vec<f64> = host(logp.clone().inner())?.into_iter().map(f64::from).collect();
                let lengths: Vec<usize> = lesson.trajectories.iter().map(|n| rows[*n].len()).collect();
                let steps: Vec<usize> = lesson.trajectories.iter().map(|n| steps(view, &rows[*n])).collect();
                let success = |n: &usize| f64::from(u8::from(labels.success(*n)));
                let batch = LabelledBatch {
                    rows: &Rows::ragged(&lengths),
                    log_probs: &now,
                    reference: &decisions.iter().map(|d| reference[*d]).collect::<Vec<f64>>(),
                    outcomes: &lesson.trajectories.iter().map(success).collect::<Vec<f64>>(),
                    steps: &steps,
                    pairs: &lesson.pairs,
                };
                let mut slopes = vec![0.0; now.len()];
                let fit = self.objective.evaluate(&batch, &mut slopes)?;
                let total = linear(logp, &slopes, &now, fit.loss);
                let gradients = GradientsParams::from_grads(total.backward(), &model);
                (model, _) = optimizer.step(model, gradients);
                loss += fit.loss;
                (correct, terms, updates) = (correct + fit.correct, terms + fit.terms, updates + 1);
            }
        }
        if updates > 0 {
            report.metric("loss", loss / f64::from(updates));
            report.metric("fit_accuracy", correct as f64 / terms as f64);
        }
        report.count("updates", u64::from(updates));
        self.seen += usable.iter().filter(|usable| **usable).count() as u64;
        (self.model, self.optimizer) = (model, optimizer);
        Ok(())
    }

    /// What the steps of one pass learn from, in the keyed order of this iteration and pass.
    fn lessons(
        &self,
        iteration: u64,
        epoch: u32,
        labels: &Labels,
        usable: &[bool],
        report: &mut ScoreReport,
    ) -> Vec<Lesson> {
        let mut stream = Stream::new(StreamKey {
            episode: iteration,
            step: epoch,
            ..StreamKey::new(self.run_seed, Purpose::named("implicit-reward"))
        });
        let size = self.config.minibatch;
        match self.config.loss {
            ImplicitRewardLoss::CrossEntropy {} => {
                let mut trajectories: Vec<usize> = (0..usable.len()).filter(|n| usable[*n]).collect();
                stream.shuffle(&mut trajectories);
                let lesson = |chunk: &[usize]| Lesson { trajectories: chunk.to_vec(), pairs: Vec::new() };
                trajectories.chunks(size).map(lesson).collect()
            }
            ImplicitRewardLoss::TrajectoryDpo { .. } => {
                let pairs = labels.pairs(usable);
                report.count("batches_without_pairs", u64::from(pairs.is_empty()));
                let drawn = draw(&pairs, self.config.pairs, &mut stream);
                report.count("pairs_left_out", (pairs.len() - drawn.len()) as u64);
                drawn.chunks(size).map(Lesson::of_pairs).collect()
            }
        }
    }
}

/// Pairs in an order drawn from `stream`, the first `most` of them.
fn draw(pairs: &[(usize, usize)], most: usize, stream: &mut Stream) -> Vec<(usize, usize)> {
    let mut drawn = pairs.to_vec();
    stream.shuffle(&mut drawn);
    drawn.truncate(most);
    drawn
}

impl Lesson {
    fn of_pairs(pairs: &[(usize, usize)]) -> Self {
        let mut trajectories: Vec<usize> =
            pairs.iter().flat_map(|(better, worse)| [*better, *worse]).collect();
        trajectories.sort_unstable();
        trajectories.dedup();
        let place = |n: &usize| trajectories.partition_point(|other| other < n);
        let pairs = pairs.iter().map(|(better, worse)| (place(better), place(worse))).collect();
        Self { trajectories, pairs }
    }
}

/// Turns in which the policy wrote something.
fn steps<A: Agent>(view: &View<'_, A>, row: &std::ops::Range<usize>) -> usize {
    view.turns()[row.clone()].chunk_by(|a, b| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_name_places_in_the_lesson() {
        let lesson = Lesson::of_pairs(&[(7, 2), (4, 2)]);
        assert_eq!((lesson.trajectories, lesson.pairs), (vec![2, 4, 7], vec![(2, 0), (1, 0)]));
    }

    #[test]
    fn of_many_pairs_so_many_are_drawn_each_once_and_of_few_all_are_kept() {
        let stream = |seed| Stream::new(StreamKey::new(seed, Purpose::named("implicit-reward")));
        // Ten successes and ten failures of one group.
        let labels: Vec<Option<f64>> = (0..20).map(|n| Some(f64::from(u8::from(n < 10)))).collect();
        let pairs = Labels::of(&labels, &[20], None).pairs(&[true; 20]);
        assert_eq!(pairs.len(), 100);
        let drawn = draw(&pairs, 64, &mut stream(1));
        let distinct: std::collections::BTreeSet<_> = drawn.iter().collect();
        assert_eq!((drawn.len(), distinct.len()), (64, 64));
        assert!(drawn.iter().all(|pair| pairs.contains(pair)));
        assert!(drawn.iter().any(|pair| pairs[64..].contains(pair)), "not merely the first");
        assert_eq!(drawn, draw(&pairs, 64, &mut stream(1)));
        assert_ne!(drawn, draw(&pairs, 64, &mut stream(2)));
        let mut few = draw(&pairs[..5], 64, &mut stream(1));
        few.sort_unstable();
        assert_eq!(few, pairs[..5]);
    }
}
