//! Run folders: what is written, how it survives a crash, and how it is read again.

pub(crate) mod atomic;
pub(crate) mod checkpoint;
pub(crate) mod directory;
mod error;
pub(crate) mod event;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod output;
pub(crate) mod trace;
pub(crate) mod trajectories;

pub use directory::{Meta, RunDirectory};
pub use error::RecordError;
