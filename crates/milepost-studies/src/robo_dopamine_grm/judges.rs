use std::sync::Arc;

use milepost_core::Stream;
use milepost_progress::robo_dopamine::hop;
use milepost_progress::{Frame, PairJudge, ProgressError, Question};
use milepost_rewards::progress::HopModel;

use super::measure::Place;
use crate::staged_films::Episode;

/// Frames asked about in one batch.
const BATCH: usize = 1024;

/// A learned model, shown the frames at the places asked about.
pub(super) struct Shown<'a> {
    pub(super) model: &'a mut HopModel,
    pub(super) films: &'a [Episode],
}

impl PairJudge<Place> for Shown<'_> {
    fn judge(&mut self, questions: &[Question<'_, Place>]) -> Result<Vec<Option<f64>>, ProgressError> {
        let films = self.films;
        let at = |place: &Place| -> &Arc<Frame> { &films[place.0].frames[place.1] };
        let mut answers = Vec::with_capacity(questions.len());
        for chunk in questions.chunks(BATCH) {
            let shown: Vec<Question<'_, Arc<Frame>>> = chunk
                .iter()
                .map(|q| Question {
                    init: at(q.init),
                    goal: at(q.goal),
                    before: at(q.before),
                    after: at(q.after),
                })
                .collect();
            answers.extend(self.model.judge(&shown)?);
        }
        Ok(answers)
    }
}

/// The exact hop of the true progress, and noise.
pub(super) struct NoisyOracle<'a> {
    pub(super) phi: Vec<Vec<f64>>,
    pub(super) noise: f64,
    pub(super) stream: &'a mut Stream,
}

impl PairJudge<Place> for NoisyOracle<'_> {
    fn judge(&mut self, questions: &[Question<'_, Place>]) -> Result<Vec<Option<f64>>, ProgressError> {
        let mut answer = |q: &Question<'_, Place>| {
            let phi = |place: &Place| self.phi[place.0][place.1];
            Some(hop(phi(q.before), phi(q.after)) + self.noise * self.stream.normal())
        };
        Ok(questions.iter().map(&mut answer).collect())
    }
}
