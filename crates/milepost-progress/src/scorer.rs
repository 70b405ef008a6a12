use crate::{Potential, ProgressError};

/// What the heads of a scorer say of a batch of frames; a head that it lacks is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// Progress of each frame, `[B]`.
    pub progress: Option<Vec<f64>>,
    /// Probability that the task is complete, `[B]`.
    pub completion: Option<Vec<f64>>,
    /// Unnormalised log-probability of each stage, `[B][K]`.
    pub stages: Option<Vec<Vec<f64>>>,
    /// Progress within the stage, `[B]`.
    pub within_stage: Option<Vec<f64>>,
}

/// Scores single frames, in batches.
pub trait FrameScorer<F> {
    /// The scores of each frame.
    fn scores(&mut self, frames: &[&F]) -> Result<Scores, ProgressError>;
}

/// Which heads make the potential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// The progress head.
    Progress,
    /// `(stage + τ) / K`: the likeliest of `K` stages and the progress within it (SARM).
    StageAndWithin,
}

/// A frame scorer as a potential.
#[derive(Debug, Clone)]
pub struct ScoredPotential<S> {
    scorer: S,
    head: Head,
}

impl<S> ScoredPotential<S> {
    /// Reads `head` of `scorer`.
    pub const fn new(scorer: S, head: Head) -> Self {
        Self { scorer, head }
    }

    fn read<F>(&mut self, frames: &[&F]) -> Result<Vec<Option<f64>>, ProgressError>
    where
        S: FrameScorer<F>,
    {
        let scores = self.scorer.scores(frames)?;
        let known = |value: f64| Some(value).filter(|value| !value.is_nan());
        let lacks = |head: &str| ProgressError::Judge {
            judge: "a frame scorer",
            reason: format!("it has no {head} head; choose another head"),
        };
        let values: Vec<Option<f64>> = match self.head {
            Head::Progress => {
                scores.progress.ok_or_else(|| lacks("progress"))?.into_iter().map(known).collect()
            }
            Head::StageAndWithin => {
                let stages = scores.stages.ok_or_else(|| lacks("stage"))?;
                let within = scores.within_stage.ok_or_else(|| lacks("within-stage"))?;
                stages.iter().zip(within).map(|(logits, within)| known(staged(logits, within)?)).collect()
            }
        };
        if values.len() != frames.len() {
            return Err(ProgressError::Answers {
                judge: "a frame scorer",
                found: values.len(),
                asked: frames.len(),
            });
        }
        Ok(values)
    }
}

/// `(argmax + τ) / K`; ties go to the earlier stage. Unknown without stages.
fn staged(logits: &[f64], within: f64) -> Option<f64> {
    let stage = (0..logits.len()).reduce(|best, k| if logits[k] > logits[best] { k } else { best })?;
    Some((stage as f64 + within.clamp(0.0, 1.0)) / logits.len() as f64)
}

impl<F, S: FrameScorer<F>> Potential<F> for ScoredPotential<S> {
    fn reset(&mut self, _slot: usize, first: &F) -> Result<Option<f64>, ProgressError> {
        Ok(self.read(&[first])?[0])
    }

    fn advance(&mut self, _slot: usize, frame: &F) -> Result<Option<f64>, ProgressError> {
        Ok(self.read(&[frame])?[0])
    }

    fn advance_all(&mut self, frames: &[(usize, &F)]) -> Result<Vec<Option<f64>>, ProgressError> {
        self.read(&frames.iter().map(|(_, frame)| *frame).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Heads;

    impl FrameScorer<f64> for Heads {
        fn scores(&mut self, frames: &[&f64]) -> Result<Scores, ProgressError> {
            Ok(Scores {
                progress: None,
                stages: Some(frames.iter().map(|x| vec![0.5, **x, 0.5, 0.1]).collect()),
                within_stage: Some(frames.iter().map(|x| **x).collect()),
                ..Scores::default()
            })
        }
    }

    #[test]
    fn stage_and_progress_within_it_make_a_potential() {
        let mut staged = ScoredPotential::new(Heads, Head::StageAndWithin);
        assert_eq!(staged.reset(0, &0.9), Ok(Some(1.9 / 4.0)));
        // A tie goes to the earlier stage; NaN within a stage is unknown.
        assert_eq!(staged.advance_all(&[(0, &0.5), (1, &f64::NAN)]), Ok(vec![Some(0.5 / 4.0), None]));
        let error = ScoredPotential::new(Heads, Head::Progress).advance(0, &0.9).expect_err("no such head");
        assert!(error.to_string().contains("no progress head"));
    }
}
