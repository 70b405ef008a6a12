use super::{Bounds, Counts, Fused, Fusion, Hops};
use crate::slots::Slots;
use crate::{PairJudge, Potential, ProgressError, Question};

/// A pair judge as a potential: asked three times for each frame, its hops fused along the episode.
///
/// `Φ*(s_0) = 0`. The goal is one reference frame for all episodes; where goals differ, make one tracker for each, or
/// let frames carry their goal.
#[derive(Debug, Clone)]
pub struct FusedProgress<J, F> {
    judge: J,
    goal: F,
    fusion: Fusion,
    bounds: Bounds,
    counts: Counts,
    episodes: Slots<Episode<F>>,
}

#[derive(Debug, Clone)]
struct Episode<F> {
    init: F,
    before: F,
    phi: f64,
}

impl<J: PairJudge<F>, F: Clone> FusedProgress<J, F> {
    /// Of a judge, a frame of success and a rule.
    pub fn new(judge: J, goal: F, fusion: Fusion, bounds: Bounds) -> Self {
        Self { judge, goal, fusion, bounds, counts: Counts::default(), episodes: Slots::default() }
    }

    /// What had to be put right so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The judge.
    pub const fn judge(&self) -> &J {
        &self.judge
    }

    /// Another frame of success, for the episodes that start from now on.
    pub fn set_goal(&mut self, goal: F) {
        self.goal = goal;
    }

    /// Fuses the next frames, one slot each, from one call of the judge.
    pub fn fuse_all(&mut self, frames: &[(usize, &F)]) -> Result<Vec<Fused>, ProgressError> {
        let mut questions = Vec::with_capacity(3 * frames.len());
        // A slot may appear once: its second frame would be judged against the first frame's past.
        for (index, (slot, after)) in frames.iter().enumerate() {
            if frames[..index].iter().any(|(other, _)| other == slot) {
                let reason = format!("slot {slot} appears twice in one step");
                return Err(ProgressError::Judge { judge: "fused progress", reason });
            }
            let episode = self.episodes.get(*slot)?;
            for before in [&episode.before, &episode.init, &self.goal] {
                questions.push(Question { init: &episode.init, goal: &self.goal, before, after });
            }
        }
        let answers = self.judge.judge(&questions)?;
        if answers.len() != questions.len() {
            let (found, asked) = (answers.len(), questions.len());
            return Err(ProgressError::Answers { judge: "a pair judge", found, asked });
        }
        let mut fused = Vec::with_capacity(frames.len());
        for ((slot, after), answers) in frames.iter().zip(answers.chunks_exact(3)) {
            let episode = self.episodes.running(*slot)?;
            let hops = Hops { step: answers[0], from_init: answers[1], from_goal: answers[2] };
            let result = self.fusion.fuse(episode.phi, hops, self.bounds, &mut self.counts);
            episode.phi = result.phi;
            episode.before = (*after).clone();
            fused.push(result);
        }
        Ok(fused)
    }
}

impl<J: PairJudge<F>, F: Clone> Potential<F> for FusedProgress<J, F> {
    fn reset(&mut self, slot: usize, first: &F) -> Result<Option<f64>, ProgressError> {
        self.episodes.start(slot, Episode { init: first.clone(), before: first.clone(), phi: 0.0 });
        Ok(Some(0.0))
    }

    fn advance(&mut self, slot: usize, frame: &F) -> Result<Option<f64>, ProgressError> {
        Ok(self.fuse_all(&[(slot, frame)])?.first().map(|fused| fused.phi))
    }

    fn advance_all(&mut self, frames: &[(usize, &F)]) -> Result<Vec<Option<f64>>, ProgressError> {
        Ok(self.fuse_all(frames)?.into_iter().map(|fused| Some(fused.phi)).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ExactHops;

    fn exact() -> ExactHops<impl Fn(&f64) -> Option<f64> + Clone, f64> {
        ExactHops::new(|phi: &f64| Some(*phi).filter(|phi| *phi >= 0.0))
    }

    /// Says that every step gained a tenth of what was left, whatever happened.
    struct Flatterer;

    impl PairJudge<f64> for Flatterer {
        fn judge(&mut self, questions: &[Question<'_, f64>]) -> Result<Vec<Option<f64>>, ProgressError> {
            Ok(vec![Some(0.1); questions.len()])
        }
    }

    #[test]
    fn an_abstaining_judge_is_counted_and_moves_nothing() {
        let mut progress = FusedProgress::new(exact(), 1.0, Fusion::Mean, Bounds::Clip);
        progress.reset(0, &0.0).expect("resets");
        assert_eq!(progress.advance(0, &0.5), Ok(Some(0.5)));
        assert_eq!(progress.advance(0, &-1.0), Ok(Some(0.5)));
        assert_eq!((progress.counts().retained, progress.counts().rejected_hops), (1, 3));
        assert!(matches!(progress.advance(1, &0.5), Err(ProgressError::NotReset { slot: 1 })));
        assert!(progress.advance_all(&[(0, &0.5), (0, &0.6)]).is_err());
    }

    #[test]
    fn a_pair_judge_is_no_potential_until_an_adapter_makes_it_one() {
        // Standing still for ten steps: the flatterer's increments drift to 1 − 0.9¹⁰, its forward anchor does not.
        let drift = |fusion| {
            let mut progress = FusedProgress::new(Flatterer, 1.0, fusion, Bounds::Clip);
            progress.reset(0, &0.3).expect("resets");
            (0..10).map(|_| progress.advance(0, &0.3).expect("runs").expect("known")).last().expect("ten")
        };
        assert!((drift(Fusion::Incremental) - (1.0 - 0.9f64.powi(10))).abs() < 1e-12);
        assert_eq!(drift(Fusion::Forward), 0.1);
    }

    struct Deaf;

    impl PairJudge<f64> for Deaf {
        fn judge(&mut self, _questions: &[Question<'_, f64>]) -> Result<Vec<Option<f64>>, ProgressError> {
            Ok(vec![])
        }
    }

    #[test]
    fn a_judge_that_answers_too_little_is_refused() {
        let mut progress = FusedProgress::new(Deaf, 1.0, Fusion::Mean, Bounds::Clip);
        progress.reset(0, &0.0).expect("resets");
        let refused = progress.advance(0, &0.5);
        assert!(matches!(refused, Err(ProgressError::Answers { found: 0, asked: 3, .. })));
    }

    proptest! {
        #[test]
        fn interleaved_episodes_are_fused_as_if_alone(
            a in prop::collection::vec(0.0..=1.0f64, 1..10), b in prop::collection::vec(0.0..=1.0f64, 1..10),
        ) {
            let alone = |path: &[f64]| -> Vec<Option<f64>> {
                let mut progress = FusedProgress::new(Flatterer, 1.0, Fusion::Mean, Bounds::Clip);
                progress.reset(0, &0.0).expect("resets");
                path.iter().map(|phi| progress.advance(0, phi).expect("runs")).collect()
            };
            let mut both = FusedProgress::new(Flatterer, 1.0, Fusion::Mean, Bounds::Clip);
            let mut together: [Vec<Option<f64>>; 2] = [vec![], vec![]];
            for slot in [0, 1] {
                both.reset(slot, &0.0).expect("resets");
            }
            for t in 0..a.len().max(b.len()) {
                let frames: Vec<(usize, &f64)> =
                    [a.get(t), b.get(t)].into_iter().enumerate().filter_map(|(slot, phi)| Some((slot, phi?))).collect();
                for ((slot, _), phi) in frames.iter().zip(both.advance_all(&frames).expect("runs")) {
                    together[*slot].push(phi);
                }
            }
            prop_assert_eq!(together, [alone(&a), alone(&b)]);
        }
    }
}
