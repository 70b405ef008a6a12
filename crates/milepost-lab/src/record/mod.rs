//! Run folders: what is written, how it survives a crash, and how it is read again.

pub(crate) mod atomic;
mod error;
pub(crate) mod lock;
pub(crate) mod log;

pub use error::RecordError;
