//! Robo-Dopamine: relative progress between any two frames, put together to one potential that does not drift
//! (arXiv 2512.23703).
//!
//! 1. [`Keyframes`] give every segment of an expert's trajectory the same share of progress, however long it took.
//! 2. [`hop`] is the label of a pair of frames: the share of the remaining way that was gone, or of the way gone
//!    that was lost. [`PairSampler`] draws pairs evenly over hops and gaps in time.
//! 3. A judge learns the hops. Asked about (before, after), (beginning, after) and (goal, after), its answers give
//!    three anchors; [`Fusion`] makes one potential of them, [`FusedProgress`] along an episode.
//! 4. The potential is paid in the shaped form only ([`crate::Shaping`]); [`success_by_progress`] stands in for a
//!    success signal where the environment has none, and [`Completion`] classifies whole episodes.
//!
//! Where the paper leaves a choice: ε of the consistency check is 10⁻⁶; a hop whose denominator is 0 is 0; anchors
//! and fused values are clipped to `[0, 1]` ([`Bounds::Clip`]; the released inference code does not clip, which is
//! [`Bounds::Free`]). Everything that is clipped, rejected or held back is counted ([`Counts`]).

mod completion;
mod fusion;
mod hops;
mod keyframes;
mod sampler;
mod tracker;

pub use completion::{Completion, CompletionRule, success_by_progress};
pub use fusion::{Anchors, Bounds, Counts, Fused, Fusion, Hops};
pub use hops::{apply_hop, hop};
pub use keyframes::Keyframes;
pub use sampler::{Balance, Pair, PairSampler, SampleReport};
pub use tracker::FusedProgress;
