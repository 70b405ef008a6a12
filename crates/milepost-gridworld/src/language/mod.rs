//! BabyAI's language: what an agent is told, as a value and as text.
//!
//! ```text
//! sentence    = part | part ", then " part | part " after you " part
//! part        = action | action " and " action
//! action      = "go to " description | "open " description | "pick up " description
//!             | "put " description " next to " description
//! description = ("the" | "a") [color] (kind | "object") [location]
//! location    = "in front of you" | "behind you" | "on your left" | "on your right"
//! ```
//!
//! Chevalier-Boisvert et al., *BabyAI: A Platform to Study the Sample Efficiency of Grounded Language
//! Learning* (ICLR 2019), section 3.2.

mod description;
mod parse;
mod scene;
mod text;

pub use description::{Article, Description, Location};
pub use parse::SentenceError;
pub use scene::{NothingMatches, Scene};

use crate::rules::Instruction;

/// What an agent is told to do.
pub type Sentence = Instruction<Description>;
