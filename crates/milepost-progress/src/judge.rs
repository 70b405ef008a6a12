use std::marker::PhantomData;

use crate::ProgressError;
use crate::robo_dopamine::hop;

/// How much nearer to the goal is `after` than `before`, seen from the episode's beginning and the goal?
#[derive(Debug)]
pub struct Question<'a, F> {
    /// The first frame.
    pub init: &'a F,
    /// A frame of success.
    pub goal: &'a F,
    /// The frame before.
    pub before: &'a F,
    /// The frame after.
    pub after: &'a F,
}

impl<F> Clone for Question<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Question<'_, F> {}

/// Compares pairs of frames: a hop in `[−1, 1]` (the share of the remaining way that was gone, or of the way
/// already gone that was lost), or `None` where it abstains.
///
/// A pair judge is not a potential: the hops of a learned one do not add up. An adapter
/// ([`FusedProgress`](crate::robo_dopamine::FusedProgress)) makes one out of it, and which adapter is part of
/// the reward.
pub trait PairJudge<F> {
    /// One answer for each question, in order.
    fn judge(&mut self, questions: &[Question<'_, F>]) -> Result<Vec<Option<f64>>, ProgressError>;
}

impl<F, J: PairJudge<F> + ?Sized> PairJudge<F> for &mut J {
    fn judge(&mut self, questions: &[Question<'_, F>]) -> Result<Vec<Option<f64>>, ProgressError> {
        (**self).judge(questions)
    }
}

/// The pair judge of a potential of states: the exact [`hop`] between two values of Φ. Abstains where Φ is
/// unknown.
#[derive(Debug, Clone)]
pub struct ExactHops<P, F>(P, PhantomData<fn(&F)>);

impl<P: Fn(&F) -> Option<f64>, F> ExactHops<P, F> {
    /// Judges by `phi`.
    pub const fn new(phi: P) -> Self {
        Self(phi, PhantomData)
    }
}

impl<P: Fn(&F) -> Option<f64>, F> PairJudge<F> for ExactHops<P, F> {
    fn judge(&mut self, questions: &[Question<'_, F>]) -> Result<Vec<Option<f64>>, ProgressError> {
        let answer = |q: &Question<'_, F>| Some(hop((self.0)(q.before)?, (self.0)(q.after)?));
        Ok(questions.iter().map(answer).collect())
    }
}
