use std::error::Error;

use crate::{Stream, TokenEnvironment, Version};

/// A request for one turn.
pub struct TurnRequest<'a, E> {
    /// What the policy reads, `[C]`; not empty.
    pub context: &'a [u32],
    /// The world in its current state: it says when the turn is whole and which tokens are well formed.
    pub environment: &'a E,
    /// Whether only well-formed tokens are drawn (where the world has a grammar).
    pub constrained: bool,
    /// Where the draws come from.
    pub stream: Stream,
}

/// A turn that a policy drew.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DrawnTurn {
    /// The tokens, `[n]`, the end of the turn included where one was drawn.
    pub tokens: Vec<u32>,
    /// `log π` of each under the policy as it draws (temperature and constraints included), `[n]`.
    pub log_probs: Vec<f32>,
    /// For each token the tokens it was drawn among, in increasing order; `None` for the whole vocabulary. `[n]`.
    pub allowed: Vec<Option<Vec<u32>>>,
}

/// Tokens to be scored in a context.
#[derive(Debug, Clone, Copy)]
pub struct ScoreRequest<'a> {
    /// What precedes them, `[C]`; not empty.
    pub context: &'a [u32],
    /// The tokens, `[n]`.
    pub tokens: &'a [u32],
    /// For each token the tokens it was drawn among; empty where nothing was constrained. `[n]` or `[0]`.
    pub allowed: &'a [Option<Vec<u32>>],
}

/// A policy over token sequences: transformer, recurrent network, table, or an endpoint far away.
///
/// Laws:
/// - the log-probabilities of [`TokenPolicy::draw`] are those of [`TokenPolicy::score`] for the same context;
/// - rows do not affect each other: a request is answered the same in every batch, up to rounding;
/// - a draw depends on the request's own stream only.
pub trait TokenPolicy {
    /// What can go wrong.
    type Error: Error + Send + Sync + 'static;

    /// The version of the model behind it.
    fn version(&self) -> Version;

    /// Draws a whole turn for each request; all go through the model together.
    fn draw<E: TokenEnvironment>(
        &self,
        requests: Vec<TurnRequest<'_, E>>,
    ) -> Result<Vec<DrawnTurn>, Self::Error>;

    /// `log π` of each token given its context and the tokens before it (teacher forcing), `[n]` each.
    fn score(&self, requests: &[ScoreRequest<'_>]) -> Result<Vec<Vec<f32>>, Self::Error>;
}
