use serde::{Deserialize, Serialize};

/// Who wrote a stretch of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SpanKind {
    /// The task's statement.
    Prompt,
    /// Drawn by the policy: the only kind that carries loss.
    Policy,
    /// Written by the environment.
    Environment,
    /// Feedback that a sampler spliced in.
    Feedback,
    /// Policy tokens that steer the sampler rather than the task (a decision to revise, say).
    Meta,
}

/// Where the tokens of a span came from; tells which importance corrections are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Provenance {
    /// Drawn in this very context.
    OnPolicy,
    /// Moved here from another context.
    Spliced,
    /// Written with the help of an injected hint.
    Injected,
    /// One candidate of a step tree.
    Candidate {
        /// The step at which the tree branched.
        step: u32,
        /// Which of the candidates.
        slot: u32,
    },
    /// Written by an expert, to be imitated.
    Demonstrated,
    /// Not drawn at all, but prescribed.
    Forced,
}

/// A stretch of a trajectory's flat token sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First token.
    pub start: u32,
    /// Number of tokens.
    pub len: u32,
    /// Who wrote it.
    pub kind: SpanKind,
    /// The turn it belongs to.
    pub turn: u32,
    /// Where it came from.
    pub provenance: Provenance,
}

impl Span {
    /// The tokens as an index range.
    #[must_use]
    pub const fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }

    /// Whether the tokens carry loss: written by the policy and not prescribed.
    #[must_use]
    pub const fn is_trained(&self) -> bool {
        matches!(self.kind, SpanKind::Policy | SpanKind::Meta)
            && !matches!(self.provenance, Provenance::Forced)
    }
}
