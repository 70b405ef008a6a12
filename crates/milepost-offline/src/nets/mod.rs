//! Small networks for offline learners: several of one shape evaluated together.

mod best;
mod dropout;
mod polyak;
mod stack;

pub(crate) use best::BestMembers;
pub(crate) use dropout::Dropout;
pub use polyak::blend;
pub use stack::Stack;
