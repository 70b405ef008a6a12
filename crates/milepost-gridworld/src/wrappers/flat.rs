use crate::wrappers::image::observe_image;
use crate::wrappers::{HasImage, Unwrapped, View};

/// 26 letters, a space and a comma.
const CHARACTERS: usize = 28;

/// The image, then the mission: one row of bytes. Each of `max_characters` characters of the mission takes 28, of which
/// one is 1: `a` to `z`, space, comma; capitals count as small letters. Missing characters are all zeros.
///
/// A mission that is longer, or has other characters (BabyAI's have none, but some are longer than 96), is refused at
/// reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlatText {
    max_characters: usize,
}

impl FlatText {
    /// With room for missions of `max_characters` characters.
    #[must_use]
    pub const fn new(max_characters: usize) -> Self {
        Self { max_characters }
    }
}

impl Default for FlatText {
    /// MiniGrid's 96 characters.
    fn default() -> Self {
        Self::new(96)
    }
}

fn code(character: char) -> Option<usize> {
    match character.to_ascii_lowercase() {
        letter @ 'a'..='z' => Some(letter as usize - 'a' as usize),
        ' ' => Some(26),
        ',' => Some(27),
        _ => None,
    }
}

impl<E: Unwrapped> View<E> for FlatText
where
    E::Observation: HasImage<Image = Vec<u8>>,
{
    type Observation = Vec<u8>;

    fn accept(&self, inner: &E) -> Result<(), String> {
        let mission = inner.unwrapped().mission();
        let length = mission.chars().count();
        if length > self.max_characters {
            return Err(format!(
                "the mission {mission:?} has {length} characters; make room for them with FlatText::new"
            ));
        }
        match mission.chars().find(|character| code(*character).is_none()) {
            Some(other) => Err(format!(
                "the mission {mission:?} has the character {other:?}; only letters, spaces and commas can be encoded"
            )),
            None => Ok(()),
        }
    }

    fn new_observation(&self, inner: &E) -> Vec<u8> {
        let mut row = inner.new_observation().into_image();
        row.resize(row.len() + self.max_characters * CHARACTERS, 0);
        row
    }

    fn observe(&self, inner: &E, into: &mut Vec<u8>) {
        observe_image(inner, into);
        let image = into.len();
        into.resize(image + self.max_characters * CHARACTERS, 0);
        let (cells, _) = into[image..].as_chunks_mut::<CHARACTERS>();
        for (cell, character) in cells.iter_mut().zip(inner.unwrapped().mission().chars()) {
            if let Some(code) = code(character) {
                cell[code] = 1;
            }
        }
    }
}
