use serde::{Deserialize, Serialize};

/// What a drawn token was used for. Each is used for one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DrawnFor {
    /// It stands in the batch, drawn in the plain way.
    Kept,
    /// It was drawn for a trajectory and then dropped: a failed call, a trimmed tail, a loser of best of n.
    Discarded,
    /// A candidate of a step tree; all candidates are trained.
    Candidate,
    /// An attempt to repair a failed call, whether it succeeded or not.
    Retry,
    /// Drawn with the help of a hint.
    Hint,
    /// A judge wrote it.
    Judge,
    /// A decision that steers a sampler: whether to revise, and where.
    Decision,
}

/// Every token drawn, by what it was used for, so that a budget pays for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenLedger {
    /// [`DrawnFor::Kept`].
    pub kept: u64,
    /// [`DrawnFor::Discarded`].
    pub discarded: u64,
    /// [`DrawnFor::Candidate`].
    pub candidates: u64,
    /// [`DrawnFor::Retry`].
    pub retries: u64,
    /// [`DrawnFor::Hint`].
    pub hints: u64,
    /// [`DrawnFor::Judge`].
    pub judge: u64,
    /// [`DrawnFor::Decision`].
    pub decisions: u64,
}

impl TokenLedger {
    /// Counts `tokens` tokens.
    pub const fn count(&mut self, used: DrawnFor, tokens: u64) {
        *self.entry(used) += tokens;
    }

    /// Counts `tokens` tokens of one use as of another: what was kept at first and dropped later.
    /// Moves no more than there are.
    pub fn reassign(&mut self, from: DrawnFor, to: DrawnFor, tokens: u64) {
        let moved = tokens.min(*self.entry(from));
        *self.entry(from) -= moved;
        *self.entry(to) += moved;
    }

    /// All tokens drawn, those of judges included.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.drawn_by_policy() + self.judge
    }

    /// All tokens that the policy drew.
    #[must_use]
    pub const fn drawn_by_policy(&self) -> u64 {
        self.kept + self.discarded + self.candidates + self.retries + self.hints + self.decisions
    }

    const fn entry(&mut self, used: DrawnFor) -> &mut u64 {
        match used {
            DrawnFor::Kept => &mut self.kept,
            DrawnFor::Discarded => &mut self.discarded,
            DrawnFor::Candidate => &mut self.candidates,
            DrawnFor::Retry => &mut self.retries,
            DrawnFor::Hint => &mut self.hints,
            DrawnFor::Judge => &mut self.judge,
            DrawnFor::Decision => &mut self.decisions,
        }
    }
}

impl std::ops::AddAssign for TokenLedger {
    fn add_assign(&mut self, other: Self) {
        self.kept += other.kept;
        self.discarded += other.discarded;
        self.candidates += other.candidates;
        self.retries += other.retries;
        self.hints += other.hints;
        self.judge += other.judge;
        self.decisions += other.decisions;
    }
}
