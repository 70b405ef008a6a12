use milepost_core::Vocabulary;
use serde::{Deserialize, Serialize};

use crate::generate::names;

/// Words that every game uses: punctuation, grammar, directions and the commands of all games.
const COMMON: &[&str] = &[
    ".",
    ",",
    "you",
    "the",
    "and",
    "then",
    "not",
    "with",
    "from",
    "into",
    "on",
    "it",
    "to",
    "see",
    "have",
    "nothing",
    "happens",
    "exits",
    "north",
    "east",
    "south",
    "west",
    "go",
    "take",
    "drop",
    "look",
    "inventory",
    "examine",
    "understood",
    "done",
    "first",
];

/// Words of games with containers, supporters, doors and keys.
const HOUSE: &[&str] =
    &["open", "closed", "locked", "close", "lock", "unlock", "put", "insert", "door", "key", "eat"];

/// Words of games with cooking.
const COOKING: &[&str] = &[
    "cook", "fry", "roast", "grill", "fried", "roasted", "grilled", "cooked", "burned", "slice", "chop",
    "dice", "sliced", "chopped", "diced", "is", "prepare", "meal", "stove", "oven", "toaster", "knife",
    "fridge",
];

/// Which words a world knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Words {
    /// Those of its family. They do not depend on size or seed, so a policy moves between sizes.
    #[default]
    Family,
    /// Those of all families, so that a policy moves between families too.
    All,
}

/// How rich a family's language is. Each level includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lexicon {
    /// Rooms and a coin.
    Rooms,
    /// Things, containers, supporters, doors and keys.
    Things,
    /// Food, and what is done with it.
    Cooking,
}

impl Lexicon {
    /// Whether names of things are made of a word.
    pub(crate) fn is_name(word: &str) -> bool {
        const SINGLE: &[&str] =
            &["coin", "door", "key", "meal", "stove", "oven", "toaster", "knife", "fridge"];
        let lists = [
            SINGLE,
            names::MOODS,
            names::CONTAINERS,
            names::SUPPORTERS,
            names::OBJECTS,
            names::MATERIALS,
            names::FRUIT,
            names::MEAT,
        ];
        lists.iter().any(|list| list.contains(&word))
    }

    /// Its words, in an order that never changes: token ids are part of what a policy has learned.
    pub(crate) fn vocabulary(self) -> Vocabulary {
        let mut lists = vec![COMMON, names::ROOMS, names::MOODS, &["coin"]];
        if self >= Self::Things {
            lists.extend([HOUSE, names::CONTAINERS, names::SUPPORTERS, names::OBJECTS, names::MATERIALS]);
        }
        if self >= Self::Cooking {
            lists.extend([COOKING, names::FRUIT, names::MEAT]);
        }
        Vocabulary::new(lists.concat()).expect("the lists hold words, none of them twice: see the test")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn richer_lexica_keep_the_ids_of_poorer_ones() {
        let [rooms, things, cooking] =
            [Lexicon::Rooms, Lexicon::Things, Lexicon::Cooking].map(Lexicon::vocabulary);
        assert!(rooms.words().zip(things.words()).all(|(a, b)| a == b));
        assert!(things.words().zip(cooking.words()).all(|(a, b)| a == b));
        assert!(rooms.len() < things.len() && things.len() < cooking.len());
    }
}
