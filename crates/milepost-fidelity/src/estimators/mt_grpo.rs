use milepost_credit::RewardedTurnBatch;

use super::shape::{self, Counters};
use super::{Normalization, group::group_card};
use crate::{CaIdCard, Context, Credit, CreditEstimator, Estimate, FidelityError, Meter, Needs, Unit};

/// MT-GRPO: one turn has a reward of its own; up to its end `ĉ = A^O + λ A^T`, afterwards `A^O`.
///
/// `A^T` is the relative sum of the rewards of turn `turn`, `A^O` the relative sum of all others. Turn `u` is
/// the decisions `u·L..(u+1)·L` of an episode, `L` = `tokens_per_turn`. An episode that ends before the turn
/// gets its relative return, and is counted.
///
/// Source: arXiv 2505.11821. Identity: `λ = 0` with rewards outside the turn alone is GRPO. Known failure: a
/// turn without a reward of its own gets no credit of its own.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MtGrpo {
    /// Decisions per turn `L`, at least 1.
    pub tokens_per_turn: usize,
    /// The rewarded turn, from 0.
    pub turn: usize,
    /// Weight `λ` of the turn part.
    pub lambda: f64,
    /// What relative means.
    pub normalization: Normalization,
}

impl CreditEstimator for MtGrpo {
    fn name(&self) -> String {
        let Self { tokens_per_turn, turn, lambda, normalization } = self;
        let rule = normalization.name();
        format!("mt-grpo(tokens={tokens_per_turn},turn={turn},lambda={lambda},normalization={rule})")
    }

    fn card(&self) -> CaIdCard {
        CaIdCard { unit: Unit::Turn, ..group_card() }
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        if self.tokens_per_turn == 0 {
            let (parameter, rule) = ("tokens-per-turn", "be at least 1");
            return Err(FidelityError::Parameter { parameter, value: 0.0, rule });
        }
        let (batch, mut counters) = (context.batch, Counters::new());
        let mut credit = vec![0.0; batch.steps()];
        if batch.episodes() == 0 {
            return Ok(Credit::Advantage(credit).into());
        }
        let first = self.turn * self.tokens_per_turn;
        let (mut outcomes, mut turn_rewards, mut turn_ends) = (batch.returns(), Vec::new(), Vec::new());
        for (range, outcome) in batch.ranges().zip(&mut outcomes) {
            let end = range.len().min(first + self.tokens_per_turn);
            let reached = first < range.len();
            let earned: f64 = if reached {
                batch.rewards[range.start + first..range.start + end].iter().sum()
            } else {
                0.0
            };
            *outcome -= earned;
            turn_rewards.push(earned);
            turn_ends.push(reached.then_some(end));
        }
        let rewarded = RewardedTurnBatch {
            groups: &shape::one_group(batch),
            tokens: &shape::rows(batch),
            mask: &vec![true; batch.steps()],
            outcomes: &outcomes,
            turn_rewards: &turn_rewards,
            turn_ends: &turn_ends,
        };
        let rule = milepost_credit::MtGrpo { normalize: self.normalization.rule(), lambda: self.lambda };
        let without_turn = rule.assign(&rewarded, &mut credit)?;
        shape::count(&mut counters, "episodes-without-turn", without_turn);
        shape::count(&mut counters, "singleton-groups", usize::from(batch.episodes() == 1));
        Ok(Estimate { credit: Credit::Advantage(credit), counters })
    }
}
