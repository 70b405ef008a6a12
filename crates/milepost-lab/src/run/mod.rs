//! Running an experiment: a matrix of arms and seeds, each in a process of its own.

mod matrix;
mod progress;
mod protocol;
mod recorder;
mod trace;
mod worker;
mod world;

pub use matrix::{MatrixOptions, MatrixOutcome, run_matrix};
pub use protocol::STOPPED;
pub(crate) use trace::{action_name, discount};
pub use worker::{Assignment, Finished, WorkerError, work};
pub use world::SetupError;
pub(crate) use world::{environment, probes};
