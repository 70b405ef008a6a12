//! What is run, and what isolates it.

use std::path::PathBuf;
use std::sync::Arc;

use milepost_codeexec::{Rejected, Source};

use crate::Level;

/// A program's text and the name of the function that tests call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub(crate) source: Arc<str>,
    pub(crate) entry: Arc<str>,
}

impl Program {
    /// A program from its bytes, which must be text. Whether it is Python is found out by Python, in the jail.
    pub fn new(source: &Source, entry: &str) -> Result<Self, Rejected> {
        Ok(Self { source: source.text()?.into(), entry: entry.into() })
    }
}

/// What isolates the programs of a jail, as verified when it was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isolation {
    /// The level.
    pub level: Level,
    /// The version of the Landlock interface, if Landlock is used.
    pub landlock: Option<u32>,
    /// The version of Python, `3.11.2`.
    pub python: String,
    /// The interpreter.
    pub executable: PathBuf,
    /// Higher levels that were tried, and why they are not claimed.
    pub declined: Vec<(Level, String)>,
}

impl Isolation {
    /// What must be said in every report of a run at a weak level.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        (self.level == Level::Weak).then_some(
            "weak isolation: Landlock is missing, and programs can read every file that an unprivileged user can",
        )
    }
}

impl std::fmt::Display for Isolation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CPython {}, isolation {}", self.python, self.level)?;
        self.landlock.map_or(Ok(()), |version| write!(f, " (Landlock {version})"))
    }
}
