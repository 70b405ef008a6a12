//! What a game says, from its facts and in a fixed small vocabulary.
//!
//! The style is telegraphic, because contexts are short:
//! `you take the brass key . cellar . you see closed chest , table with lamp and mug . exits north , closed
//! brass door east . you have brass key .`

mod feedback;
mod lexicon;
mod scene;

pub(crate) use feedback::{Feedback, sentence};
pub(crate) use lexicon::Lexicon;
pub use lexicon::Words;
pub(crate) use scene::{FactNumbers, Scene, Writer};
