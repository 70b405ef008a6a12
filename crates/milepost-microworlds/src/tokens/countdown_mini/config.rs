use milepost_core::Vocabulary;
use serde::{Deserialize, Serialize};

use super::super::arithmetic_ids::ArithmeticIds;
use super::Expression;
use crate::error::{Check, TaskError};

/// Parameters of a [`CountdownMini`](super::CountdownMini).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CountdownMiniConfig {
    /// Values are `0..modulus`; from 2 to 31. Default 11.
    pub modulus: u32,
    /// Share of the prompts that ask whether an expression is right. Default 0: all ask for one.
    pub check_share: f64,
    /// Whether a verdict is preceded by the values of the expression's two steps. Default false.
    pub check_working: bool,
}

impl Default for CountdownMiniConfig {
    fn default() -> Self {
        Self { modulus: 11, check_share: 0.0, check_working: false }
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
    pub(super) numbers: ArithmeticIds,
    pub(super) equals: u32,
    pub(super) solve: u32,
    pub(super) check: u32,
    pub(super) colon: u32,
    pub(super) question: u32,
    pub(super) yes: u32,
    pub(super) no: u32,
}

impl Words {
    /// Ids: values first, then operators, `=` and the other words.
    fn new(modulus: u32) -> Result<Self, TaskError> {
        let numbers = ArithmeticIds::new(modulus);
        let others = ["=", "solve", "check", ":", "?", "yes", "no"].map(str::to_owned);
        let vocabulary = Vocabulary::new(numbers.words().chain(others))
            .map_err(|error| TaskError::words("countdown-mini", &error))?;
        let [equals, solve, check, colon, question, yes, no] =
            std::array::from_fn(|at| numbers.end() + at as u32);
        Ok(Self { vocabulary, numbers, equals, solve, check, colon, question, yes, no })
    }

    pub(super) fn write(&self, expression: Expression, into: &mut Vec<u32>) {
        let ([a, b, c], [first, second]) = (expression.digits, expression.operators);
        let Self { numbers, .. } = self;
        into.extend([
            numbers.value(a),
            numbers.operator(first),
            numbers.value(b),
            numbers.operator(second),
            numbers.value(c),
        ]);
    }

    /// The digits that `tokens` leave, in increasing order; `None` if no expression of the digits begins so.
    pub(super) fn left(&self, digits: [u32; 3], tokens: &[u32]) -> Option<Vec<u32>> {
        let mut left = digits.to_vec();
        left.sort_unstable();
        for (at, token) in tokens.iter().enumerate() {
            if at % 2 == 1 {
                self.numbers.as_operator(*token)?;
                if left.is_empty() {
                    return None;
                }
            } else {
                let value = self.numbers.as_value(*token)?;
                left.remove(left.iter().position(|digit| *digit == value)?);
            }
        }
        Some(left)
    }

    /// The expression of the digits that the tokens write.
    pub(super) fn expression(&self, digits: [u32; 3], tokens: &[u32]) -> Option<Expression> {
        let [a, first, b, second, c] = *tokens else { return None };
        self.left(digits, tokens)?;
        let Self { numbers, .. } = self;
        Some(Expression {
            digits: [numbers.as_value(a)?, numbers.as_value(b)?, numbers.as_value(c)?],
            operators: [numbers.as_operator(first)?, numbers.as_operator(second)?],
        })
    }
}
