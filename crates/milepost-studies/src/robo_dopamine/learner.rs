use milepost_core::{EnvError, Environment, Stream, TaskSeed};
use milepost_eval::progress::cycle_gain::Edge;
use milepost_microworlds::Microworld;
use milepost_microworlds::worlds::{RiskyInsert, RiskyInsertConfig};
use milepost_progress::{EndKind, Potential, PotentialReward, ProgressError, StepReward};

use super::agent::{Agent, Lesson};
use super::exact::{Chain, Optimum};
use crate::StudyError;

/// An agent, its world, and what it is paid. Truncation bootstraps.
pub(super) struct Learner {
    pub(super) discount: f64,
    pub(super) pays_gold: bool,
    agent: Agent,
    world: Microworld<RiskyInsert>,
    chain: Chain,
    progress: Option<PotentialReward<Box<dyn Potential<u32>>>>,
    stream: Stream,
    transitions: Vec<Edge>,
    unknown: u64,
}

/// What may go wrong while playing.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlayError {
    #[error(transparent)]
    World(#[from] EnvError),
    #[error(transparent)]
    Progress(#[from] ProgressError),
}

impl Learner {
    /// A learner that is paid success alone, or success and progress, or (with `pays_gold` set to false afterwards)
    /// progress alone.
    pub(super) fn new(
        world: &RiskyInsertConfig,
        agent: Agent,
        progress: Option<PotentialReward<Box<dyn Potential<u32>>>>,
        stream: Stream,
    ) -> Result<Self, StudyError> {
        let law = RiskyInsert::new(world.clone()).map_err(StudyError::part("the world"))?;
        Ok(Self {
            discount: world.discount,
            pays_gold: true,
            agent,
            world: Microworld::new(law),
            chain: Chain::new(world).map_err(StudyError::part("the world"))?,
            progress,
            stream,
            transitions: Vec::new(),
            unknown: 0,
        })
    }

    /// Plays an episode and learns from it. Progress that is unknown is not paid, and counted.
    pub(super) fn play(&mut self, task: TaskSeed) -> Result<(), PlayError> {
        self.world.reset(task)?;
        let at = |world: &Microworld<RiskyInsert>| world.state().copied().unwrap_or(0);
        let mut before = at(&self.world);
        if let Some(progress) = &mut self.progress {
            progress.reset(0, &before)?;
        }
        let mut episode = Vec::new();
        while self.world.ending().is_none() {
            let action = self.agent.act(before as usize, &mut self.stream);
            let outcome = self.world.step(&(action as u32))?;
            let (after, end) = (at(&self.world), EndKind::from(outcome.ending));
            let mut reward = if self.pays_gold { outcome.reward } else { 0.0 };
            if let Some(progress) = &mut self.progress {
                let paid = progress.step(0, &after, end)?;
                self.unknown += u64::from(paid.is_none());
                reward += paid.unwrap_or(0.0);
            }
            self.transitions.push(Edge { from: before.into(), to: after.into(), reward });
            let (position, after_index) = (before as usize, after as usize);
            episode.push(Lesson {
                position,
                action,
                reward,
                after: after_index,
                bootstraps: end.bootstraps(),
            });
            before = after;
        }
        self.agent.learn(episode, self.discount);
        Ok(())
    }

    /// The learned policy's exact worth.
    pub(super) fn evaluate(&self) -> Optimum {
        let policy: Vec<_> =
            self.chain.positions().map(|position| self.agent.policy(position as usize)).collect();
        self.chain.play(|_, state| policy[state])
    }

    /// All transitions, with what they paid.
    pub(super) fn transitions(&self) -> &[Edge] {
        &self.transitions
    }

    /// Steps whose progress was unknown.
    pub(super) const fn unknown_rewards(&self) -> u64 {
        self.unknown
    }
}
