//! Where there is no jail, there is an error.

use std::convert::Infallible;

use milepost_codeexec::Call;

use crate::{Config, Isolation, JailError, Limits, Program, Report};

/// Python under isolation; not in this build.
#[derive(Debug)]
pub struct Jail(Infallible);

impl Jail {
    /// Always [`JailError::Unsupported`].
    pub fn start(_: &Config) -> Result<Self, JailError> {
        Err(JailError::Unsupported(if cfg!(feature = "python") {
            "it needs Linux on x86-64 or 64-bit Arm"
        } else {
            "the feature `python` of milepost-jail is off"
        }))
    }

    /// Never reached.
    #[must_use]
    pub fn isolation(&self) -> &Isolation {
        match self.0 {}
    }

    /// Never reached.
    #[must_use]
    pub fn call(&self, _: &Program, _: &Call, _: &Limits) -> Report {
        match self.0 {}
    }
}
