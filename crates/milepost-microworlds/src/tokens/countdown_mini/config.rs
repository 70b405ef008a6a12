use milepost_core::Vocabulary;
use serde::{Deserialize, Serialize};

use super::{Expression, Operator};
use crate::error::{Check, TaskError};

/// Parameters of a [`CountdownMini`](super::CountdownMini).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CountdownMiniConfig {
    /// Values are `0..modulus`; from 2 to 31. Default 11.
    pub modulus: u32,
    /// Share of the prompts that ask whether an expression is right. Default 0: all ask for one.
    pub check_share: f64,
}

impl Default for CountdownMiniConfig {
    fn default() -> Self {
        Self { modulus: 11, check_share: 0.0 }
    }
}

impl CountdownMiniConfig {
    /// The words of the task, if its parameters make one.
    pub(super) fn check(&self) -> Result<Words, TaskError> {
        let check = Check("countdown-mini");
        check.between("modulus", self.modulus, 2, 31)?;
        check.probability("check-share", self.check_share)?;
        Words::new(self.modulus)
    }
}

/// The ids of the task's words; they depend on the modulus only.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) vocabulary: Vocabulary,
    pub(super) equals: u32,
    pub(super) solve: u32,
    pub(super) check: u32,
    pub(super) colon: u32,
    pub(super) question: u32,
    pub(super) yes: u32,
    pub(super) no: u32,
    zero: u32,
    modulus: u32,
}

impl Words {
    /// Ids: values first, then operators, `=` and the other words.
    fn new(modulus: u32) -> Result<Self, TaskError> {
        let values = (0..modulus).map(|value| value.to_string());
        let operators = Operator::ALL.map(|operator| operator.word().to_owned());
        let others = ["=", "solve", "check", ":", "?", "yes", "no"].map(str::to_owned);
        let vocabulary = Vocabulary::new(values.chain(operators).chain(others))
            .map_err(|error| TaskError::words("countdown-mini", &error))?;
        let zero = Vocabulary::RESERVED.len() as u32;
        let first = zero + modulus + Operator::ALL.len() as u32;
        let [equals, solve, check, colon, question, yes, no] = std::array::from_fn(|at| first + at as u32);
        Ok(Self { vocabulary, equals, solve, check, colon, question, yes, no, zero, modulus })
    }

    pub(super) const fn value(&self, value: u32) -> u32 {
        self.zero + value
    }

    pub(super) const fn operator(&self, operator: Operator) -> u32 {
        self.zero + self.modulus + operator as u32
    }

    pub(super) fn write(&self, expression: Expression, into: &mut Vec<u32>) {
        let ([a, b, c], [first, second]) = (expression.digits, expression.operators);
        into.extend([
            self.value(a),
            self.operator(first),
            self.value(b),
            self.operator(second),
            self.value(c),
        ]);
    }

    /// The digits that `tokens` leave, in increasing order; `None` if no expression of the digits begins so.
    pub(super) fn left(&self, digits: [u32; 3], tokens: &[u32]) -> Option<Vec<u32>> {
        let mut left = digits.to_vec();
        left.sort_unstable();
        for (at, token) in tokens.iter().enumerate() {
            if at % 2 == 1 {
                Operator::ALL.into_iter().find(|operator| self.operator(*operator) == *token)?;
                if left.is_empty() {
                    return None;
                }
            } else {
                let value = token.checked_sub(self.zero)?;
                left.remove(left.iter().position(|digit| *digit == value)?);
            }
        }
        Some(left)
    }

    /// The expression of the digits that the tokens write.
    pub(super) fn expression(&self, digits: [u32; 3], tokens: &[u32]) -> Option<Expression> {
        let [a, first, b, second, c] = *tokens else { return None };
        self.left(digits, tokens)?;
        let operator = |token| Operator::ALL.into_iter().find(|operator| self.operator(*operator) == token);
        let digits = [a, b, c].map(|token| token - self.zero);
        Some(Expression { digits, operators: [operator(first)?, operator(second)?] })
    }
}
