use std::sync::Arc;

use milepost_core::{Ending, EnvError, Environment, Outcome, StepOutcome, TaskSeed};

use super::{HardMaze, Pose, SENSORS};

/// The robot of a [`HardMaze`] as an environment with continuous actions: `[left, right]` wheel speeds.
///
/// Every seed is the same task, and nothing is random. An episode lasts [`steps`](super::HardMazeConfig::steps)
/// steps; the last one pays what its area pays and ends in success there, in failure elsewhere.
#[derive(Debug, Clone)]
pub struct MazeRobot {
    maze: Arc<HardMaze>,
    episode: Option<Episode>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Episode {
    pose: Pose,
    elapsed: u32,
    ending: Option<Ending>,
}

impl MazeRobot {
    const NAME: &'static str = "hard-maze";

    /// The robot in `maze`. Must be reset first.
    #[must_use]
    pub fn new(maze: HardMaze) -> Self {
        Self { maze: Arc::new(maze), episode: None }
    }

    /// The labyrinth.
    #[must_use]
    pub fn maze(&self) -> &HardMaze {
        &self.maze
    }

    /// Where the robot is; `None` before the first reset.
    #[must_use]
    pub fn pose(&self) -> Option<Pose> {
        self.episode.map(|episode| episode.pose)
    }
}

impl Environment for MazeRobot {
    /// What the range sensors say, in `[0, 1]`.
    type Observation = [f32; SENSORS];
    type Action = [f64; 2];

    fn reset(&mut self, _seed: TaskSeed) -> Result<(), EnvError> {
        self.episode = Some(Episode { pose: HardMaze::START, elapsed: 0, ending: None });
        Ok(())
    }

    fn step(&mut self, action: &[f64; 2]) -> Result<StepOutcome, EnvError> {
        let environment = || Self::NAME.to_owned();
        if action.iter().any(|wheel| wheel.is_nan()) {
            let reason = format!("{action:?} is not a pair of wheel speeds from -1 to 1");
            return Err(EnvError::InvalidAction { environment: environment(), reason });
        }
        let Some(episode) = &mut self.episode else {
            return Err(EnvError::NotReset { environment: environment() });
        };
        if let Some(ending) = episode.ending {
            return Err(EnvError::StepAfterEnd { environment: environment(), ending });
        }
        let pose = self.maze.moved(&episode.pose, *action);
        let elapsed = episode.elapsed + 1;
        let over = elapsed >= self.maze.config().steps;
        let paid = if over { self.maze.config().areas.pay(pose.at) } else { None };
        let verdict = if paid.is_some() { Outcome::Success } else { Outcome::Failure };
        let ending = over.then_some(Ending::Terminated(verdict));
        *episode = Episode { pose, elapsed, ending };
        Ok(StepOutcome { reward: paid.map_or(0.0, |(_, reward)| reward), ending })
    }

    fn new_observation(&self) -> [f32; SENSORS] {
        [0.0; SENSORS]
    }

    /// Before the first reset there is nothing to see: all zeros.
    fn observe(&self, into: &mut [f32; SENSORS]) {
        *into = self.episode.map_or([0.0; SENSORS], |e| self.maze.sense(&e.pose).map(|far| far as f32));
    }

    fn ending(&self) -> Option<Ending> {
        self.episode.and_then(|episode| episode.ending)
    }

    fn elapsed(&self) -> u32 {
        self.episode.map_or(0, |episode| episode.elapsed)
    }

    /// Of the pose and the clock, which decides when the episode pays.
    fn state_key(&self) -> u64 {
        self.episode.map_or(0, |Episode { pose, elapsed, .. }| {
            let words = [pose.at[0].to_bits(), pose.at[1].to_bits(), pose.heading.to_bits(), elapsed.into()];
            words.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, word| {
                let mixed = (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                mixed ^ (mixed >> 29)
            })
        })
    }
}
