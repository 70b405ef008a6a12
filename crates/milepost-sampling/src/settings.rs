use milepost_core::Purpose;

use crate::{ContextError, ContextRule, SamplingError};

/// What all samplers share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SamplerSettings {
    /// The run's seed.
    pub run_seed: u64,
    /// Which streams the draws come from: [`Purpose::POLICY`] in training,
    /// [`Purpose::EVALUATION_POLICY`] in evaluation.
    pub purpose: Purpose,
    /// What the policy reads before a turn.
    pub context: ContextRule,
    /// After this many turns an episode is truncated, should the world let it go on.
    pub max_turns: u32,
    /// An episode in which the policy wrote this many tokens is truncated before its next turn. The last
    /// turn may pass the budget, by less than the world's turn limit.
    pub max_policy_tokens: u64,
    /// Whether only well-formed tokens are drawn, where the world has a grammar.
    pub constrained: bool,
}

impl SamplerSettings {
    /// Training draws of run `run_seed`, with no budget of tokens and no constraint.
    #[must_use]
    pub const fn training(run_seed: u64, context: ContextRule, max_turns: u32) -> Self {
        Self {
            run_seed,
            purpose: Purpose::POLICY,
            context,
            max_turns,
            max_policy_tokens: u64::MAX,
            constrained: false,
        }
    }

    /// Refuses settings under which no turn could be drawn.
    pub(crate) fn check<E>(&self) -> Result<(), SamplingError<E>> {
        positive("max_turns", u64::from(self.max_turns))?;
        positive("max_policy_tokens", self.max_policy_tokens)?;
        if self.context.max_tokens == 0 {
            return Err(ContextError::Empty { turn: 0 }.into());
        }
        Ok(())
    }
}

/// Refuses a count of 0.
pub(crate) const fn positive<E>(name: &'static str, value: u64) -> Result<(), SamplingError<E>> {
    if value == 0 { Err(SamplingError::Zero { name }) } else { Ok(()) }
}

/// Refuses a value outside of `low..=high`, NaN included.
pub(crate) fn in_range<E>(
    name: &'static str,
    value: f64,
    low: f64,
    high: f64,
    range: &'static str,
) -> Result<(), SamplingError<E>> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(SamplingError::OutOfRange { name, value, range }) }
}
