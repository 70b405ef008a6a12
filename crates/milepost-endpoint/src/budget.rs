use serde::{Deserialize, Serialize};

use crate::EndpointError;
use crate::config::require;

/// What may be spent in all; a limit that is left out is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BudgetConfig {
    /// Requests sent, failed ones included.
    pub requests: Option<u64>,
    /// Tokens read by the model.
    pub prompt_tokens: Option<u64>,
    /// Tokens written by the model.
    pub completion_tokens: Option<u64>,
    /// Money, in the unit of the prices.
    pub cost: Option<f64>,
    /// What tokens cost.
    pub prices: Prices,
}

/// Prices of a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Prices {
    /// Of those read.
    pub prompt: f64,
    /// Of those written.
    pub completion: f64,
}

impl BudgetConfig {
    pub(crate) fn check(&self) -> Result<(), EndpointError> {
        let price = |value: f64| value.is_finite() && value >= 0.0;
        let Prices { prompt, completion } = self.prices;
        require(price(prompt), "budget.prices.prompt", &prompt, "a price, at least 0")?;
        require(price(completion), "budget.prices.completion", &completion, "a price, at least 0")?;
        let Some(cost) = self.cost else { return Ok(()) };
        require(price(cost), "budget.cost", &cost, "an amount, at least 0")?;
        require(prompt + completion > 0.0, "budget.prices", &"0", "given, or `cost` limits nothing")
    }
}

/// A request that would exceed the budget if it took as many tokens as it could.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "the budget of {limit} {what} does not allow another request: {spent} are spent or promised, and it could take {asked}"
)]
pub struct BudgetError {
    /// Which limit.
    pub what: &'static str,
    /// The limit.
    pub limit: f64,
    /// What is spent, and promised to requests under way.
    pub spent: f64,
    /// The most that the request could take.
    pub asked: f64,
}

/// Tokens of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tokens {
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
}

/// What was spent. Requests under way hold the most that they could take.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    requests: u64,
    tokens: Tokens,
}

impl Ledger {
    /// Books a request and the most tokens that it could take, if the budget allows them.
    pub(crate) fn reserve(&mut self, budget: &BudgetConfig, most: Tokens) -> Result<(), BudgetError> {
        let after = Tokens {
            prompt: self.tokens.prompt + most.prompt,
            completion: self.tokens.completion + most.completion,
        };
        let cost = |tokens: Tokens| {
            let Prices { prompt, completion } = budget.prices;
            (tokens.prompt as f64 * prompt + tokens.completion as f64 * completion) / 1e6
        };
        let limits = [
            ("requests", budget.requests.map(|limit| limit as f64), self.requests as f64, 1.0),
            (
                "prompt tokens",
                budget.prompt_tokens.map(|limit| limit as f64),
                self.tokens.prompt as f64,
                most.prompt as f64,
            ),
            (
                "completion tokens",
                budget.completion_tokens.map(|limit| limit as f64),
                self.tokens.completion as f64,
                most.completion as f64,
            ),
            ("units of money", budget.cost, cost(self.tokens), cost(most)),
        ];
        for (what, limit, spent, asked) in limits {
            if let Some(limit) = limit.filter(|limit| spent + asked > *limit) {
                return Err(BudgetError { what, limit, spent, asked });
            }
        }
        self.requests += 1;
        self.tokens = after;
        Ok(())
    }

    /// Replaces what was reserved by what was used.
    pub(crate) fn settle(&mut self, most: Tokens, used: Tokens) {
        self.tokens.prompt = self.tokens.prompt.saturating_sub(most.prompt) + used.prompt;
        self.tokens.completion = self.tokens.completion.saturating_sub(most.completion) + used.completion;
    }

    pub(crate) fn tokens(&self) -> Tokens {
        self.tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// As long as no request takes more than it could, no limit is ever passed.
        #[test]
        fn a_budget_is_never_exceeded(
            limits in (0u64..20, 0u64..500, 0u64..500, 0.0..0.01f64),
            requests in prop::collection::vec((0u64..100, 0u64..100, 0u64..100, 0u64..100), 0..60),
        ) {
            let budget = BudgetConfig {
                requests: Some(limits.0),
                prompt_tokens: Some(limits.1),
                completion_tokens: Some(limits.2),
                cost: Some(limits.3),
                prices: Prices { prompt: 3.0, completion: 15.0 },
            };
            let mut ledger = Ledger::default();
            for (prompt, completion, less, lesser) in requests {
                let most = Tokens { prompt, completion };
                if ledger.reserve(&budget, most).is_ok() {
                    let used = Tokens { prompt: prompt.min(less), completion: completion.min(lesser) };
                    ledger.settle(most, used);
                }
                let Tokens { prompt, completion } = ledger.tokens();
                prop_assert!(ledger.requests <= limits.0 && prompt <= limits.1 && completion <= limits.2);
                prop_assert!((prompt as f64 * 3.0 + completion as f64 * 15.0) / 1e6 <= limits.3 + 1e-12);
            }
        }
    }

    #[test]
    fn the_limit_that_refuses_is_named() {
        let budget = BudgetConfig { completion_tokens: Some(10), ..BudgetConfig::default() };
        let mut ledger = Ledger::default();
        let refused = ledger.reserve(&budget, Tokens { prompt: 1, completion: 11 }).expect_err("too much");
        assert_eq!((refused.what, refused.limit, refused.asked), ("completion tokens", 10.0, 11.0));
        ledger.reserve(&budget, Tokens { prompt: 1, completion: 10 }).expect("just enough");
    }
}
