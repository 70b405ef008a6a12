//! Films of `StagedFetch`: experts of uneven speed, and some that give up, before two cameras.

mod episodes;
mod views;

pub(crate) use episodes::{Episode, Script, Style, Writer, layouts};
pub(crate) use views::frame;
