//! Generalised advantage estimation over turns.

use crate::gae::representable;
use crate::{CreditError, Gae, TurnTokens, check};

/// GAE on the turn process: one value and one reward per turn, every token of a turn gets the turn's advantage.
///
/// The reward of turn `u` is the sum over its policy positions, its value the one at its last policy position
/// `e_u`; `Â_u` is GAE over `u`.
///
/// Source: turn-level variant of MT-PPO (arXiv 2505.11821) and VAGEN. Identity: with turns of one token this is
/// token GAE. Known failure: all tokens of a turn share their credit, also the ones that did not matter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TurnGae {
    /// Discount and trace decay per turn.
    pub turn: Gae,
}

impl TurnGae {
    /// Advantages and returns of one trajectory, per token.
    ///
    /// All slices have one entry per position. `turn_of[t]` is read where `mask[t]`; the policy positions of a
    /// turn are consecutive among the policy positions. `values` is read at the last policy position of each
    /// turn. `bootstrap` is the value after the last turn. Both outputs are 0 where `mask` is false; the return
    /// is the turn's, at all its tokens.
    ///
    /// # Errors
    /// Empty or unequal slices, a number that is not finite, a parameter outside `[0, 1]`.
    pub fn assign(
        &self,
        tokens: &TurnTokens<'_>,
        bootstrap: f64,
        advantages: &mut [f64],
        returns: &mut [f64],
    ) -> Result<(), CreditError> {
        tokens.check(bootstrap, advantages, returns)?;
        check::unit_interval("gamma", self.turn.gamma)?;
        check::unit_interval("lambda", self.turn.lambda)?;
        let decay = self.turn.gamma * self.turn.lambda;
        let (mut next_value, mut carry) = (bootstrap, 0.0);
        let mut end = tokens.mask.len();
        while let Some(span) = tokens.last_turn(end) {
            let value = tokens.values[span.last];
            carry = (span.reward + self.turn.gamma * next_value - value) + decay * carry;
            next_value = value;
            for position in span.first..end {
                let policy = tokens.mask[position];
                advantages[position] = if policy { carry } else { 0.0 };
                returns[position] = if policy { carry + value } else { 0.0 };
            }
            end = span.first;
        }
        advantages[..end].fill(0.0);
        returns[..end].fill(0.0);
        representable(advantages, returns)
    }
}
