use std::ops::Range;

use milepost_core::Vocabulary;

/// What the end of a turn is written as.
pub(super) const TURN_END: &str = "\n";

/// How a token without a word is written.
const UNREADABLE: &str = "<unreadable>";

/// Tokens as text, and where each stands in it (the space before it included).
pub(super) struct Rendered {
    pub(super) text: String,
    pub(super) ranges: Vec<Range<usize>>,
}

impl Rendered {
    /// Words with a space between, a new line after each turn; nothing for the beginning of a context and for padding.
    pub(super) fn of(vocabulary: &Vocabulary, tokens: &[u32]) -> Self {
        let (mut text, mut ranges) = (String::new(), Vec::with_capacity(tokens.len()));
        for token in tokens {
            let start = text.len();
            match *token {
                Vocabulary::PAD | Vocabulary::BEGIN => {}
                Vocabulary::END => text.push_str(TURN_END),
                other => {
                    if !text.is_empty() && !text.ends_with(TURN_END) {
                        text.push(' ');
                    }
                    text.push_str(vocabulary.word(other).unwrap_or(UNREADABLE));
                }
            }
            ranges.push(start..text.len());
        }
        Self { text, ranges }
    }
}

/// Why a reply is no turn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableTurn {
    /// There is nothing in it.
    #[error("the reply is empty")]
    Empty,
    /// It does not hold the marker that a turn is written after.
    #[error("the reply does not hold `{marker}`, after which the turn is written")]
    NoMarker {
        /// The marker.
        marker: String,
    },
    /// A word is not in the vocabulary.
    #[error("the reply says `{word}`, which is not in the vocabulary")]
    UnknownWord {
        /// The word.
        word: String,
    },
    /// The model declines.
    #[error("the model declines: {reason}")]
    Declined {
        /// What it says.
        reason: String,
    },
}

/// A turn that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ReadTurn {
    pub(super) tokens: Vec<u32>,
    /// Whether words were left out because the turn was full.
    pub(super) cut: bool,
}

/// Reads the words after the last marker, up to a written end if there is one.
pub(super) fn read(
    vocabulary: &Vocabulary,
    marker: Option<&str>,
    reply: &str,
    limit: usize,
) -> Result<ReadTurn, UnreadableTurn> {
    let said = match marker {
        None => reply,
        Some(marker) => {
            let found = reply.rsplit_once(marker).map(|(_, after)| after);
            found.ok_or_else(|| UnreadableTurn::NoMarker { marker: marker.to_owned() })?
        }
    };
    let end = Vocabulary::RESERVED[Vocabulary::END as usize];
    let mut tokens = Vec::new();
    for word in said.split_whitespace().take_while(|word| *word != end) {
        let known = vocabulary.id(word).filter(|id| ![Vocabulary::PAD, Vocabulary::BEGIN].contains(id));
        tokens.push(known.ok_or_else(|| UnreadableTurn::UnknownWord { word: word.to_owned() })?);
    }
    if tokens.is_empty() {
        return Err(UnreadableTurn::Empty);
    }
    let cut = tokens.len() > limit;
    tokens.truncate(limit);
    if tokens.len() < limit {
        tokens.push(Vocabulary::END);
    }
    Ok(ReadTurn { tokens, cut })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words() -> Vocabulary {
        Vocabulary::new(["go", "north", "take"]).expect("distinct")
    }

    #[test]
    fn contexts_are_lines_of_words() {
        let (begin, end) = (Vocabulary::BEGIN, Vocabulary::END);
        let rendered = Rendered::of(&words(), &[begin, 3, 4, end, 5, u32::MAX, end]);
        assert_eq!(rendered.text, "go north\ntake <unreadable>\n");
        assert_eq!(rendered.ranges, [0..0, 0..2, 2..8, 8..9, 9..13, 13..26, 26..27]);
    }

    #[test]
    fn replies_that_are_no_turn_are_told_apart() {
        let read = |marker, reply| read(&words(), marker, reply, 4).map(|turn| turn.tokens);
        assert_eq!(read(None, " go  north\n"), Ok(vec![3, 4, 2]));
        assert_eq!(read(None, "go <end> nonsense"), Ok(vec![3, 2]));
        assert_eq!(read(Some("DO:"), "perhaps DO: take? no DO: go"), Ok(vec![3, 2]));
        assert_eq!(read(None, "  "), Err(UnreadableTurn::Empty));
        assert_eq!(read(None, "Go"), Err(UnreadableTurn::UnknownWord { word: "Go".to_owned() }));
        assert_eq!(read(None, "<pad>"), Err(UnreadableTurn::UnknownWord { word: "<pad>".to_owned() }));
        assert_eq!(read(Some("DO:"), "go"), Err(UnreadableTurn::NoMarker { marker: "DO:".to_owned() }));
    }

    proptest! {
        #[test]
        fn a_turn_is_read_as_it_was_written(turn in prop::collection::vec(3u32..6, 1..10), limit in 1usize..12) {
            let text = Rendered::of(&words(), &turn).text;
            let read = read(&words(), None, &text, limit).expect("words");
            prop_assert!(read.tokens.len() <= limit);
            prop_assert_eq!(read.cut, turn.len() > limit);
            prop_assert_eq!(read.tokens.last() == Some(&Vocabulary::END), turn.len() < limit);
            let kept = turn.len().min(limit);
            prop_assert_eq!(&read.tokens[..kept], &turn[..kept]);
        }

        #[test]
        fn the_pieces_of_a_text_are_the_text(tokens in prop::collection::vec(0u32..8, 0..20)) {
            let rendered = Rendered::of(&words(), &tokens);
            prop_assert_eq!(rendered.ranges.len(), tokens.len());
            let joined: String = rendered.ranges.iter().map(|range| &rendered.text[range.clone()]).collect();
            prop_assert_eq!(joined, rendered.text);
        }
    }
}
