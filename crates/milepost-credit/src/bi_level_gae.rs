//! Bi-level generalised advantage estimation.

use crate::gae::representable;
use crate::{CreditError, Gae, TurnTokens, check};

/// GAE over turns, then GAE over the tokens inside each turn.
///
/// 1. Over the last policy positions `e_u` of the turns, with the rewards that lie there:
///    `Â_u = r_{e_u} + γ_turn V_{e_{u+1}} − V_{e_u} + γ_turn λ_turn Â_{u+1}`.
/// 2. The reward at `e_u` becomes `Â_u + V_{e_u}`.
/// 3. Token GAE with the token parameters, restarted in each turn: next value and trace are 0 at `e_u`.
///
/// Source: VAGEN and RAGEN; usual values are 0.95 for `γ_turn` and 1 for `γ_token`. Identity: with one turn
/// that terminates this is token GAE. Known failure: the critic is trusted at every turn end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BiLevelGae {
    /// Parameters over turns.
    pub turn: Gae,
    /// Parameters over the tokens of a turn.
    pub token: Gae,
}

impl BiLevelGae {
    /// Advantages and returns (`Â + V`, before any whitening) of one trajectory, per token; both are 0 where
    /// `mask` is false. `bootstrap` is the value after the last turn.
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
        check::unit_interval("turn gamma", self.turn.gamma)?;
        check::unit_interval("turn lambda", self.turn.lambda)?;
        check::unit_interval("token gamma", self.token.gamma)?;
        check::unit_interval("token lambda", self.token.lambda)?;
        let turn_decay = self.turn.gamma * self.turn.lambda;
        let token_decay = self.token.gamma * self.token.lambda;
        let (mut turn_carry, mut turn_next) = (0.0, bootstrap);
        let (mut carry, mut next_value) = (0.0, 0.0);
        let mut later_turn = None;
        for position in (0..tokens.mask.len()).rev() {
            if !tokens.mask[position] {
                (advantages[position], returns[position]) = (0.0, 0.0);
                continue;
            }
            let (mut reward, value) = (tokens.rewards[position], tokens.values[position]);
            let turn = tokens.turn_of[position];
            if later_turn != Some(turn) {
                turn_carry = (reward + self.turn.gamma * turn_next - value) + turn_decay * turn_carry;
                turn_next = value;
                reward = turn_carry + value;
                (carry, next_value) = (0.0, 0.0);
                later_turn = Some(turn);
            }
            carry = (reward + self.token.gamma * next_value - value) + token_decay * carry;
            next_value = value;
            advantages[position] = carry;
            returns[position] = carry + value;
        }
        representable(advantages, returns)
    }
}
