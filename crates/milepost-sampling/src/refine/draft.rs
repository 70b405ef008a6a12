use milepost_core::{TokenEnvironment, Trajectory};

use crate::engine::Finished;
use crate::episode::Episode;
use crate::judge::Address;

/// A finished trajectory under review.
pub struct Draft<'a, E: TokenEnvironment> {
    /// What was written.
    pub trajectory: &'a Trajectory<()>,
    /// Where the question arises; its step is the round.
    pub address: Address,
    written: &'a Written<E>,
}

impl<'a, E: TokenEnvironment> Draft<'a, E> {
    /// The world before turn `turn`, after the last one where there is no such turn; hidden state included, for
    /// reviewers that are oracles.
    #[must_use]
    pub fn world_before(&self, turn: usize) -> &'a E {
        self.written.snapshots.get(turn).map_or(&self.written.last, |episode| &episode.environment)
    }
}

/// A draft with what is needed to go back into it.
pub(super) struct Written<E: TokenEnvironment> {
    /// The episode before each turn.
    snapshots: Vec<Episode<E>>,
    /// The world after the last turn.
    pub(super) last: E,
    pub(super) finished: Option<Finished>,
    address: Address,
}

impl<E: TokenEnvironment> Written<E> {
    pub(super) fn empty(episode: &Episode<E>) -> Self {
        let address = Address { task: episode.key, member: episode.member, step: 0, slot: 0 };
        Self { snapshots: Vec::new(), last: episode.environment.clone(), finished: None, address }
    }

    /// Keeps a snapshot before a turn.
    pub(super) fn watch(&mut self, episode: &Episode<E>) {
        self.snapshots.push(episode.clone());
    }

    pub(super) const fn turns(&self) -> u32 {
        self.snapshots.len() as u32
    }

    /// Goes back to the state before turn `turn` (there is one), and says how many tokens were dropped.
    pub(super) fn cut(&mut self, turn: u32) -> (Episode<E>, u64) {
        let restored = self.snapshots[turn as usize].clone();
        self.snapshots.truncate(turn as usize);
        let written = self.finished.take().map_or(0, |(_, summary)| summary.policy_tokens);
        let dropped = written.saturating_sub(restored.policy_tokens);
        (restored, dropped)
    }

    /// What is reviewed in round `round`; `None` while nothing is finished.
    pub(super) fn draft(&self, round: u32) -> Option<Draft<'_, E>> {
        let (trajectory, _) = self.finished.as_ref()?;
        Some(Draft { trajectory, address: Address { step: round, ..self.address }, written: self })
    }
}
