use crate::tokens::{Arithmetic, Operator};

/// Three digits in an order, with operators between; read from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expression {
    /// The digits in the order in which they stand.
    pub digits: [u32; 3],
    /// What stands between them.
    pub operators: [Operator; 2],
}

impl Expression {
    /// Every expression that uses each of the digits once, in increasing order and without repetition.
    #[must_use]
    pub fn all(digits: [u32; 3]) -> Vec<Self> {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let mut all: Vec<Self> = orders
            .into_iter()
            .flat_map(|order| {
                let digits = order.map(|at: usize| digits[at]);
                let pairs = Operator::ALL.into_iter().flat_map(|a| Operator::ALL.map(|b| [a, b]));
                pairs.map(move |operators| Self { digits, operators })
            })
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The values of its two steps modulo `modulus`, the second being its own.
    #[must_use]
    pub fn steps(&self, modulus: u32) -> [u32; 2] {
        let arithmetic = Arithmetic::exact(modulus);
        let [a, b, c] = self.digits;
        let first = arithmetic.apply(self.operators[0], a, b);
        [first, arithmetic.apply(self.operators[1], first, c)]
    }

    /// Its value modulo `modulus`.
    #[must_use]
    pub fn value(&self, modulus: u32) -> u32 {
        self.steps(modulus)[1]
    }
}
