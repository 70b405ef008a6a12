//! What the studies of offline data share: data sets of `arena2d`, its references, training under one budget,
//! and gold evaluation of the last policy.

mod data;
mod gold;
mod train;

pub use train::{Budget, Learner};

pub(crate) use data::recorded;
pub(crate) use gold::{evaluate, scale};
pub(crate) use train::train;
