use std::collections::BTreeMap;
use std::sync::Arc;

/// Words and their ids, shared by a world and the policies that read and write it. Cheap to clone.
///
/// The first three ids are reserved: [`Vocabulary::PAD`], [`Vocabulary::BEGIN`] and [`Vocabulary::END`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    words: Arc<[String]>,
    ids: Arc<BTreeMap<String, u32>>,
}

impl Vocabulary {
    /// Fills rows up to a common length; never read, never drawn.
    pub const PAD: u32 = 0;
    /// Begins a context.
    pub const BEGIN: u32 = 1;
    /// Ends a turn of the policy.
    pub const END: u32 = 2;
    /// How the reserved ids are written.
    pub const RESERVED: [&'static str; 3] = ["<pad>", "<begin>", "<end>"];

    /// The reserved words followed by `words`, in their order.
    pub fn new(words: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, VocabularyError> {
        let reserved = Self::RESERVED.into_iter().map(str::to_owned);
        let all: Vec<String> = reserved.chain(words.into_iter().map(Into::into)).collect();
        let mut ids = BTreeMap::new();
        for (id, word) in all.iter().enumerate() {
            if word.is_empty() || word.contains(char::is_whitespace) {
                return Err(VocabularyError::NotAWord { word: word.clone() });
            }
            if ids.insert(word.clone(), id as u32).is_some() {
                return Err(VocabularyError::Duplicate { word: word.clone() });
            }
        }
        Ok(Self { words: all.into(), ids: Arc::new(ids) })
    }

    /// Number of words, the reserved ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Never: the reserved words are always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The id of `word`.
    #[must_use]
    pub fn id(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }

    /// The word of `id`.
    #[must_use]
    pub fn word(&self, id: u32) -> Option<&str> {
        self.words.get(id as usize).map(String::as_str)
    }

    /// All words in order of their ids.
    pub fn words(&self) -> impl ExactSizeIterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// The ids of the words of `text`, which are set apart by white space.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, VocabularyError> {
        text.split_whitespace()
            .map(|word| self.id(word).ok_or_else(|| VocabularyError::Unknown { word: word.to_owned() }))
            .collect()
    }

    /// The words of `tokens` with a space between; an id without a word is written `<id>`.
    #[must_use]
    pub fn decode(&self, tokens: &[u32]) -> String {
        let words: Vec<String> = tokens
            .iter()
            .map(|token| self.word(*token).map_or_else(|| format!("<{token}>"), str::to_owned))
            .collect();
        words.join(" ")
    }
}

/// Bad input to a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VocabularyError {
    /// A word is listed twice.
    #[error("the word `{word}` is listed twice; ids must be unique")]
    Duplicate {
        /// The word.
        word: String,
    },
    /// A word is empty or holds white space.
    #[error("`{word}` is not a word: words are not empty and hold no white space")]
    NotAWord {
        /// The text.
        word: String,
    },
    /// A text holds a word that is not listed.
    #[error("the word `{word}` is not in the vocabulary; list it, or write the text with listed words")]
    Unknown {
        /// The word.
        word: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bad_words_are_named() {
        assert_eq!(Vocabulary::new(["a", "a"]), Err(VocabularyError::Duplicate { word: "a".into() }));
        assert_eq!(Vocabulary::new(["a b"]), Err(VocabularyError::NotAWord { word: "a b".into() }));
        assert_eq!(Vocabulary::new([""]), Err(VocabularyError::NotAWord { word: String::new() }));
        let words = Vocabulary::new(["go"]).expect("distinct");
        assert_eq!(words.encode("go up"), Err(VocabularyError::Unknown { word: "up".into() }));
        assert_eq!(words.decode(&[3, 9]), "go <9>");
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(picks in prop::collection::vec(0usize..5, 0..20)) {
            let words = Vocabulary::new(["go", "take", "key", "north", "?"]).expect("distinct");
            let text: Vec<&str> = picks.iter().map(|i| words.word(*i as u32 + 3).expect("listed")).collect();
            let text = text.join(" ");
            prop_assert_eq!(words.decode(&words.encode(&text).expect("listed")), text);
        }
    }
}
