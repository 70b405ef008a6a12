use std::ops::Range;

use super::{Fact, Relation};
use crate::tokens::Operator;

/// One clause of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// `rate amber = 3`
    Fact {
        /// What it is about.
        fact: Fact,
        /// What it claims.
        value: u32,
    },
    /// `3 * 4 = 1`
    Sum {
        /// Left operand.
        left: u32,
        /// Operator.
        operator: Operator,
        /// Right operand.
        right: u32,
        /// What it claims.
        value: u32,
    },
    /// `answer 1`
    Answer {
        /// What it claims.
        value: u32,
    },
    /// `sorry`: declines to answer.
    Sorry,
    /// `thanks`: closes.
    Thanks,
    /// `indeed`: mere style. No score and no verdict depends on it.
    Indeed,
}

impl Segment {
    /// The number that it claims, if it claims one.
    #[must_use]
    pub const fn claim(&self) -> Option<u32> {
        match self {
            Self::Fact { value, .. } | Self::Sum { value, .. } | Self::Answer { value } => Some(*value),
            Self::Sorry | Self::Thanks | Self::Indeed => None,
        }
    }

    /// The same segment with another claim; unchanged if it claims nothing.
    #[must_use]
    pub const fn claiming(self, value: u32) -> Self {
        match self {
            Self::Fact { fact, .. } => Self::Fact { fact, value },
            Self::Sum { left, operator, right, .. } => Self::Sum { left, operator, right, value },
            Self::Answer { .. } => Self::Answer { value },
            Self::Sorry | Self::Thanks | Self::Indeed => self,
        }
    }
}

/// A segment and its tokens in the answer, the `;` or end after it included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedSegment {
    /// Where it stands.
    pub tokens: Range<usize>,
    /// What it says.
    pub segment: Segment,
}

/// What may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    Segment,
    Entity(Relation),
    Equals(Open),
    Claim(Open),
    Operator(u32),
    Right(u32, Operator),
    Close(Segment),
    Nothing,
}

/// A segment whose claim is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Fact(Fact),
    Sum(u32, Operator, u32),
    Answer,
}

impl Open {
    pub(super) const fn claiming(self, value: u32) -> Segment {
        match self {
            Self::Fact(fact) => Segment::Fact { fact, value },
            Self::Sum(left, operator, right) => Segment::Sum { left, operator, right, value },
            Self::Answer => Segment::Answer { value },
        }
    }
}

/// A well-formed beginning of an answer.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) segments: Vec<PlacedSegment>,
    pub(super) expects: Expects,
}
