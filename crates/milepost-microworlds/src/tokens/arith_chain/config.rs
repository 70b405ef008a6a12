use milepost_core::Vocabulary;
use serde::{Deserialize, Serialize};

use super::super::arithmetic_ids::ArithmeticIds;
use super::{Operator, Route};
use crate::error::{Check, TaskError};

/// Parameters of an [`ArithChain`](super::ArithChain).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ArithChainConfig {
    /// Values are `0..modulus`; from 2 to 31. Default 11.
    pub modulus: u32,
    /// Fewest operations of a chain. Default 3.
    pub least: u32,
    /// Most operations of a chain, at most 64. Default 6.
    pub most: u32,
    /// The operators that prompts use. Default all three.
    pub operators: Vec<Operator>,
    /// The orders in which a scratchpad may be written; the expert takes the first. With more than one, an answer
    /// begins with the route's word. Default `["forward"]`.
    pub routes: Vec<Route>,
}

impl Default for ArithChainConfig {
    fn default() -> Self {
        Self {
            modulus: 11,
            least: 3,
            most: 6,
            operators: Operator::ALL.to_vec(),
            routes: vec![Route::Forward],
        }
    }
}

impl ArithChainConfig {
    /// The words of the task, if its parameters make one.
    pub(super) fn check(&self) -> Result<Words, TaskError> {
        let check = Check("arith-chain");
        check.between("modulus", self.modulus, 2, 31)?;
        check.between("most", self.most, 1, 64)?;
        check.between("least", self.least, 1, self.most)?;
        check.listed("operators", &self.operators)?;
        check.listed("routes", &self.routes)?;
        Words::new(self.modulus)
    }
}

/// The ids of the task's words. They depend on the modulus only, so policies move between configurations.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) vocabulary: Vocabulary,
    pub(super) numbers: ArithmeticIds,
    pub(super) equals: u32,
    pub(super) next: u32,
    pub(super) answer: u32,
}

impl Words {
    /// Ids: values first, then operators, `=`, `;`, `ans`, and the routes.
    fn new(modulus: u32) -> Result<Self, TaskError> {
        let numbers = ArithmeticIds::new(modulus);
        let marks = ["=", ";", "ans"].map(str::to_owned);
        let routes = Route::ALL.map(|route| route.word().to_owned());
        let vocabulary = Vocabulary::new(numbers.words().chain(marks).chain(routes))
            .map_err(|error| TaskError::words("arith-chain", &error))?;
        let equals = numbers.end();
        Ok(Self { vocabulary, numbers, equals, next: equals + 1, answer: equals + 2 })
    }

    pub(super) const fn route(&self, route: Route) -> u32 {
        self.answer + 1 + route as u32
    }

    /// The route that a token stands for.
    pub(super) fn as_route(&self, token: u32) -> Option<Route> {
        Route::ALL.into_iter().find(|route| self.route(*route) == token)
    }
}
