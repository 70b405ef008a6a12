//! Integers of any size in plain values.

use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// An integer. Values that fit 64 bits are always `Small`, so equality is that of the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Integer {
    /// Within 64 bits.
    Small(i64),
    /// Beyond.
    Big(Box<BigInt>),
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Self::Small(value)
    }
}

impl From<BigInt> for Integer {
    fn from(value: BigInt) -> Self {
        value.to_i64().map_or_else(|| Self::Big(Box::new(value)), Self::Small)
    }
}

impl Integer {
    /// As a big integer.
    #[must_use]
    pub fn to_big(&self) -> BigInt {
        match self {
            Self::Small(value) => BigInt::from(*value),
            Self::Big(value) => (**value).clone(),
        }
    }
}

impl std::fmt::Display for Integer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Small(value) => value.fmt(f),
            Self::Big(value) => value.fmt(f),
        }
    }
}
