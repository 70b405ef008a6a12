use milepost_core::Trajectory;

/// Where in a run a question arises. It keys the noise of judges, so that order never matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Address {
    /// The key of the task.
    pub task: u64,
    /// The place in the group.
    pub member: u32,
    /// The turn.
    pub step: u32,
    /// The candidate (of a pair, the first).
    pub slot: u32,
}

/// A question that can be asked of a judge.
pub trait Query {
    /// Where it arises.
    fn address(&self) -> Address;

    /// What is asked: equal contents deserve equal answers.
    fn content(&self) -> Vec<u32>;
}

/// What a candidate turn does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// It acts: a tool is called, a command given.
    Act,
    /// It answers, which ends the episode.
    Answer,
    /// It cannot be understood.
    Malformed,
}

/// How good is this turn as the next one?
#[derive(Debug)]
pub struct StepQuery<'a, E> {
    /// The world before the turn, hidden state included: for judges that are oracles.
    pub environment: &'a E,
    /// What was said so far; its last state is the present one, and its ending says nothing yet.
    pub history: &'a Trajectory<()>,
    /// The turn.
    pub turn: &'a [u32],
    /// What it does.
    pub kind: StepKind,
    /// Where the question arises; its step counts from 0.
    pub address: Address,
    /// The number of turns that an episode may have.
    pub steps: u32,
}

impl<E> Clone for StepQuery<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for StepQuery<'_, E> {}

impl<E> Query for StepQuery<'_, E> {
    fn address(&self) -> Address {
        self.address
    }

    fn content(&self) -> Vec<u32> {
        let (task, tokens) = (self.history.task.get(), &self.history.tokens);
        let head = [task as u32, (task >> 32) as u32, tokens.len() as u32];
        head.iter().chain(tokens).chain(self.turn).copied().collect()
    }
}

/// Which of two turns is better as the next one? The value is the probability that the first is.
#[derive(Debug)]
pub struct PairQuery<'a, E> {
    /// The one.
    pub first: StepQuery<'a, E>,
    /// The other, in the same state.
    pub second: StepQuery<'a, E>,
}

impl<E> Clone for PairQuery<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for PairQuery<'_, E> {}

impl<E> PairQuery<'_, E> {
    /// The same question with the candidates in the other order.
    #[must_use]
    pub const fn swapped(&self) -> Self {
        Self { first: self.second, second: self.first }
    }
}

impl<E> Query for PairQuery<'_, E> {
    fn address(&self) -> Address {
        let Address { slot, .. } = self.second.address;
        let first = self.first.address;
        Address { slot: first.slot << 16 | slot & 0xffff, ..first }
    }

    fn content(&self) -> Vec<u32> {
        let mut content = self.first.content();
        content.push(self.first.turn.len() as u32);
        content.extend_from_slice(self.second.turn);
        content
    }
}
