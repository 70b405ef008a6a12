use milepost_core::{EnvError, Environment, Stream, TaskSeed};
use milepost_eval::progress::cycle_gain::Edge;
use milepost_microworlds::Microworld;
use milepost_microworlds::worlds::{RiskyInsert, RiskyInsertConfig};
use milepost_progress::{EndKind, Potential, PotentialReward, ProgressError, StepReward};

use super::exact::{Chain, Optimum};
use crate::StudyError;

const ACTIONS: usize = 3;

/// Settings of Q-learning.
#[derive(Debug, Clone, Copy)]
pub(super) struct LearnerConfig {
    pub(super) discount: f64,
    pub(super) exploration: f64,
    pub(super) decay: f64,
    pub(super) pays_gold: bool,
}

/// Tabular Q-learning (Watkins 1989) with ε-greedy exploration; ties are drawn uniformly, and truncation bootstraps.
pub(super) struct Learner {
    config: LearnerConfig,
    world: Microworld<RiskyInsert>,
    chain: Chain,
    progress: Option<PotentialReward<Box<dyn Potential<u32>>>>,
    /// `[position, action]`.
    q: Vec<[f64; ACTIONS]>,
    visits: Vec<[u32; ACTIONS]>,
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
    pub(super) fn new(
        world: &RiskyInsertConfig,
        config: LearnerConfig,
        progress: Option<PotentialReward<Box<dyn Potential<u32>>>>,
        stream: Stream,
    ) -> Result<Self, StudyError> {
        let law = RiskyInsert::new(world.clone()).map_err(StudyError::part("the world"))?;
        Ok(Self {
            config,
            world: Microworld::new(law),
            chain: Chain::new(world).map_err(StudyError::part("the world"))?,
            progress,
            q: vec![[0.0; ACTIONS]; RiskyInsert::GOAL as usize],
            visits: vec![[0; ACTIONS]; RiskyInsert::GOAL as usize],
            stream,
            transitions: Vec::new(),
            unknown: 0,
        })
    }

    fn best(&self, position: u32) -> Vec<u32> {
        let q = &self.q[position as usize];
        let best = q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (0..ACTIONS as u32).filter(|action| q[*action as usize] >= best).collect()
    }

    fn act(&mut self, position: u32) -> u32 {
        if self.stream.uniform() < self.config.exploration {
            return self.stream.below(ACTIONS as u64) as u32;
        }
        let best = self.best(position);
        best[self.stream.below(best.len() as u64) as usize]
    }

    /// Plays an episode and learns from each of its steps. A step whose progress is unknown teaches nothing.
    pub(super) fn play(&mut self, task: TaskSeed) -> Result<(), PlayError> {
        self.world.reset(task)?;
        let at = |world: &Microworld<RiskyInsert>| world.state().copied().unwrap_or(0);
        let mut before = at(&self.world);
        if let Some(progress) = &mut self.progress {
            progress.reset(0, &before)?;
        }
        while self.world.ending().is_none() {
            let action = self.act(before);
            let outcome = self.world.step(&action)?;
            let (after, end) = (at(&self.world), EndKind::from(outcome.ending));
            let gold = if self.config.pays_gold { outcome.reward } else { 0.0 };
            let progress = match &mut self.progress {
                None => Some(0.0),
                Some(progress) => progress.step(0, &after, end)?,
            };
            match progress {
                Some(progress) => self.learn(before, action, gold + progress, after, end),
                None => self.unknown += 1,
            }
            before = after;
        }
        Ok(())
    }

    fn learn(&mut self, before: u32, action: u32, reward: f64, after: u32, end: EndKind) {
        self.transitions.push(Edge { from: before.into(), to: after.into(), reward });
        let following = if end.bootstraps() {
            self.q[after as usize].iter().copied().fold(f64::NEG_INFINITY, f64::max)
        } else {
            0.0
        };
        let (state, action) = (before as usize, action as usize);
        self.visits[state][action] += 1;
        let rate = libm::pow(f64::from(self.visits[state][action]), -self.config.decay);
        let target = reward + self.config.discount * following;
        self.q[state][action] += rate * (target - self.q[state][action]);
    }

    /// The greedy policy's exact worth.
    pub(super) fn evaluate(&self) -> Optimum {
        let best: Vec<Vec<u32>> = self.chain.positions().map(|position| self.best(position)).collect();
        self.chain.play(|_, state| best[state].clone())
    }

    /// All transitions that taught something, with what they paid.
    pub(super) fn transitions(&self) -> &[Edge] {
        &self.transitions
    }

    /// Steps whose progress was unknown.
    pub(super) const fn unknown_rewards(&self) -> u64 {
        self.unknown
    }
}
