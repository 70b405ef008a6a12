use serde::{Deserialize, Serialize};

use super::{Arithmetic, Chain, Operator};

/// An order in which the values of a scratchpad are written. All lead to the same answer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// The running value after each operation: `n` entries.
    Forward,
    /// From the last operation to the first, by the distributive law: the rest of the chain maps `x` to `a·x + b`.
    /// A product changes `a`, a sum changes `b`; each entry is the one that changed: `n` entries. Starts from
    /// `a = 1`, `b = 0`; the answer is `a·v0 + b`.
    Backward,
    /// The running value after every second operation and after the last: `⌈n/2⌉` entries.
    Pairs,
}

/// What a scratchpad has established: `(value, 0)`, or `(a, b)` on the way back.
pub(super) type Running = (u32, u32);

impl Route {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Forward, Self::Backward, Self::Pairs];

    /// How it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
            Self::Pairs => "pairs",
        }
    }

    /// Number of entries of a whole scratchpad.
    #[must_use]
    pub const fn entries(self, chain: &Chain) -> usize {
        match self {
            Self::Forward | Self::Backward => chain.operations.len(),
            Self::Pairs => chain.operations.len().div_ceil(2),
        }
    }

    pub(super) const fn start(self, chain: &Chain) -> Running {
        match self {
            Self::Forward | Self::Pairs => (chain.start, 0),
            Self::Backward => (1, 0),
        }
    }

    /// The operation that an entry of the way back takes in.
    fn taken_in(chain: &Chain, entry: usize) -> (Operator, u32) {
        chain.operations[chain.operations.len() - 1 - entry]
    }

    /// What entry number `entry` should say after `running`.
    pub(super) fn value(self, chain: &Chain, arithmetic: &Arithmetic, entry: usize, running: Running) -> u32 {
        let apply = |x, (operator, c): &(Operator, u32)| arithmetic.apply(*operator, x, *c);
        match self {
            Self::Forward => apply(running.0, &chain.operations[entry]),
            Self::Pairs => chain.operations.iter().skip(2 * entry).take(2).fold(running.0, apply),
            Self::Backward => {
                let ((operator, c), (a, b)) = (Self::taken_in(chain, entry), running);
                match operator {
                    Operator::Multiply => arithmetic.product(a, c),
                    Operator::Add | Operator::Subtract => {
                        arithmetic.apply(operator, b, arithmetic.product(a, c))
                    }
                }
            }
        }
    }

    /// What is established once entry number `entry` says `written`.
    pub(super) fn after(self, chain: &Chain, entry: usize, running: Running, written: u32) -> Running {
        match self {
            Self::Forward | Self::Pairs => (written, 0),
            Self::Backward if Self::taken_in(chain, entry).0 == Operator::Multiply => (written, running.1),
            Self::Backward => (running.0, written),
        }
    }

    /// The answer that follows from a whole scratchpad.
    pub(super) fn answer(self, chain: &Chain, arithmetic: &Arithmetic, running: Running) -> u32 {
        match self {
            Self::Forward | Self::Pairs => running.0,
            Self::Backward => {
                arithmetic.apply(Operator::Add, arithmetic.product(running.0, chain.start), running.1)
            }
        }
    }
}
