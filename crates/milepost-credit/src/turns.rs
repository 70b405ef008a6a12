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

    /// The last policy position before `end`.
    pub(crate) fn last_policy(&self, end: usize) -> Option<usize> {
        (0..end).rev().find(|&position| self.mask[position])
    }

    /// The first policy position of the turn that the policy position `last` belongs to.
    pub(crate) fn turn_start(&self, last: usize) -> usize {
        let mut first = last;
        for position in (0..last).rev().filter(|&position| self.mask[position]) {
            if self.turn_of[position] != self.turn_of[last] {
                break;
            }
            first = position;
        }
        first
    }
}
