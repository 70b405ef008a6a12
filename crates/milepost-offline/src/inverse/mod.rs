//! Actions for trajectories that have none: an inverse dynamics model fitted on the labelled part
//! (semi-supervised offline RL, arXiv 2210.06518).

mod config;
mod label;
mod mixture;
mod model;
#[cfg(test)]
mod tests;

pub use config::InverseConfig;
pub use label::{fill_labels, label_error};
pub use mixture::mixture;
pub use model::{InverseModel, InverseReport};
