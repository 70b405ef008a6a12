//! Learned dynamics, and the learners that imagine with them: MOPO and MOBILE differ from plain model
//! roll-outs in one slot each, a penalty of the reward or of the target.

mod buffer;
mod dynamics;
mod fit;
mod inconsistency;
mod learner;
mod penalty;
mod rollout;
#[cfg(test)]
mod tests;

pub use buffer::ModelBuffer;
pub use dynamics::{Dynamics, DynamicsConfig, Prediction};
pub use inconsistency::{BellmanInconsistency, inconsistency};
pub use learner::{ModelBased, ModelBasedConfig};
pub use penalty::RewardPenalty;
pub use rollout::{RollOutConfig, RollOutReport, Termination, roll_out};
