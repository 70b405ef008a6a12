//! Run folders: what is written, how it survives a crash, and how it is read again.

pub(crate) mod atomic;
pub(crate) mod checkpoint;
pub(crate) mod counted;
pub(crate) mod directory;
mod error;
pub(crate) mod event;
mod gzip;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod output;
mod run_folder;
pub(crate) mod scalars;
pub(crate) mod shared;
pub(crate) mod trace;
pub(crate) mod trajectories;

pub use directory::Meta;
pub use error::RecordError;
pub use run_folder::{AnyRun, RunDirectory, RunFolder};
pub(crate) use run_folder::{Matrix, STUDY_PARTS};
