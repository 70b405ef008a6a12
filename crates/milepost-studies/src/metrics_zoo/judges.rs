use std::sync::Arc;

use milepost_core::Stream;
use milepost_progress::{Frame, PairJudge, Question};
use milepost_rewards::progress::HopModel;

use crate::StudyError;

/// What a judge is shown of one moment of an episode.
pub(super) struct Seen {
    pub(super) frame: Arc<Frame>,
    /// How many frames came before it, in the order in which they are shown.
    pub(super) index: usize,
    /// True progress, for the judges that are made from it.
    pub(super) truth: f64,
}

/// Says how far along a task is, from 0 to 1.
pub(super) trait Judge: Send {
    /// The progress of each moment.
    fn progress(&mut self, seen: &[Seen]) -> Result<Vec<f64>, StudyError>;
}

/// The six judges of the zoo.
pub(super) const NAMES: [&str; 6] =
    ["oracle", "noisy oracle", "frame index", "constant", "cosine to the goal", "learned"];

/// Where [`FrameIndex`] stands among them.
pub(super) const FRAME_INDEX: usize = 2;

/// True progress, with Gaussian noise of this standard deviation in each answer.
pub(super) struct Oracle {
    pub(super) noise: f64,
    pub(super) stream: Stream,
}

impl Judge for Oracle {
    fn progress(&mut self, seen: &[Seen]) -> Result<Vec<f64>, StudyError> {
        let mut noisy = |seen: &Seen| match self.noise {
            0.0 => seen.truth,
            noise => seen.truth + noise * self.stream.normal(),
        };
        Ok(seen.iter().map(&mut noisy).collect())
    }
}

/// How late it is: the share of `limit` frames that were shown.
pub(super) struct FrameIndex {
    pub(super) limit: usize,
}

impl Judge for FrameIndex {
    fn progress(&mut self, seen: &[Seen]) -> Result<Vec<f64>, StudyError> {
        Ok(seen.iter().map(|seen| seen.index as f64 / self.limit as f64).collect())
    }
}

/// Always one half.
pub(super) struct Constant;

impl Judge for Constant {
    fn progress(&mut self, seen: &[Seen]) -> Result<Vec<f64>, StudyError> {
        Ok(vec![0.5; seen.len()])
    }
}

/// How alike the map looks to a map of success: the cosine between the pictures of the camera above.
pub(super) struct Cosine {
    pub(super) goal: Arc<Frame>,
}

impl Judge for Cosine {
    fn progress(&mut self, seen: &[Seen]) -> Result<Vec<f64>, StudyError> {
        let picture = |frame: &Frame| -> Vec<f32> {
            frame.view("global").map_or_else(Vec::new, |image| image.values().to_vec())
        };
        let goal = picture(&self.goal);
        let norm = |v: &[f32]| f64::from(v.iter().map(|x| x * x).sum::<f32>()).sqrt();
        let cosine = |seen: &Seen| {
            let now = picture(&seen.frame);
            let product = f64::from(now.iter().zip(&goal).map(|(a, b)| a * b).sum::<f32>());
            product / (norm(&now) * norm(&goal)).max(f64::MIN_POSITIVE)
        };
        Ok(seen.iter().map(cosine).collect())
    }
}

/// A network that learned hops: the one from the first frame to this, of an episode whose goal is known.
pub(super) struct Learned {
    pub(super) model: HopModel,
    pub(super) start: Arc<Frame>,
    pub(super) goal: Arc<Frame>,
}

impl Judge for Learned {
    fn progress(&mut self, seen: &[Seen]) -> Result<Vec<f64>, StudyError> {
        let (init, goal) = (&self.start, &self.goal);
        let questions: Vec<Question<'_, Arc<Frame>>> =
            seen.iter().map(|seen| Question { init, goal, before: init, after: &seen.frame }).collect();
        let hops = self.model.judge(&questions).map_err(StudyError::part("the learned judge"))?;
        // From the beginning on, a hop is progress itself.
        hops.into_iter().map(|hop| Ok(hop.ok_or_else(diverged)?.clamp(0.0, 1.0))).collect()
    }
}

fn diverged() -> StudyError {
    StudyError::part("the learned judge")(
        "an answer is no number: its training diverged; try fewer judge-steps",
    )
}
