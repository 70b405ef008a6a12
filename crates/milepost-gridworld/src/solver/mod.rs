//! A solver with full view of the map: demonstrations of any task.
//!
//! A task is taken apart into the deeds it asks for, one after the other: go to, open, pick up, put next to.
//! Each deed is planned by best-first search over *errands* (go somewhere and act once), every one of them
//! run on the engine's own rules. The search is guided by the cheapest route that walks through things and
//! locked doors at a price, which also tells what to carry away and which keys to fetch.

mod careful;
mod errands;
mod finish;
mod hopeless;
mod outlook;
mod routes;
mod search;
mod situation;

use milepost_core::{Ending, EnvError, Environment};

use crate::gridworld::{Episode, Gridworld};
use careful::careful_step;
use search::Breadth;

/// Finds actions that achieve a gridworld's task. Not always the fewest: see [`crate::DistanceOracle`] for those.
#[derive(Debug, Clone, Copy, Default)]
pub struct Solver;

/// An episode that ends in success.
#[derive(Debug, Clone, PartialEq)]
pub struct Demonstration {
    /// What was done, from the state that was asked about to success.
    pub actions: Vec<u32>,
    /// The sum of rewards.
    pub total_reward: f64,
}

/// A task was not achieved.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsolved {
    /// There is no episode, or it is over.
    #[error("there is no episode to play: {environment} was not reset, or has ended; reset it")]
    NoEpisode {
        /// The environment's name.
        environment: String,
    },
    /// The task can never be achieved, such as that of a playground.
    #[error("nothing that could be done in {environment} would be success")]
    Pointless {
        /// The environment's name.
        environment: String,
    },
    /// What is to be done is behind walls, or behind locked doors whose keys are there too.
    #[error("{mission:?} cannot be done in this level of {environment}: what is needed is locked away")]
    Hopeless {
        /// The environment's name.
        environment: String,
        /// What was to be done.
        mission: String,
    },
    /// No plan was found; there may be none.
    #[error("no plan for {mission:?} was found in {environment} after {steps} steps")]
    NoPlan {
        /// The environment's name.
        environment: String,
        /// What was to be done.
        mission: String,
        /// Steps taken.
        steps: u32,
    },
    /// The episode ended otherwise, most likely for want of steps.
    #[error("the episode of {environment} ended after {steps} steps: {ending:?}")]
    Ended {
        /// The environment's name.
        environment: String,
        /// Steps taken.
        steps: u32,
        /// How it ended.
        ending: Ending,
    },
    /// The environment refused a step.
    #[error(transparent)]
    Environment(#[from] EnvError),
}

/// From quick to thorough; a search that fails is repeated with the next.
const BREADTHS: [Breadth; 3] = [
    Breadth { places: 6, everything: false, greed: 2, states: 150 },
    Breadth { places: 6, everything: false, greed: 8, states: 1000 },
    Breadth { places: 24, everything: true, greed: 2, states: 3000 },
];

impl Solver {
    /// Actions after which the next part of the task is done, from the present state. Where something moves by
    /// itself they are a single one: ask again after each step.
    pub fn plan(&self, world: &Gridworld) -> Result<Vec<u32>, Unsolved> {
        let environment = || world.name().to_owned();
        let episode = world.episode.as_ref().filter(|episode| episode.ending.is_none());
        let Some(Episode { level, state, .. }) = episode else {
            return Err(Unsolved::NoEpisode { environment: environment() });
        };
        let Some(aim) = level.rule.aim(level, state) else {
            return Err(Unsolved::Pointless { environment: environment() });
        };
        if hopeless::is_hopeless(level, state, &aim) {
            return Err(Unsolved::Hopeless {
                environment: environment(),
                mission: world.mission().to_owned(),
            });
        }
        let plan = if world.is_deterministic() {
            BREADTHS.into_iter().find_map(|breadth| search::search(level, state, breadth))
        } else {
            careful_step(level, state).map(|action| vec![action])
        };
        let plan = plan.ok_or_else(|| Unsolved::NoPlan {
            environment: environment(),
            mission: world.mission().to_owned(),
            steps: world.elapsed(),
        })?;
        Ok(plan.into_iter().map(|action| action as u32).collect())
    }

    /// Plays on from the present state of a copy of `world` to success.
    pub fn demonstrate(&self, world: &Gridworld) -> Result<Demonstration, Unsolved> {
        let mut world = world.clone();
        let mut demonstration = Demonstration { actions: Vec::new(), total_reward: 0.0 };
        loop {
            for action in self.plan(&world)? {
                let step = world.step(&action)?;
                demonstration.actions.push(action);
                demonstration.total_reward += step.reward;
                match step.ending {
                    None => {}
                    Some(ending) if ending.is_success() => return Ok(demonstration),
                    Some(ending) => {
                        return Err(Unsolved::Ended {
                            environment: world.name().to_owned(),
                            steps: world.elapsed(),
                            ending,
                        });
                    }
                }
            }
        }
    }
}
