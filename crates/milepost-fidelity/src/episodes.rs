//! Episodes drawn from a world, and continuations of them.

use std::ops::Range;

use crate::tape::TRUNK;
use crate::world::END;
use crate::{LayeredWorld, NodePolicy, Tape};

/// Episodes, flat: step `i` of the batch is `nodes[i]`, `actions[i]`, `rewards[i]`; the steps of episode
/// `e` are `range(e)`. One batch is one group: its episodes share the task.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    offsets: Vec<usize>,
    ids: Vec<u64>,
    /// Node of each step.
    pub nodes: Vec<u32>,
    /// Action of each step.
    pub actions: Vec<u32>,
    /// Reward of each step.
    pub rewards: Vec<f64>,
    /// The node after each step, [`END`] after the last of an episode.
    pub next: Vec<u32>,
}

impl Batch {
    /// Draws episodes `first..first + count` of the tape.
    #[must_use]
    pub fn sample(world: &LayeredWorld, policy: &NodePolicy, tape: Tape, first: u64, count: usize) -> Self {
        let mut batch = Self::default();
        for id in first..first + count as u64 {
            batch.begin(id);
            let mut node = world.pick_start(tape.start(id));
            while node != END {
                let time = world.time(node);
                let action = policy.pick(node, tape.action(id, TRUNK, time));
                let outcome = world.pick(node, action, tape.outcome(id, TRUNK, time));
                batch.push(node, action, outcome.reward, outcome.next);
                node = outcome.next;
            }
        }
        batch
    }

    /// Opens a new episode; `id` is its number on the tape.
    pub fn begin(&mut self, id: u64) {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        self.offsets.push(self.nodes.len());
        self.ids.push(id);
    }

    /// Adds a step to the open episode.
    ///
    /// # Panics
    /// If no episode was begun.
    pub fn push(&mut self, node: u32, action: u32, reward: f64, next: u32) {
        self.nodes.push(node);
        self.actions.push(action);
        self.rewards.push(reward);
        self.next.push(next);
        *self.offsets.last_mut().expect("an episode was begun") = self.nodes.len();
    }

    /// Number of episodes.
    #[must_use]
    pub const fn episodes(&self) -> usize {
        self.ids.len()
    }

    /// Number of steps of all episodes.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.nodes.len()
    }

    /// The steps of an episode.
    #[must_use]
    pub fn range(&self, episode: usize) -> Range<usize> {
        self.offsets[episode]..self.offsets[episode + 1]
    }

    /// The steps of each episode in turn.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = Range<usize>> + '_ {
        self.offsets.windows(2).map(|w| w[0]..w[1])
    }

    /// The number of an episode on the tape.
    #[must_use]
    pub fn id(&self, episode: usize) -> u64 {
        self.ids[episode]
    }

    /// The number of the first episode on the tape, 0 for a batch without episodes.
    #[must_use]
    pub fn first_id(&self) -> u64 {
        self.ids.first().copied().unwrap_or(0)
    }

    /// Length of each episode.
    #[must_use]
    pub fn lengths(&self) -> Vec<usize> {
        self.ranges().map(|range| range.len()).collect()
    }

    /// `R = Σ r_t` of each episode.
    #[must_use]
    pub fn returns(&self) -> Vec<f64> {
        self.ranges().map(|range| self.rewards[range].iter().sum()).collect()
    }
}

/// Plays on from `node` to the end under the policy with the noise of (`episode`, `branch`); gives the return
/// that is still to come and the number of steps played.
#[must_use]
pub fn play_on(
    world: &LayeredWorld,
    policy: &NodePolicy,
    tape: Tape,
    episode: u64,
    branch: u64,
    mut node: u32,
) -> (f64, u64) {
    let (mut total, mut steps) = (0.0, 0);
    while node != END {
        let time = world.time(node);
        let action = policy.pick(node, tape.action(episode, branch, time));
        let outcome = world.pick(node, action, tape.outcome(episode, branch, time));
        total += outcome.reward;
        node = outcome.next;
        steps += 1;
    }
    (total, steps)
}
