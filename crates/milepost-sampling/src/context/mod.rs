//! What a policy reads before a turn, and how a trajectory is teacher-forced so that it reads the same.

mod rule;
mod segment;

pub use rule::{Context, ContextError, ContextRule, ContextView, Overflow};
pub use segment::{Segment, scoring_segments};

#[cfg(test)]
mod tests;
