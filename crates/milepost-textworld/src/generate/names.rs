//! The fixed lists that entities are named from, and drawing from them without repeats.

use milepost_core::Stream;

use super::GenerateError;

/// Rooms.
pub(crate) const ROOMS: &[&str] = &[
    "kitchen", "pantry", "cellar", "attic", "bedroom", "bathroom", "study", "library", "garage", "workshop",
    "laundry", "nursery", "lounge", "parlor", "chapel", "gallery", "office", "vault", "barn", "garden",
    "porch", "hallway", "ballroom", "scullery",
];

/// Containers.
pub(crate) const CONTAINERS: &[&str] =
    &["chest", "box", "crate", "cabinet", "trunk", "locker", "drawer", "wardrobe", "safe", "basket"];

/// Supporters.
pub(crate) const SUPPORTERS: &[&str] =
    &["table", "shelf", "desk", "bench", "rack", "stand", "counter", "dresser", "mantel", "workbench"];

/// Portable things.
pub(crate) const OBJECTS: &[&str] = &[
    "lamp", "book", "candle", "mirror", "bottle", "rope", "vase", "clock", "scarf", "whistle", "brush",
    "pen", "ladle", "mug", "plate", "spoon", "glove", "hat", "doll", "drum", "flute", "globe", "lens",
    "magnet", "needle", "pillow", "quilt", "ribbon", "stamp", "teapot",
];

/// Food that can be eaten as it is.
pub(crate) const FRUIT: &[&str] =
    &["apple", "banana", "carrot", "pepper", "tomato", "lettuce", "cucumber", "onion", "olive", "radish"];

/// Food that must be cooked before it can be eaten.
pub(crate) const MEAT: &[&str] = &["potato", "fish", "steak", "egg", "rice", "chicken", "bacon", "mushroom"];

/// Materials: a key opens what is made of the same.
pub(crate) const MATERIALS: &[&str] =
    &["brass", "iron", "copper", "silver", "wooden", "golden", "steel", "bronze", "crystal", "marble"];

/// Adjectives of rooms, for worlds with more rooms than there are nouns.
pub(crate) const MOODS: &[&str] = &[
    "old", "dark", "bright", "cold", "dusty", "quiet", "narrow", "grand", "small", "damp", "warm", "empty",
    "round",
];

/// Draws from a list without repeats; a pure function of the stream it was opened with.
#[derive(Debug, Clone)]
pub(crate) struct Deck {
    what: &'static str,
    left: Vec<String>,
}

impl Deck {
    /// All `nouns` in a random order, then, where more are asked for, `adjective noun` in a random order.
    pub(crate) fn shuffled(
        what: &'static str,
        nouns: &[&str],
        adjectives: &[&str],
        stream: &mut Stream,
    ) -> Self {
        let mut plain: Vec<String> = nouns.iter().map(|&noun| noun.to_owned()).collect();
        let mut long: Vec<String> =
            adjectives.iter().flat_map(|a| nouns.iter().map(move |n| format!("{a} {n}"))).collect();
        stream.shuffle(&mut plain);
        stream.shuffle(&mut long);
        long.append(&mut plain);
        Self { what, left: long }
    }

    /// The next name; an error that says of what there are no more.
    pub(crate) fn draw(&mut self) -> Result<String, GenerateError> {
        self.left.pop().ok_or(GenerateError::NamesExhausted { what: self.what })
    }
}
