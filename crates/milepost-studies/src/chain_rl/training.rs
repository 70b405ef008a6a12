use std::ops::ControlFlow;

use milepost_algorithms::TrainError;
use milepost_eval::collapse::VoteSigns;
use serde::{Deserialize, Serialize};

use super::evaluation::{Evaluation, Point};
use super::{ChainRl, Loop};
use crate::state::{self, bits};
use crate::{Recorder, StudyError};

/// What is read off the training loop, one entry an update. No number is NaN but at a collapse, after which nothing is
/// kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Watched {
    /// Not known where no group's vote decided anything.
    pub(super) reward_accuracy: Vec<Option<f64>>,
    pub(super) signs: Vec<VoteSigns>,
    #[serde(with = "bits")]
    pub(super) similarity: Vec<f64>,
    #[serde(with = "bits")]
    pub(super) opposed: Vec<f64>,
    /// Of the policy, over the tokens that taught.
    #[serde(with = "bits")]
    pub(super) entropy: Vec<f64>,
}

impl Watched {
    /// In update `update`, counted from 0, it showed that the network gives no distribution any more.
    fn collapse_in(&mut self, update: u64) {
        self.reward_accuracy.truncate(update as usize);
        self.reward_accuracy.push(Some(f64::NAN));
        self.signs.truncate(update as usize);
        self.signs.push(VoteSigns::NONE);
    }
}

/// The part of a kept state that is not the trainer's.
const WATCHED: &str = "watched.json";

/// What an update reports, and the name it has on curves.
const CURVES: [(&str, &str); 5] = [
    ("vote.reward_accuracy", "reward-accuracy"),
    ("vote.label_accuracy", "label-accuracy"),
    ("vote.majority_ratio", "majority-ratio"),
    ("vote.answer_entropy", "answer-entropy"),
    ("entropy", "entropy"),
];

impl ChainRl {
    /// Trains until the end or until the network gives no distribution any more.
    pub(super) fn train(
        &self,
        trainer: &mut Loop,
        evaluation: &Evaluation,
        recorder: &mut dyn Recorder,
    ) -> Result<(Vec<Point>, Watched), StudyError> {
        let (mut points, mut watched) = if let Some(state) = recorder.resume()? {
            trainer.restore(&state).map_err(StudyError::part("the kept trainer"))?;
            state::read(&state, WATCHED)?
        } else {
            let start = evaluation.at(trainer, recorder, &[])?;
            let start =
                start.ok_or_else(|| StudyError::part("the base policy")("it gives no distribution"))?;
            (vec![start], Watched::default())
        };
        for iteration in trainer.iterations()..self.iterations {
            recorder.keep(&mut || {
                let mut state = trainer.checkpoint().map_err(StudyError::part("the trainer"))?;
                state.push(state::write(WATCHED, &(&points, &watched))?);
                Ok(state)
            })?;
            recorder.advance(iteration, self.iterations)?;
            if self.update(trainer, evaluation, recorder, (&mut points, &mut watched))?.is_break() {
                recorder.count("collapsed networks", 1);
                watched.collapse_in(iteration);
                break;
            }
        }
        Ok((points, watched))
    }

    /// One update, and the evaluation that is due after it. Breaks off where the network gives no distribution.
    fn update(
        &self,
        trainer: &mut Loop,
        evaluation: &Evaluation,
        recorder: &mut dyn Recorder,
        (points, watched): (&mut Vec<Point>, &mut Watched),
    ) -> Result<ControlFlow<()>, StudyError> {
        let Some(report) = unless_diverged("training", trainer.iterate())? else {
            return Ok(ControlFlow::Break(()));
        };
        let metric = |name: &str| report.metrics.iter().find(|(n, _)| n == name).map(|(_, v)| *v);
        let told = |name: &str| {
            metric(name).ok_or_else(|| StudyError::part("training")(format!("`{name}` was not reported")))
        };
        watched.reward_accuracy.push(metric("vote.reward_accuracy"));
        watched.signs.push(VoteSigns {
            majority_ratio: told("vote.majority_ratio")?,
            answer_entropy: told("vote.answer_entropy")?,
            length: report.policy_tokens as f64 / report.episodes.len().max(1) as f64,
        });
        watched.similarity.extend(metric("explored.similarity"));
        watched.opposed.extend(metric("explored.opposed"));
        watched.entropy.extend(metric("entropy"));
        let done = trainer.iterations();
        if done.is_multiple_of(self.evaluate_every) || done == self.iterations {
            let also = CURVES.map(|(said, name)| metric(said).map(|value| (name, value)));
            let also: Vec<(&str, f64)> = also.into_iter().flatten().collect();
            match evaluation.at(trainer, recorder, &also)? {
                Some(point) => points.push(point),
                None => return Ok(ControlFlow::Break(())),
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// `None` where the network's outputs are no numbers any more.
pub(super) fn unless_diverged<T>(
    part: &'static str,
    result: Result<T, TrainError>,
) -> Result<Option<T>, StudyError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_divergence() => Ok(None),
        Err(error) => Err(StudyError::part(part)(error)),
    }
}
