use std::ops::Range;

use milepost_core::{Span, SpanKind};
use serde::{Deserialize, Serialize};

/// How what was said so far becomes the context of a policy's next turn.
///
/// A context is the prompt followed by an unbroken stretch of the latest turns, each with the reply that it
/// caused. The decision is taken where the policy begins to write a turn and holds until the turn is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ContextRule {
    /// How many of the turns so far are read.
    pub view: ContextView,
    /// The most tokens of a context, the turn to be drawn not included: a model's length less the world's
    /// [`turn limit`](milepost_core::TokenEnvironment::turn_limit).
    pub max_tokens: usize,
    /// What happens to a longer one.
    pub overflow: Overflow,
}

/// How many of the turns so far a policy reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ContextView {
    /// All of them.
    Full,
    /// The last few.
    Window {
        /// How many turns, each with its reply.
        turns: u32,
    },
}

/// What happens to a context that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Overflow {
    /// The oldest turns are left out, with their replies, until the rest fits. Samplers count these contexts.
    DropOldest,
    /// The episode is truncated before the turn: its budget of tokens is used up.
    EndEpisode,
    /// Sampling stops with [`ContextError::TooLong`]. So it does, whatever the choice, where the prompt alone
    /// does not fit.
    Error,
}

impl ContextRule {
    /// Everything is read, and a context of more than `max_tokens` tokens is an error.
    #[must_use]
    pub const fn full(max_tokens: usize) -> Self {
        Self { view: ContextView::Full, max_tokens, overflow: Overflow::Error }
    }

    /// The last `turns` turns are read, fewer where they do not fit into `max_tokens` tokens.
    #[must_use]
    pub const fn window(turns: u32, max_tokens: usize) -> Self {
        Self { view: ContextView::Window { turns }, max_tokens, overflow: Overflow::DropOldest }
    }

    /// The context in which turn `turn` is written, given the spans of the turns so far.
    ///
    /// Tokens from the first one that the policy writes in turn `turn` onwards do not matter, so a sampler
    /// asks with a trajectory that ends there, and a trainer with the whole one, and both get the same.
    /// The prompt is all spans of kind [`SpanKind::Prompt`] with which the trajectory begins.
    pub fn before_turn(&self, spans: &[Span], turn: u32) -> Result<Context, ContextError> {
        let end = opening(spans, turn);
        let body = start_of(spans, |span| span.kind != SpanKind::Prompt).min(end);
        let oldest = match self.view {
            ContextView::Full => 0,
            ContextView::Window { turns } => turn.saturating_sub(turns),
        };
        let mut dropped_turns = 0;
        for first in oldest..=turn {
            let start = start_of(spans, |span| span.turn >= first).clamp(body, end);
            let context = Context { prompt: 0..body, recent: start..end, dropped_turns };
            match context.len() {
                0 => return Err(ContextError::Empty { turn }),
                len if len <= self.max_tokens => return Ok(context),
                len if self.overflow != Overflow::DropOldest || first == turn => {
                    return Err(ContextError::TooLong { turn, tokens: len, max_tokens: self.max_tokens });
                }
                _ => dropped_turns += 1,
            }
        }
        Err(ContextError::Empty { turn })
    }
}

/// Where the policy begins to write `turn`: its first policy or meta token, or the end of what there is.
fn opening(spans: &[Span], turn: u32) -> usize {
    start_of(spans, |span| {
        let written = matches!(span.kind, SpanKind::Policy | SpanKind::Meta) && span.len > 0;
        span.turn > turn || span.turn == turn && written
    })
}

/// The first token of the first span that is `wanted`, or the end of what there is.
fn start_of(spans: &[Span], wanted: impl Fn(&Span) -> bool) -> usize {
    let end = spans.last().map_or(0, |span| span.range().end);
    spans.iter().find(|span| wanted(span)).map_or(end, |span| span.start as usize)
}

/// Which tokens of a trajectory are read: the prompt, then an unbroken stretch that ends with the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The prompt, as an index range into the trajectory's tokens.
    pub prompt: Range<usize>,
    /// The latest turns and replies, as an index range.
    pub recent: Range<usize>,
    /// Turns that the view wanted and that did not fit.
    pub dropped_turns: u32,
}

impl Context {
    /// Number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.prompt.len() + self.recent.len()
    }

    /// Whether nothing is read. Never so for a context that a [`ContextRule`] made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tokens themselves, read from the trajectory's.
    #[must_use]
    pub fn tokens(&self, trajectory: &[u32]) -> Vec<u32> {
        [&trajectory[self.prompt.clone()], &trajectory[self.recent.clone()]].concat()
    }
}

/// Bad input: a trajectory that a context rule cannot make a context of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The context does not fit, and nothing may (or can) be left out.
    #[error(
        "the context of turn {turn} has {tokens} tokens, but at most {max_tokens} may be read; allow more, \
         shorten the prompt, or let the rule drop the oldest turns"
    )]
    TooLong {
        /// Which turn.
        turn: u32,
        /// Tokens of the shortest context that the rule allows.
        tokens: usize,
        /// Tokens that may be read.
        max_tokens: usize,
    },
    /// There is nothing to read.
    #[error("the context of turn {turn} is empty; a world must say something before the policy's first turn")]
    Empty {
        /// Which turn.
        turn: u32,
    },
}
