use serde::{Deserialize, Serialize};

/// What a method pays with. Comparisons at equal iterations flatter methods that spend more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// Evaluations of a candidate: a genome, a policy, a program.
    Evaluations,
    /// Steps of an environment.
    Frames,
    /// Rows of a batch sent through a network.
    NetworkCalls,
    /// Values asked of a reward.
    RewardCalls,
}

impl Cost {
    /// Every cost, in the order of [`CostLedger::spent`].
    pub const ALL: [Self; 4] = [Self::Evaluations, Self::Frames, Self::NetworkCalls, Self::RewardCalls];

    /// Its name in files and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Evaluations => "evaluations",
            Self::Frames => "frames",
            Self::NetworkCalls => "network-calls",
            Self::RewardCalls => "reward-calls",
        }
    }
}

/// Spending would exceed the budget; nothing was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{asked} more {} would exceed the budget of {budget} ({spent} are spent); stop here or raise the budget",
    cost.name()
)]
pub struct BudgetExhausted {
    /// What ran out.
    pub cost: Cost,
    /// What was to be spent.
    pub asked: u64,
    /// What was spent before.
    pub spent: u64,
    /// What may be spent in all.
    pub budget: u64,
}

/// Counts what a method spends and enforces a budget: [`spend`](CostLedger::spend) is called *before* the work
/// and refuses what is not covered.
///
/// Laws: what is spent never exceeds the budget; a refused amount changes nothing; the order of spending does
/// not matter to the totals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CostLedger {
    spent: [u64; 4],
    budget: [Option<u64>; 4],
}

impl CostLedger {
    /// Nothing spent, no limit.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { spent: [0; 4], budget: [None; 4] }
    }

    /// The same ledger with at most `budget` of `cost` in all.
    #[must_use]
    pub const fn with_budget(mut self, cost: Cost, budget: u64) -> Self {
        self.budget[cost as usize] = Some(budget);
        self
    }

    /// Takes note of `amount`, or refuses it.
    pub fn spend(&mut self, cost: Cost, amount: u64) -> Result<(), BudgetExhausted> {
        let spent = self.spent[cost as usize];
        match (spent.checked_add(amount), self.budget[cost as usize]) {
            (Some(total), budget) if budget.is_none_or(|budget| total <= budget) => {
                self.spent[cost as usize] = total;
                Ok(())
            }
            (_, budget) => {
                Err(BudgetExhausted { cost, asked: amount, spent, budget: budget.unwrap_or(u64::MAX) })
            }
        }
    }

    /// What was spent of `cost`.
    #[must_use]
    pub const fn spent(&self, cost: Cost) -> u64 {
        self.spent[cost as usize]
    }

    /// What is left of `cost`; `None` without a limit.
    #[must_use]
    pub fn left(&self, cost: Cost) -> Option<u64> {
        self.budget[cost as usize].map(|budget| budget.saturating_sub(self.spent(cost)))
    }

    /// Whether `amount` of `cost` would be accepted.
    #[must_use]
    pub fn covers(&self, cost: Cost, amount: u64) -> bool {
        self.left(cost).is_none_or(|left| amount <= left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_cost() -> impl Strategy<Value = Cost> {
        (0usize..4).prop_map(|i| Cost::ALL[i])
    }

    #[test]
    fn a_refusal_names_the_cost_and_the_budget() {
        let mut ledger = CostLedger::unlimited().with_budget(Cost::RewardCalls, 5);
        ledger.spend(Cost::RewardCalls, 3).expect("covered");
        assert_eq!(
            ledger.spend(Cost::RewardCalls, 3).expect_err("3 + 3 > 5").to_string(),
            "3 more reward-calls would exceed the budget of 5 (3 are spent); stop here or raise the budget"
        );
        assert!(ledger.covers(Cost::RewardCalls, 2) && !ledger.covers(Cost::RewardCalls, 3));
    }

    proptest! {
        #[test]
        fn the_budget_is_never_exceeded_and_a_refusal_changes_nothing(
            budget in 0u64..50, spendings in prop::collection::vec((any_cost(), 0u64..20), 0..30),
        ) {
            let mut ledger = CostLedger::unlimited().with_budget(Cost::NetworkCalls, budget);
            let mut totals = [0u64; 4];
            for (cost, amount) in spendings {
                let before = ledger.clone();
                let covered = ledger.covers(cost, amount);
                let result = ledger.spend(cost, amount);
                prop_assert_eq!(result.is_ok(), covered);
                if result.is_ok() { totals[cost as usize] += amount } else { prop_assert_eq!(&ledger, &before) }
            }
            prop_assert!(ledger.spent(Cost::NetworkCalls) <= budget);
            prop_assert_eq!(Cost::ALL.map(|cost| ledger.spent(cost)), totals);
        }
    }
}
