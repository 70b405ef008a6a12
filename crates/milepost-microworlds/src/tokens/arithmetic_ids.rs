use milepost_core::Vocabulary;

use super::Operator;

/// The ids of values and operators, which come first in the vocabularies of the tasks that calculate.
#[derive(Debug, Clone, Copy)]
pub(super) struct ArithmeticIds {
    /// The id of the value 0.
    zero: u32,
    modulus: u32,
}

impl ArithmeticIds {
    pub(super) const fn new(modulus: u32) -> Self {
        Self { zero: Vocabulary::RESERVED.len() as u32, modulus }
    }

    /// The values, then the operators, as they are written.
    pub(super) fn words(self) -> impl Iterator<Item = String> {
        let values = (0..self.modulus).map(|value| value.to_string());
        values.chain(Operator::ALL.map(|operator| operator.word().to_owned()))
    }

    /// The first id after them.
    pub(super) const fn end(self) -> u32 {
        self.zero + self.modulus + Operator::ALL.len() as u32
    }

    pub(super) const fn value(self, value: u32) -> u32 {
        self.zero + value
    }

    pub(super) const fn operator(self, operator: Operator) -> u32 {
        self.zero + self.modulus + operator as u32
    }

    /// The value that a token stands for.
    pub(super) fn as_value(self, token: u32) -> Option<u32> {
        token.checked_sub(self.zero).filter(|value| *value < self.modulus)
    }

    /// The operator that a token stands for.
    pub(super) fn as_operator(self, token: u32) -> Option<Operator> {
        Operator::ALL.into_iter().find(|operator| self.operator(*operator) == token)
    }
}
