//! The turns of a token sequence.

use crate::{CreditError, check};

/// One trajectory as tokens that belong to turns. All slices have one entry per position.
#[derive(Debug, Clone, Copy)]
pub struct TurnTokens<'a> {
    /// Rewards; those on positions that the policy did not produce are lost
    /// ([`crate::move_to_policy`]).
    pub rewards: &'a [f64],
    /// Values of the critic.
    pub values: &'a [f64],
    /// Whether the policy produced the position.
    pub mask: &'a [bool],
    /// The turn of the position.
    pub turn_of: &'a [usize],
}

impl TurnTokens<'_> {
    pub(crate) fn check(
        &self,
        bootstrap: f64,
        advantages: &[f64],
        returns: &[f64],
    ) -> Result<(), CreditError> {
        let positions = self.rewards.len();
        check::non_empty("rewards", self.rewards)?;
        check::len("values", positions, self.values.len())?;
        check::len("mask", positions, self.mask.len())?;
        check::len("turn_of", positions, self.turn_of.len())?;
        check::len("advantages", positions, advantages.len())?;
        check::len("returns", positions, returns.len())?;
        check::finite_scalar("bootstrap", bootstrap)?;
        check::finite("rewards", self.rewards)?;
        check::finite("values", self.values)
    }

    /// The last turn that has a policy position before `end`.
    #[inline]
    pub(crate) fn last_turn(&self, end: usize) -> Option<TurnSpan> {
        let last = (0..end).rev().find(|&position| self.mask[position])?;
        let turn = self.turn_of[last];
        let mut span = TurnSpan { first: last, last, reward: self.rewards[last] };
        for position in (0..last).rev() {
            if self.mask[position] {
                if self.turn_of[position] != turn {
                    break;
                }
                span.first = position;
                span.reward += self.rewards[position];
            }
        }
        Some(span)
    }
}

/// The policy positions of one turn.
pub(crate) struct TurnSpan {
    /// First of them.
    pub(crate) first: usize,
    /// Last of them.
    pub(crate) last: usize,
    /// Sum of their rewards.
    pub(crate) reward: f64,
}
