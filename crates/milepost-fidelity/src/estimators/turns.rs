//! Rules for turns of several decisions.

use milepost_credit::{CreditError, Gae as Rule, TurnTokens};

use super::Critic;
use super::value_rule::{ValueRule, fields_of_a_value_rule};
use crate::Unit;

/// GAE over turns: every decision of a turn gets the turn's advantage.
///
/// Turn `u` is the decisions `u·L..(u+1)·L` of an episode, `L` = `tokens_per_turn`; its reward is the sum of
/// theirs, its value the one before its last decision.
///
/// Source: turn-level form of MT-PPO, arXiv 2505.11821, and VAGEN. Identity: `L = 1` is GAE. Known failure:
/// the value stands before the last decision of a turn, so what the earlier ones decided is credited to the
/// turn before, and in the first turn to nobody.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TurnGae {
    /// Decisions per turn `L`, at least 1.
    pub tokens_per_turn: usize,
    /// Discount per turn, in `[0, 1]`.
    pub gamma: f64,
    /// Trace decay per turn, in `[0, 1]`.
    pub lambda: f64,
    /// The values.
    pub critic: Critic,
}

impl ValueRule for TurnGae {
    fields_of_a_value_rule!();

    fn title(&self) -> String {
        format!("turn-gae(tokens={},gamma={},lambda={}", self.tokens_per_turn, self.gamma, self.lambda)
    }

    fn unit(&self) -> Unit {
        Unit::Turn
    }

    fn rule(
        &self,
        horizon: usize,
    ) -> impl FnMut(&[f64], &[f64], &mut [f64]) -> Result<(), CreditError> + use<'_> {
        let rule = milepost_credit::TurnGae { turn: Rule { gamma: self.gamma, lambda: self.lambda } };
        let (turns, mut targets) = (Turns::new(self.tokens_per_turn, horizon), vec![0.0; horizon]);
        move |rewards, values, out| {
            rule.assign(&turns.tokens(rewards, values)?, 0.0, out, &mut targets[..rewards.len()])
        }
    }
}

/// GAE over turns, then GAE over the decisions inside each turn.
///
/// Source: VAGEN and RAGEN. Identity: with one turn it is GAE with the parameters of the tokens. Known
/// failure: the critic is trusted at the end of every turn.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BiLevelGae {
    /// Decisions per turn, at least 1.
    pub tokens_per_turn: usize,
    /// Discount per turn, in `[0, 1]`.
    pub turn_gamma: f64,
    /// Trace decay per turn, in `[0, 1]`.
    pub turn_lambda: f64,
    /// Discount per decision, in `[0, 1]`; also that of the values.
    pub gamma: f64,
    /// Trace decay per decision, in `[0, 1]`.
    pub lambda: f64,
    /// The values.
    pub critic: Critic,
}

impl ValueRule for BiLevelGae {
    fields_of_a_value_rule!();

    fn title(&self) -> String {
        let Self { tokens_per_turn, turn_gamma, turn_lambda, gamma, lambda, .. } = self;
        format!(
            "bi-level-gae(tokens={tokens_per_turn},turn-gamma={turn_gamma},turn-lambda={turn_lambda},\
             gamma={gamma},lambda={lambda}"
        )
    }

    fn rule(
        &self,
        horizon: usize,
    ) -> impl FnMut(&[f64], &[f64], &mut [f64]) -> Result<(), CreditError> + use<'_> {
        let rule = milepost_credit::BiLevelGae {
            turn: Rule { gamma: self.turn_gamma, lambda: self.turn_lambda },
            token: Rule { gamma: self.gamma, lambda: self.lambda },
        };
        let (turns, mut targets) = (Turns::new(self.tokens_per_turn, horizon), vec![0.0; horizon]);
        move |rewards, values, out| {
            rule.assign(&turns.tokens(rewards, values)?, 0.0, out, &mut targets[..rewards.len()])
        }
    }
}

/// Turns of equal length; every position is a decision of the policy.
struct Turns {
    tokens_per_turn: usize,
    mask: Vec<bool>,
    turn_of: Vec<usize>,
}

impl Turns {
    fn new(tokens_per_turn: usize, horizon: usize) -> Self {
        let turn_of = (0..horizon).map(|t| t.checked_div(tokens_per_turn).unwrap_or(0)).collect();
        Self { tokens_per_turn, mask: vec![true; horizon], turn_of }
    }

    fn tokens<'a>(&'a self, rewards: &'a [f64], values: &'a [f64]) -> Result<TurnTokens<'a>, CreditError> {
        if self.tokens_per_turn == 0 {
            let (name, allowed) = ("tokens-per-turn", "at least 1");
            return Err(CreditError::InvalidParameter { name, value: 0.0, allowed });
        }
        let steps = rewards.len();
        Ok(TurnTokens { rewards, values, mask: &self.mask[..steps], turn_of: &self.turn_of[..steps] })
    }
}
