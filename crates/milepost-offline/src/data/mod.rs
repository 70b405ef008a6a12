//! Offline data: columns by trajectory, and the views that learners draw from. No tensors here.

mod dataset;
pub(crate) mod error;
mod normalizer;
mod sampler;
mod score;
mod split;
#[cfg(test)]
mod tests;
mod trajectory;
mod transitions;
mod windows;

pub use dataset::Dataset;
pub use error::DataError;
pub use normalizer::Normalizer;
pub use sampler::{Sampler, all_steps};
pub use score::NormalizedScore;
pub use split::Split;
pub use trajectory::{ActionColumn, ActionSpace, End, Trajectory};
pub use transitions::Transitions;
pub use windows::{Padding, WindowEncoding, Windows};
