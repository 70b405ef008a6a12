//! Running an experiment: a matrix of arms and seeds, each in a process of its own.

mod matrix;
mod memory;
mod progress;
mod protocol;
mod recorder;
mod worker;
mod world;

pub use matrix::{MatrixOptions, MatrixOutcome, run_matrix};
pub(crate) use protocol::Message;
pub use protocol::STOPPED;
#[cfg(any(test, feature = "bench"))]
pub(crate) use recorder::Recorder;
pub(crate) use recorder::prepare;
pub use worker::{Assignment, Finished, WorkerError, work};
pub(crate) use worker::{ORPHAN_PATIENCE, SHARED};
pub use world::{SetupError, WorldError};
pub(crate) use world::{action_name, check_environments, discount, is_solved, probes};
