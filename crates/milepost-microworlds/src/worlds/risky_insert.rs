use milepost_core::Outcome;
use serde::{Deserialize, Serialize};

use super::coin;
use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// What a step of a [`RiskyInsert`] pays, with the potential `Φ(i) = i / 10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InsertReward {
    /// 1 for success ("gold"), nothing else.
    Sparse,
    /// Gold and `γΦ' − Φ`: potential-based shaping.
    Shaped,
    /// `γΦ' − Φ` alone.
    ShapingOnly,
    /// Gold and `Φ' − Φ`: progress without the discount.
    Difference,
    /// `Φ' − Φ` alone.
    DifferenceOnly,
    /// Gold and `Φ'`: being far along pays.
    Absolute,
    /// `Φ'` alone.
    AbsoluteOnly,
}

/// The potential of success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TerminalPotential {
    /// 0, as shaping theory asks of ends.
    Zero,
    /// 1, as progress models give it.
    Keep,
}

/// Parameters of a [`RiskyInsert`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RiskyInsertConfig {
    /// Probability `p` that inserting succeeds. Default 0.1.
    pub insert: f64,
    /// Position after an insertion that failed, 0 to 9. Default 4.
    pub slip: u32,
    /// Probability that a step forward before the insertion succeeds. Default 0.9.
    pub advance: f64,
    /// Steps. Default 80.
    pub horizon: u32,
    /// What is paid. Default sparse.
    pub reward: InsertReward,
    /// The potential of success. Default 1, as in the literature on progress models.
    pub terminal_potential: TerminalPotential,
    /// The discount `γ` in `γΦ' − Φ`. Default 0.99.
    pub discount: f64,
}

impl Default for RiskyInsertConfig {
    fn default() -> Self {
        Self {
            insert: 0.1,
            slip: 4,
            advance: 0.9,
            horizon: 80,
            reward: InsertReward::Sparse,
            terminal_potential: TerminalPotential::Keep,
            discount: 0.99,
        }
    }
}

/// Ten steps along a line, of which the last is risky: a failed insertion slips back.
///
/// Isolates the difference between rewards that leave the best policy alone and those that pay for hovering where
/// progress is high. Success terminates; otherwise the episode is truncated. After the insertion tasks of robotic
/// progress rewards (Robo-Dopamine, arXiv 2512.23703); the chain is Milepost's.
#[derive(Debug, Clone)]
pub struct RiskyInsert {
    config: RiskyInsertConfig,
}

impl RiskyInsert {
    /// One position on, or the insertion.
    pub const FORWARD: u32 = 0;
    /// Stays.
    pub const HOLD: u32 = 1;
    /// One position back.
    pub const BACK: u32 = 2;
    /// The position of success.
    pub const GOAL: u32 = 10;
    /// The position from which forward is the insertion.
    const EDGE: u32 = Self::GOAL - 1;

    /// The world with these parameters.
    pub fn new(config: RiskyInsertConfig) -> Result<Self, TaskError> {
        let check = Check("risky-insert");
        check.probability("insert", config.insert)?;
        check.probability("advance", config.advance)?;
        check.probability("discount", config.discount)?;
        check.between("slip", config.slip, 0, Self::EDGE)?;
        check.between("horizon", config.horizon, 1, 1 << 16)?;
        Ok(Self { config })
    }

    /// The potential `Φ(i) = i / 10` of a position; that of success is the configured one.
    pub fn potential(&self, position: u32) -> f64 {
        match self.config.terminal_potential {
            TerminalPotential::Zero if position == Self::GOAL => 0.0,
            _ => f64::from(position) / f64::from(Self::GOAL),
        }
    }

    fn reward(&self, from: u32, to: u32) -> f64 {
        let gold = f64::from(u8::from(to == Self::GOAL));
        let (before, after) = (self.potential(from), self.potential(to));
        let shaping = self.config.discount * after - before;
        match self.config.reward {
            InsertReward::Sparse => gold,
            InsertReward::Shaped => gold + shaping,
            InsertReward::ShapingOnly => shaping,
            InsertReward::Difference => gold + after - before,
            InsertReward::DifferenceOnly => after - before,
            InsertReward::Absolute => gold + after,
            InsertReward::AbsoluteOnly => after,
        }
    }
}

impl Dynamics for RiskyInsert {
    /// The position, from 0.
    type State = u32;

    fn name(&self) -> &'static str {
        "risky-insert"
    }

    fn actions(&self) -> usize {
        3
    }

    fn horizon(&self) -> u32 {
        self.config.horizon
    }

    fn starts(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    fn outcomes(&self, state: &u32, action: u32, into: &mut Vec<Transition<u32>>) {
        let (odds, success, failure) = match (action, *state) {
            (Self::FORWARD, Self::EDGE) => (self.config.insert, Self::GOAL, self.config.slip),
            (Self::FORWARD, at) => (self.config.advance, at + 1, at),
            (Self::HOLD, at) => (1.0, at, at),
            (_, at) => (1.0, at.saturating_sub(1), at),
        };
        into.extend(coin(odds).map(|(probability, succeeds)| {
            let next = if succeeds { success } else { failure };
            let reward = self.reward(*state, next);
            if next == Self::GOAL {
                Transition::end(probability, reward, next, Outcome::Success)
            } else {
                Transition::step(probability, reward, next)
            }
        }));
    }

    fn state_key(&self, state: &u32) -> u64 {
        u64::from(*state)
    }

    fn features(&self) -> usize {
        Self::GOAL as usize + 1
    }

    /// One-hot.
    fn observe(&self, state: &u32, into: &mut [f32]) {
        into.fill(0.0);
        into[*state as usize] = 1.0;
    }
}
