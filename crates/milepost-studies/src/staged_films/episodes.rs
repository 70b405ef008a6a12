use std::sync::Arc;

use milepost_core::{Environment, Stream, TaskSeed};
use milepost_eval::progress::Oracle;
use milepost_gridworld::tasks::{StagedFetch, stage};
use milepost_gridworld::{DistanceOracle, Gridworld};
use milepost_progress::Frame;
use milepost_progress::robo_dopamine::Keyframes;
use serde::{Deserialize, Serialize};

use super::views::frame;
use crate::StudyError;

/// How a film goes: enough to play it again. Cheap to keep, where frames are not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Script {
    pub(crate) layout: usize,
    /// The column before which something stands, for the whole film.
    occluded: u8,
    /// The action after each frame but the last; `None` where nothing happens.
    actions: Vec<Option<u32>>,
    /// The fewest actions to success from each frame; `None` where it is out of reach.
    to_go: Vec<Option<u32>>,
    stages: Vec<u8>,
}

impl Script {
    /// The frames from which each stage is done for good; `None` if two are done in one frame.
    pub(crate) fn keyframes(&self) -> Option<Keyframes> {
        let for_good = |k: u8| self.stages.iter().rposition(|stage| *stage < k).map_or(0, |last| last + 1);
        let keys = std::iter::once(0).chain((1..=STAGES).map(for_good)).collect();
        Keyframes::new(self.stages.len(), keys).ok()
    }

    fn succeeds(&self) -> bool {
        self.to_go.last() == Some(&Some(0))
    }
}

/// A film, with what evaluation knows of each of its frames.
pub(crate) struct Episode {
    pub(crate) frames: Vec<Arc<Frame>>,
    pub(crate) truth: Vec<Oracle>,
    pub(crate) layout: u64,
}

impl Episode {
    /// Films a script.
    pub(crate) fn film(worlds: &[Gridworld], script: &Script) -> Result<Self, StudyError> {
        let mut world = worlds[script.layout].clone();
        let start = script.to_go[0].unwrap_or(0);
        let truth = script.to_go.iter().zip(&script.stages);
        let truth = truth.map(|(to_go, stage)| Oracle::from_distance(*to_go, start, *stage)).collect();
        let mut frames = vec![frame(&world, script.occluded)?];
        for action in &script.actions {
            let next = match action {
                None => Arc::clone(&frames[frames.len() - 1]),
                Some(action) => {
                    world.step(action).map_err(StudyError::part("a step"))?;
                    frame(&world, script.occluded)?
                }
            };
            frames.push(next);
        }
        Ok(Self { frames, truth, layout: script.layout as u64 })
    }

    /// True progress `Φ° = 1 − d/d₀`.
    pub(crate) fn phi(&self) -> Vec<f64> {
        self.truth.iter().map(|truth| truth.phi).collect()
    }
}

/// The worlds of a seed, one for each layout, at their start.
pub(crate) fn layouts(size: u8, count: u32, seed: u64) -> Result<Vec<Gridworld>, StudyError> {
    let start = |index: u32| {
        let generator = StagedFetch::new(size).map_err(StudyError::part("the world"))?;
        let mut world = Gridworld::new("staged-fetch", Box::new(generator));
        world.reset(TaskSeed::train(seed, index.into())).map_err(StudyError::part("the world"))?;
        Ok(world)
    };
    (0..count).map(start).collect()
}

const STAGES: u8 = 4;

/// The six actions that do something.
const ACTIONS: u64 = 6;

/// Writes films of staged fetches in a few fixed layouts.
pub(crate) struct Writer<'a> {
    worlds: &'a [Gridworld],
    oracle: DistanceOracle,
    stream: Stream,
}

/// How an episode is played.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Share of random actions.
    pub(crate) noise: f64,
    /// Highest share of frames in which nothing happens; each stage of each episode has its own, up to this.
    pub(crate) pauses: f64,
    /// After how many stages the expert gives up and acts at random; at 4 it never does.
    pub(crate) competence: u8,
    /// Frames at most.
    pub(crate) longest: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(worlds: &'a [Gridworld], stream: Stream) -> Self {
        Self { worlds, oracle: DistanceOracle::new(2_000_000, 20_000_000), stream }
    }

    fn write(&mut self, layout: usize, style: Style) -> Result<Script, StudyError> {
        let mut world = self.worlds[layout].clone();
        let (width, _) = world.extent();
        let occluded = 1 + self.stream.below(u64::from(width) - 2) as u8;
        let mut script =
            Script { layout, occluded, actions: Vec::new(), to_go: Vec::new(), stages: Vec::new() };
        let pauses: Vec<f64> = (0..=STAGES).map(|_| style.pauses * self.stream.uniform()).collect();
        loop {
            let (stage, to_go) = (stage(&world), self.oracle.steps_to_go(&world));
            let over = world.ending().is_some();
            script.to_go.push(to_go);
            script.stages.push(stage);
            while !over && self.stream.uniform() < pauses[usize::from(stage)] {
                script.actions.push(None);
                script.to_go.push(to_go);
                script.stages.push(stage);
            }
            if over || script.stages.len() >= style.longest {
                return Ok(script);
            }
            let lost = stage >= style.competence || self.stream.uniform() < style.noise;
            let action = if lost { self.stream.below(ACTIONS) as u32 } else { self.best(&world)? };
            script.actions.push(Some(action));
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

    /// Films of success, spread over the layouts. Those whose stages cannot be told apart are written again; how often
    /// is the second result.
    pub(crate) fn demonstrations(
        &mut self,
        count: usize,
        style: Style,
    ) -> Result<(Vec<Script>, u64), StudyError> {
        let (mut scripts, mut again) = (Vec::with_capacity(count), 0);
        while scripts.len() < count {
            let script = self.write(scripts.len() % self.worlds.len(), style)?;
            if script.succeeds() && script.keyframes().is_some() {
                scripts.push(script);
            } else {
                again += 1;
            }
        }
        Ok((scripts, again))
    }

    /// Films that fail: experts that give up after 0, 1, 2 or 3 stages.
    pub(crate) fn failures(&mut self, count: usize, style: Style) -> Result<Vec<Script>, StudyError> {
        let mut scripts = Vec::with_capacity(count);
        while scripts.len() < count {
            let layout = scripts.len() % self.worlds.len();
            let competence = (scripts.len() / self.worlds.len() % usize::from(STAGES)) as u8;
            let script = self.write(layout, Style { competence, ..style })?;
            // A random walk may succeed by accident.
            if !script.succeeds() {
                scripts.push(script);
            }
        }
        Ok(scripts)
    }
}
