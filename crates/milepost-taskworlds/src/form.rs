use std::ops::Range;

#[cfg(test)]
use milepost_core::Stream;
use milepost_core::Vocabulary;

/// The words of a world that are no members of a family: a constant for the token of each, and `FIXED`, all of them in the
/// order of their ids, right after the reserved ones.
macro_rules! fixed_words {
    ($($name:ident = $word:literal;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "only counts the constants below")]
        enum Position { $($name),* }

        $(pub(super) const $name: u32 = milepost_core::Vocabulary::RESERVED.len() as u32 + Position::$name as u32;)*

        const FIXED: &[&str] = &[$($word),*];
    };
}
pub(crate) use fixed_words;

/// The shape of a turn: for each place the tokens that may stand there, in increasing order. The end of the
/// turn follows the last place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form {
    places: Vec<Vec<u32>>,
}

impl Form {
    /// A verb and the tokens of each of its arguments.
    pub(crate) fn new(verb: u32, arguments: impl IntoIterator<Item = Vec<u32>>) -> Self {
        let mut places = vec![vec![verb]];
        places.extend(arguments.into_iter().map(|mut tokens| {
            tokens.sort_unstable();
            tokens
        }));
        Self { places }
    }

    /// Tokens of a whole turn, its end included.
    pub(crate) fn len(&self) -> usize {
        self.places.len() + 1
    }

    fn begins_with(&self, tokens: &[u32]) -> bool {
        tokens.len() <= self.places.len()
            && self.places.iter().zip(tokens).all(|(place, token)| place.contains(token))
    }

    /// Whether `tokens` are a whole turn of this shape, its end included.
    #[cfg(test)]
    pub(crate) fn is_met(&self, tokens: &[u32]) -> bool {
        tokens.split_last().is_some_and(|(end, rest)| {
            *end == Vocabulary::END && rest.len() == self.places.len() && self.begins_with(rest)
        })
    }

    /// A turn of this shape, its end included, every place drawn uniformly.
    #[cfg(test)]
    fn draw(&self, stream: &mut Stream) -> Vec<u32> {
        let pick = |place: &Vec<u32>| place[stream.below(place.len() as u64) as usize];
        let mut turn: Vec<u32> = self.places.iter().map(pick).collect();
        turn.push(Vocabulary::END);
        turn
    }
}

/// The token of the `number`-th word of a family; where the family has no such word, an id without a word, which no
/// world understands.
pub(crate) fn token(family: &Range<u32>, number: u32) -> u32 {
    family.start.checked_add(number).filter(|token| family.contains(token)).unwrap_or(u32::MAX)
}

/// A vocabulary under way: fixed words first, then families.
pub(crate) struct Lexicon {
    words: Vec<String>,
}

impl Lexicon {
    pub(crate) fn new(fixed: &[&str]) -> Self {
        Self { words: fixed.iter().map(|word| (*word).to_owned()).collect() }
    }

    /// Adds a family of words and returns their tokens.
    pub(crate) fn add(&mut self, family: impl IntoIterator<Item = String>) -> Range<u32> {
        let next = |words: &Vec<String>| (Vocabulary::RESERVED.len() + words.len()) as u32;
        let first = next(&self.words);
        self.words.extend(family);
        first..next(&self.words)
    }

    /// Adds `count` words of a letter and a number.
    pub(crate) fn count(&mut self, letter: char, count: u32) -> Range<u32> {
        self.add((0..count).map(|number| format!("{letter}{number}")))
    }

    /// All words; they must be distinct.
    pub(crate) fn finish(self) -> Vocabulary {
        Vocabulary::new(self.words).expect("the words of a world are distinct")
    }
}

/// Appends the tokens that may follow `tokens` in a turn of one of the `forms`, in increasing order.
pub(crate) fn allowed(forms: &[Form], tokens: &[u32], into: &mut Vec<u32>) {
    for form in forms.iter().filter(|form| form.begins_with(tokens)) {
        match form.places.get(tokens.len()) {
            Some(place) => into.extend_from_slice(place),
            None => into.push(Vocabulary::END),
        }
    }
    into.sort_unstable();
    into.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Purpose, StreamKey};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn drawn_turns_are_those_that_the_grammar_allows_step_by_step(seed: u64) {
            let forms = [
                Form::new(3, [vec![9, 7], vec![5]]),
                Form::new(3, [vec![8]]),
                Form::new(4, []),
            ];
            let mut stream = Stream::new(StreamKey::new(seed, Purpose::POLICY));
            let turn = forms[stream.below(3) as usize].draw(&mut stream);
            for length in 0..turn.len() {
                let mut next = Vec::new();
                allowed(&forms, &turn[..length], &mut next);
                prop_assert!(next.contains(&turn[length]));
                prop_assert!(next.is_sorted());
            }
            prop_assert!(forms.iter().any(|form| form.is_met(&turn) && form.len() == turn.len()));
        }
    }
}
