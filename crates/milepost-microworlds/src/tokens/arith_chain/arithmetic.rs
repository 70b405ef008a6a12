use milepost_core::{Purpose, Stream, StreamKey};
use serde::{Deserialize, Serialize};

/// An operation on values modulo `m`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// `x + c`
    Add,
    /// `x − c`
    Subtract,
    /// `x · c`
    Multiply,
}

impl Operator {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Add, Self::Subtract, Self::Multiply];

    /// How it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
        }
    }
}

/// Arithmetic modulo `m`, exact or with a multiplication table that is wrong in fixed places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arithmetic {
    modulus: u32,
    /// Which products `x · c` are believed to be one larger than they are, `[m · m]`; empty if none.
    wrong: Vec<bool>,
}

impl Arithmetic {
    /// The true rules.
    #[must_use]
    pub const fn exact(modulus: u32) -> Self {
        Self { modulus, wrong: Vec::new() }
    }

    /// A consistent false rule: each entry of the multiplication table is, with probability `share`, one larger than
    /// it should be, always the same entries for the same `seed`.
    #[must_use]
    pub fn with_false_rule(modulus: u32, share: f64, seed: u64) -> Self {
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("arith-chain/false-rule")));
        let wrong = (0..modulus * modulus).map(|_| stream.uniform() < share).collect();
        Self { modulus, wrong }
    }

    /// The modulus.
    #[must_use]
    pub const fn modulus(&self) -> u32 {
        self.modulus
    }

    /// `x · c`, as these rules have it.
    #[must_use]
    pub fn product(&self, x: u32, c: u32) -> u32 {
        let (x, c) = (x % self.modulus, c % self.modulus);
        let wrong = self.wrong.get((x * self.modulus + c) as usize).copied().unwrap_or_default();
        (x * c + u32::from(wrong)) % self.modulus
    }

    /// The value of `x operator c`.
    #[must_use]
    pub fn apply(&self, operator: Operator, x: u32, c: u32) -> u32 {
        match operator {
            Operator::Add => (x + c) % self.modulus,
            Operator::Subtract => (x + self.modulus - c % self.modulus) % self.modulus,
            Operator::Multiply => self.product(x, c),
        }
    }
}
