use std::collections::BTreeMap;

use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use crate::{Label, PreferenceError, error};

/// Who labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserId(pub u32);

/// Where a pair comes from: an index into [`PreferenceSet::sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId(pub u32);

/// Two items and what was said of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreferencePair<I> {
    /// One item.
    pub first: I,
    /// The other.
    pub second: I,
    /// What was said.
    pub label: Label,
    /// Who said it, if that is known.
    pub user: Option<UserId>,
    /// How much the pair counts in a loss; 1 for most.
    pub weight: f64,
    /// Where the pair comes from.
    pub source: SourceId,
}

impl<I> PreferencePair<I> {
    /// A pair of weight 1 by nobody in particular, from the first source.
    pub const fn new(first: I, second: I, label: Label) -> Self {
        Self { first, second, label, user: None, weight: 1.0, source: SourceId(0) }
    }

    /// The same pair in the other order.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self { first: self.second, second: self.first, label: self.label.swapped(), ..self }
    }

    /// Whether the pair has a loss: it was labelled, and it counts.
    #[must_use]
    pub const fn teaches(&self) -> bool {
        matches!(self.label, Label::Soft(_)) && self.weight > 0.0
    }
}

/// A data set of preferences. What it holds has been checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreferenceSet<I> {
    sources: Vec<String>,
    pairs: Vec<PreferencePair<I>>,
}

impl<I> PreferenceSet<I> {
    /// An empty set of pairs from these sources; at least one.
    pub fn new(sources: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, PreferenceError> {
        let sources: Vec<String> = sources.into_iter().map(Into::into).collect();
        error::not_empty("the list of sources", &sources)?;
        Ok(Self { sources, pairs: Vec::new() })
    }

    /// Adds a pair.
    pub fn push(&mut self, pair: PreferencePair<I>) -> Result<(), PreferenceError> {
        if let Label::Soft(probability) = pair.label {
            error::probability("a soft label", probability)?;
        }
        error::not_negative("the weight of a pair", pair.weight)?;
        let (index, len) = (pair.source.0 as usize, self.sources.len());
        if index >= len {
            return Err(PreferenceError::Index { what: "source", index, len });
        }
        self.pairs.push(pair);
        Ok(())
    }

    /// Names of the sources.
    #[must_use]
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// All pairs, skipped ones included.
    #[must_use]
    pub fn pairs(&self) -> &[PreferencePair<I>] {
        &self.pairs
    }

    /// The pairs that have a loss.
    pub fn teaching(&self) -> impl Iterator<Item = &PreferencePair<I>> {
        self.pairs.iter().filter(|pair| pair.teaches())
    }

    /// How many pairs were skipped.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.pairs.iter().filter(|pair| pair.label == Label::Skip).count()
    }

    /// The positions of each user's pairs, users in order: the unit that models of users learn from.
    #[must_use]
    pub fn by_user(&self) -> BTreeMap<Option<UserId>, Vec<usize>> {
        let mut users: BTreeMap<Option<UserId>, Vec<usize>> = BTreeMap::new();
        for (index, pair) in self.pairs.iter().enumerate() {
            users.entry(pair.user).or_default().push(index);
        }
        users
    }
}

impl<I: Clone> PreferenceSet<I> {
    /// Two sets drawn apart at random: `held_out` pairs (all of them, if there are fewer) and the others. Each
    /// keeps the order of the whole.
    #[must_use]
    pub fn split(&self, held_out: usize, stream: &mut Stream) -> [Self; 2] {
        let mut order: Vec<usize> = (0..self.pairs.len()).collect();
        stream.shuffle(&mut order);
        let cut = held_out.min(order.len());
        let (out, rest) = order.split_at_mut(cut);
        [out, rest].map(|part| {
            part.sort_unstable();
            let pairs = part.iter().map(|index| self.pairs[*index].clone()).collect();
            Self { sources: self.sources.clone(), pairs }
        })
    }
}

#[cfg(test)]
mod tests {
    use milepost_core::{Purpose, StreamKey};
    use proptest::prelude::*;

    use super::*;

    fn set(labels: &[Label]) -> PreferenceSet<usize> {
        let mut set = PreferenceSet::new(["here"]).expect("a source");
        for (index, label) in labels.iter().enumerate() {
            set.push(PreferencePair::new(index, index + 1, *label)).expect("valid");
        }
        set
    }

    #[test]
    fn bad_pairs_are_refused() {
        let mut set = set(&[]);
        let pair = PreferencePair::new(0, 1, Label::FIRST);
        let bad = [
            PreferencePair { label: Label::Soft(1.5), ..pair.clone() },
            PreferencePair { weight: -1.0, ..pair.clone() },
            PreferencePair { weight: f64::NAN, ..pair.clone() },
            PreferencePair { source: SourceId(1), ..pair },
        ];
        for pair in bad {
            set.push(pair).expect_err("invalid");
        }
        assert!(set.pairs().is_empty());
        assert!(PreferenceSet::<u8>::new([""; 0]).is_err());
    }

    #[test]
    fn a_set_of_skips_teaches_nothing_and_counts_them() {
        let set = set(&[Label::Skip; 4]);
        assert_eq!((set.teaching().count(), set.skipped()), (0, 4));
    }

    proptest! {
        #[test]
        fn a_split_is_a_partition_that_depends_on_the_stream_only(n in 0usize..30, held in 0usize..30, seed: u64) {
            let set = set(&vec![Label::TIE; n]);
            let split = || set.split(held, &mut Stream::new(StreamKey::new(seed, Purpose::SHUFFLE)));
            let [out, rest] = split();
            prop_assert_eq!(out.pairs().len(), held.min(n));
            let mut all: Vec<usize> = out.pairs().iter().chain(rest.pairs()).map(|pair| pair.first).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
            prop_assert_eq!(split(), [out, rest]);
        }
    }
}
