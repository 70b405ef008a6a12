use std::sync::Arc;

use milepost_core::{Environment, Stream, TaskSeed};
use milepost_eval::progress::Oracle;
use milepost_gridworld::tasks::{StagedFetch, stage};
use milepost_gridworld::{DistanceOracle, Gridworld};
use milepost_progress::Frame;
use milepost_progress::robo_dopamine::Keyframes;

use super::views::frame;
use crate::StudyError;

/// A recorded film, with what evaluation knows of each of its frames.
pub(super) struct Episode {
    pub(super) frames: Vec<Arc<Frame>>,
    pub(super) truth: Vec<Oracle>,
    pub(super) layout: u64,
}

impl Episode {
    /// True progress `Φ° = 1 − d/d₀`.
    pub(super) fn phi(&self) -> Vec<f64> {
        self.truth.iter().map(|truth| truth.phi).collect()
    }

    /// The frames from which a stage is done for good; `None` if two are done in one frame.
    pub(super) fn keyframes(&self) -> Option<Keyframes> {
        let for_good =
            |k: u8| self.truth.iter().rposition(|truth| truth.stage < k).map_or(0, |last| last + 1);
        let keys = std::iter::once(0).chain((1..=STAGES).map(for_good)).collect();
        Keyframes::new(self.frames.len(), keys).ok()
    }
}

const STAGES: u8 = 4;

/// The six actions that do something.
const ACTIONS: u64 = 6;

/// Records films of staged fetches in a few fixed layouts.
pub(super) struct Films {
    worlds: Vec<Gridworld>,
    oracle: DistanceOracle,
    stream: Stream,
}

/// How an episode is played.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Share of random actions.
    pub(super) noise: f64,
    /// Highest share of frames in which nothing happens; each stage of each episode has its own, up to this.
    pub(super) pauses: f64,
    /// After how many stages the expert gives up and acts at random; at 4 it never does.
    pub(super) competence: u8,
    /// Frames at most.
    pub(super) longest: usize,
}

impl Films {
    pub(super) fn new(size: u8, layouts: u32, seed: u64, stream: Stream) -> Result<Self, StudyError> {
        let mut worlds = Vec::new();
        for index in 0..layouts {
            let generator = StagedFetch::new(size).map_err(StudyError::part("the world"))?;
            let mut world = Gridworld::new("staged-fetch", Box::new(generator));
            world.reset(TaskSeed::train(seed, index.into())).map_err(StudyError::part("the world"))?;
            worlds.push(world);
        }
        Ok(Self { worlds, oracle: DistanceOracle::new(2_000_000, 20_000_000), stream })
    }

    /// One film of a layout.
    pub(super) fn record(&mut self, layout: usize, style: Style) -> Result<Episode, StudyError> {
        let mut world = self.worlds[layout].clone();
        let (width, _) = world.extent();
        // Something stands before one of the inner columns for the whole episode.
        let occluded = 1 + self.stream.below(u64::from(width) - 2) as u8;
        let start = self.oracle.steps_to_go(&world).unwrap_or(0);
        let mut episode = Episode { frames: Vec::new(), truth: Vec::new(), layout: layout as u64 };
        let pauses: Vec<f64> = (0..=STAGES).map(|_| style.pauses * self.stream.uniform()).collect();
        loop {
            let stage = stage(&world);
            let to_go = self.oracle.steps_to_go(&world);
            let view = frame(&world, occluded)?;
            let truth = Oracle::from_distance(to_go, start, stage);
            let over = world.ending().is_some();
            while !over && self.stream.uniform() < pauses[usize::from(stage)] {
                episode.frames.push(Arc::clone(&view));
                episode.truth.push(truth);
            }
            episode.frames.push(view);
            episode.truth.push(truth);
            if over || episode.frames.len() >= style.longest {
                return Ok(episode);
            }
            let lost = stage >= style.competence || self.stream.uniform() < style.noise;
            let action = if lost { self.stream.below(ACTIONS) as u32 } else { self.best(&world)? };
            world.step(&action).map_err(StudyError::part("a step"))?;
        }
    }

    /// The first action that leads nearest to success.
    fn best(&mut self, world: &Gridworld) -> Result<u32, StudyError> {
        let mut best = (u32::MAX, 0);
        for action in 0..ACTIONS as u32 {
            let mut next = world.clone();
            next.step(&action).map_err(StudyError::part("a step"))?;
            let to_go = self.oracle.steps_to_go(&next).unwrap_or(u32::MAX);
            best = best.min((to_go, action));
        }
        Ok(best.1)
    }

    /// Films with keyframes, spread over the layouts. Those whose stages cannot be told apart are recorded again; how
    /// often is the second result.
    pub(super) fn demonstrations(
        &mut self,
        count: usize,
        style: Style,
    ) -> Result<(Vec<(Episode, Keyframes)>, u64), StudyError> {
        let (mut films, mut again) = (Vec::with_capacity(count), 0);
        while films.len() < count {
            let episode = self.record(films.len() % self.worlds.len(), style)?;
            match episode.keyframes() {
                Some(keyframes) => films.push((episode, keyframes)),
                None => again += 1,
            }
        }
        Ok((films, again))
    }

    /// Films that fail: experts that give up after 0, 1, 2 or 3 stages.
    pub(super) fn failures(&mut self, count: usize, style: Style) -> Result<Vec<Episode>, StudyError> {
        let mut films = Vec::with_capacity(count);
        while films.len() < count {
            let layout = films.len() % self.worlds.len();
            let competence = (films.len() % usize::from(STAGES)) as u8;
            let episode = self.record(layout, Style { competence, ..style })?;
            // A random walk may succeed by accident.
            if episode.truth.last().is_some_and(|last| last.steps_to_go != Some(0)) {
                films.push(episode);
            }
        }
        Ok(films)
    }
}
