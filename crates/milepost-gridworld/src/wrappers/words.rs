use crate::wrappers::{Unwrapped, View};

/// MiniGrid's words; the number of a word is its place, counted from 1.
const WORDS: [&str; 51] = [
    "red", "green", "blue", "yellow", "purple", "grey", "unseen", "empty", "wall", "floor", "box", "key",
    "ball", "door", "goal", "agent", "lava", "pick", "avoid", "get", "find", "put", "use", "open", "go",
    "fetch", "reach", "unlock", "traverse", "up", "the", "a", "at", ",", "square", "and", "then", "to", "of",
    "rooms", "near", "opening", "must", "you", "matching", "end", "hallway", "object", "from", "room",
    "maze",
];

/// An observation, and the mission as numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct WithMission<O> {
    /// What is seen.
    pub seen: O,
    /// The mission's words by their numbers, from 1; 0 where there is none.
    pub mission: Vec<u8>,
}

/// Adds the mission as numbers of words, see [`MissionWords::vocabulary`]; commas count as words.
///
/// A mission with another word (most of BabyAI's have one), or with `max_words` words or more, is refused at reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissionWords {
    max_words: usize,
}

impl MissionWords {
    /// With `max_words` numbers for missions of fewer words.
    #[must_use]
    pub const fn new(max_words: usize) -> Self {
        Self { max_words }
    }

    /// The words; the number of one is its index here plus 1.
    #[must_use]
    pub const fn vocabulary() -> &'static [&'static str] {
        &WORDS
    }
}

impl Default for MissionWords {
    /// MiniGrid's 50 numbers.
    fn default() -> Self {
        Self::new(50)
    }
}

/// The number of each word, or the word that has none.
fn numbers(mission: &str) -> impl Iterator<Item = Result<u8, &str>> {
    let pieces = mission.split_whitespace().flat_map(|run| run.split_inclusive(',')).flat_map(|piece| {
        let word = piece.trim_end_matches(',');
        [word, &piece[word.len()..]]
    });
    pieces.filter(|word| !word.is_empty()).map(|word| {
        let place = WORDS.iter().position(|known| *known == word);
        place.map(|index| index as u8 + 1).ok_or(word)
    })
}

impl<E: Unwrapped> View<E> for MissionWords {
    type Observation = WithMission<E::Observation>;

    fn accept(&self, inner: &E) -> Result<(), String> {
        let mission = inner.unwrapped().mission();
        let words = numbers(mission).collect::<Result<Vec<u8>, &str>>().map_err(|word| {
            format!("the mission {mission:?} has the word {word:?}, which MiniGrid's vocabulary has not; read the text itself")
        })?;
        if words.len() >= self.max_words {
            let count = words.len();
            return Err(format!(
                "the mission {mission:?} has {count} words; make room for more with MissionWords::new"
            ));
        }
        Ok(())
    }

    fn new_observation(&self, inner: &E) -> Self::Observation {
        WithMission { seen: inner.new_observation(), mission: vec![0; self.max_words] }
    }

    fn observe(&self, inner: &E, into: &mut Self::Observation) {
        inner.observe(&mut into.seen);
        into.mission.clear();
        into.mission.extend(numbers(inner.unwrapped().mission()).flatten());
        into.mission.resize(self.max_words, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_are_words_wherever_they_stand() {
        let read = |text| numbers(text).collect::<Result<Vec<_>, _>>();
        assert_eq!(
            read("go to the goal, then pick up,,a key"),
            Ok(vec![25, 38, 31, 15, 34, 37, 18, 30, 34, 34, 32, 12])
        );
        assert_eq!(read(" , "), Ok(vec![34]));
        assert_eq!(read("go away"), Err("away"));
    }
}
